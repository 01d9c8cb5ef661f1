/** Correlation rules: what people say belongs together. */
import * as z from 'zod'
import { alertField, conditions, type Rule } from '../alerts/rules'
import { AppError, notFound } from '../lib/errors'
import { text } from '../lib/fields'
import { newId } from '../lib/ids'
import { audit } from '../store/audit'
import { isGuardFailure, isUniqueViolation } from '../store/db'
import * as store from '../store/correlation-rules'
import { requireRole, type Ctx } from './context'
import { ruleOf } from './correlation/stored-rules'

const whole = (name: string, min: number, max: number) =>
  z
    .int({ error: `Invalid ${name}` })
    .min(min, `Invalid ${name}`)
    .max(max, `Invalid ${name}`)

/** A rule without defaults filled in, for changes. */
const fields = {
  name: text({ error: 'Invalid name', max: 100 }),
  enabled: z.boolean({ error: 'Invalid enabled' }),
  priority: whole('priority', 0, 10_000),
  match: conditions,
  groupBy: z
    .array(alertField, { error: 'Invalid groupBy' })
    .min(1, 'Invalid groupBy')
    .max(8, 'Invalid groupBy'),
  windowSeconds: whole('windowSeconds', 60, 86_400),
  exclusive: z.boolean({ error: 'Invalid exclusive' }),
}

export const newRule = z.object({
  ...fields,
  enabled: fields.enabled.default(true),
  priority: fields.priority.default(100),
  match: fields.match.default([]),
  windowSeconds: fields.windowSeconds.default(1800),
  exclusive: fields.exclusive.default(false),
})
export type NewRule = z.output<typeof newRule>

export const rulePatch = z
  .object(fields)
  .partial()
  .refine((patch) => Object.keys(patch).length > 0, 'No valid fields to update')

export const listRules = async (ctx: Ctx): Promise<readonly Rule[]> =>
  (await store.allRules(ctx.db)).map(ruleOf)

/** @throws AppError forbidden, already_exists, conflict */
export async function createRule(ctx: Ctx, input: NewRule): Promise<Rule> {
  requireRole(ctx, 'editor')
  const { db } = ctx
  const [counted] = await store.countRules(db)
  if ((counted?.n ?? 0) >= store.MAX_RULES) throw new AppError('conflict', 'Rule limit reached')
  const id = newId(ctx.now)
  await change(ctx, { event: 'correlation_rule.create', subject: id, after: input }, [
    store.insertRule(db, ruleRow(ctx, id, input)),
  ])
  return { id, ...input }
}

/** @throws AppError forbidden, not_found, already_exists */
export async function updateRule(ctx: Ctx, id: string, patch: z.output<typeof rulePatch>): Promise<Rule> {
  requireRole(ctx, 'editor')
  const { db, now } = ctx
  const [before] = await store.ruleById(db, id)
  if (before === undefined) throw notFound('Rule not found')
  const changes = Object.fromEntries(Object.entries(patch).filter(([, value]) => value !== undefined))
  await change(ctx, { event: 'correlation_rule.update', subject: id, after: changes }, [
    store.changeRule(db, id, { ...changes, updatedAt: now }),
    db.ensureChanged(),
  ])
  return ruleOf({ ...before, ...changes })
}

/** Incidents that it made stay as they are. @throws AppError forbidden, not_found */
export async function deleteRule(ctx: Ctx, id: string): Promise<void> {
  requireRole(ctx, 'editor')
  const { db } = ctx
  await change(ctx, { event: 'correlation_rule.delete', subject: id }, [
    store.removeRule(db, id),
    db.ensureChanged(),
  ])
}

/** The row of a new rule. */
export const ruleRow = ({ actor, now }: Ctx, id: string, rule: NewRule): Omit<store.RuleRow, 'orgId'> => ({
  id,
  ...rule,
  createdBy: actor.userId,
  createdAt: now,
  updatedAt: now,
})

async function change(
  { db, actor, now }: Ctx,
  record: { readonly event: string; readonly subject: string; readonly after?: unknown },
  statements: Parameters<Ctx['db']['commit']>[0],
): Promise<void> {
  try {
    await db.commit([
      ...statements,
      store.bumpSettings(db, now),
      audit(db, { ...record, actor: actor.userId, at: now }),
    ])
  } catch (error) {
    if (isUniqueViolation(error)) throw new AppError('already_exists', 'Rule name already exists')
    if (isGuardFailure(error)) throw notFound('Rule not found')
    throw error
  }
}
