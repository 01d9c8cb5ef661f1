/** Settings and rules as one document, JSON or YAML, to be kept beside other code. */
import { parse, stringify } from 'yaml'
import * as z from 'zod'
import { correlationSettings, DEFAULT_CORRELATION } from '../alerts/correlation-settings'
import type { Rule } from '../alerts/rules'
import { AppError } from '../lib/errors'
import { newId } from '../lib/ids'
import { audit } from '../store/audit'
import { isGuardFailure, isUniqueViolation } from '../store/db'
import * as store from '../store/correlation-rules'
import { putSettings, settingsOf } from '../store/settings'
import { requireRole, type Ctx } from './context'
import { listRules, newRule, ruleRow } from './correlation-rules'
import { readCorrelationSettings } from './correlation-settings'
import { withChanges } from './correlation/settings'

/** The whole document: what it does not name has its default, rules that it does not name are removed. */
const configDocument = z.strictObject({
  version: z.literal(1, { error: 'Invalid version' }).default(1),
  settings: correlationSettings.partial().default({}),
  rules: z
    .array(newRule, { error: 'Invalid rules' })
    .max(store.MAX_RULES, 'Too many rules')
    .default([])
    .refine(
      (rules) => new Set(rules.map(({ name }) => name)).size === rules.length,
      'Rule names must differ',
    ),
})

export const configFormat = z.object({
  format: z.enum(['json', 'yaml'], { error: 'Invalid format. Must be one of: json, yaml' }).default('json'),
})

/** What is in force, without ids, in the form that can be put again. */
export async function readConfig(ctx: Ctx) {
  const [settings, rules] = await Promise.all([readCorrelationSettings(ctx), listRules(ctx)])
  return { version: 1 as const, settings, rules: rules.map(withoutId) }
}

const withoutId = ({ name, enabled, priority, match, groupBy, windowSeconds, exclusive }: Rule) => ({
  name,
  enabled,
  priority,
  match: match.map(({ field, op, value }) => ({ field, op, value })),
  groupBy: [...groupBy],
  windowSeconds,
  exclusive,
})

export const configText = async (ctx: Ctx): Promise<string> => stringify(await readConfig(ctx))

/**
 * Puts the document in place of settings and rules; rules keep their identity by their names.
 * @throws AppError forbidden, invalid_json, validation_failed, conflict
 */
export async function putConfig(ctx: Ctx, bytes: Uint8Array | null) {
  requireRole(ctx, 'editor')
  const { db, actor, now } = ctx
  const parsed = configDocument.safeParse(documentIn(bytes))
  if (!parsed.success) throw refusal(parsed.error)
  const { settings, rules } = parsed.data
  const [before, [row]] = await db.batch([store.allRules(db), settingsOf(db)])
  const known = new Map(before.map((rule) => [rule.name, rule]))
  const named = new Set(rules.map(({ name }) => name))
  const gone = before.filter(({ name }) => !named.has(name))
  const after = withChanges(DEFAULT_CORRELATION, settings)
  try {
    await db.commit([
      ...gone.map(({ id }) => store.removeRule(db, id)),
      ...rules.map((rule) => {
        const read = known.get(rule.name)
        return read === undefined
          ? store.insertRule(db, ruleRow(ctx, newId(now), rule))
          : store.changeRule(db, read, { ...rule, updatedAt: Math.max(now, read.updatedAt + 1) })
      }),
      // Every change of a rule moves this version, too.
      putSettings(db, row?.version ?? null, { correlation: after }, now),
      db.ensureChanged(),
      audit(db, {
        event: 'correlation.config',
        actor: actor.userId,
        subject: null,
        before: { rules: before.map(({ name }) => name) },
        after: { settings: after, rules: rules.map(({ name }) => name) },
        at: now,
      }),
    ])
  } catch (error) {
    if (isUniqueViolation(error) || isGuardFailure(error))
      throw new AppError('conflict', 'Rules are being changed by others, try again')
    throw error
  }
  return readConfig(ctx)
}

/** JSON is YAML, so one reader does for both. */
function documentIn(bytes: Uint8Array | null): unknown {
  const refuse = new AppError('invalid_json', 'Invalid request body')
  let value: unknown
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: false }).decode(bytes ?? new Uint8Array())
    value = parse(text, { maxAliasCount: 50, logLevel: 'error' })
  } catch {
    throw refuse
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw refuse
  return value
}

function refusal(error: { readonly issues: readonly z.core.$ZodIssue[] }): AppError {
  const details = error.issues.map(({ path, message }) => ({ path: path.join('.'), message }))
  const [first] = details
  const text = first === undefined ? 'Invalid request body' : `${first.path || 'document'}: ${first.message}`
  return new AppError('validation_failed', text, { details })
}
