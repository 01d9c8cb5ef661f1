/** Correlation rules: what people say belongs together. */
import * as z from 'zod'
import { alertField, conditions, type Rule } from '../alerts/rules'
import { AppError, notFound } from '../lib/errors'
import { text } from '../lib/fields'
import { given } from '../lib/given'
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
  const id = newId(ctx.now)
  const recorded = { event: 'correlation_rule.create', subject: id, after: input }
  const added = [store.insertRule(db, ruleRow(ctx, id, input)), store.ensureFewRules(db)]
  if (!(await change(ctx, recorded, added))) throw new AppError('conflict', 'Rule limit reached')
  return { id, ...input }
}

/** Changes the rule that was read; of two who read it at once only one does. @throws AppError forbidden, not_found, already_exists, conflict */
export async function updateRule(ctx: Ctx, id: string, patch: z.output<typeof rulePatch>): Promise<Rule> {
  requireRole(ctx, 'editor')
  const { db, now } = ctx
  const before = await ruleOrThrow(ctx, id)
  const changes = given(patch)
  const recorded = { event: 'correlation_rule.update', subject: id, after: changes }
  // The time is the rule's version: it moves with every change.
  const updatedAt = Math.max(now, before.updatedAt + 1)
  const done = await change(ctx, recorded, [
    store.changeRule(db, before, { ...changes, updatedAt }),
    db.ensureChanged(),
  ])
  if (!done) {
    await ruleOrThrow(ctx, id)
    throw new AppError('conflict', 'Rule was changed by another writer')
  }
  return ruleOf({ ...before, ...changes })
}

/** Incidents that it made stay as they are. @throws AppError forbidden, not_found */
export async function deleteRule(ctx: Ctx, id: string): Promise<void> {
  requireRole(ctx, 'editor')
  const { db } = ctx
  const recorded = { event: 'correlation_rule.delete', subject: id }
  if (!(await change(ctx, recorded, [store.removeRule(db, id), db.ensureChanged()]))) throw unknown()
}

async function ruleOrThrow({ db }: Ctx, id: string): Promise<store.RuleRow> {
  const [rule] = await store.ruleById(db, id)
  if (rule === undefined) throw unknown()
  return rule
}

const unknown = () => notFound('Rule not found')

/** The row of a new rule. */
export const ruleRow = ({ actor, now }: Ctx, id: string, rule: NewRule): Omit<store.RuleRow, 'orgId'> => ({
  id,
  ...rule,
  createdBy: actor.userId,
  createdAt: now,
  updatedAt: now,
})

/** Answers whether the guard among the statements held. */
async function change(
  { db, actor, now }: Ctx,
  record: { readonly event: string; readonly subject: string; readonly after?: unknown },
  statements: Parameters<Ctx['db']['commit']>[0],
): Promise<boolean> {
  try {
    await db.commit([
      ...statements,
      store.bumpSettings(db, now),
      audit(db, { ...record, actor: actor.userId, at: now }),
    ])
    return true
  } catch (error) {
    if (isUniqueViolation(error)) throw new AppError('already_exists', 'Rule name already exists')
    if (isGuardFailure(error)) return false
    throw error
  }
}
