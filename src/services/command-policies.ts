/** Rules over commands: deny before allow, each list on or off. They judge the commands of suggestions. */
import * as z from 'zod'
import { judgeCommand, LONGEST_COMMAND, patternProblem, type Judgement } from '../agent/command-rules'
import { AppError, notFound } from '../lib/errors'
import { text } from '../lib/fields'
import { given } from '../lib/given'
import { idsInOrder, newId } from '../lib/ids'
import { audit } from '../store/audit'
import * as store from '../store/command-policies'
import { isGuardFailure, type Statement } from '../store/db'
import { readRules } from './command-policies/judge'
import { TEMPLATES, type PolicyTemplate } from './command-policies/templates'
import { requireRole, type Ctx } from './context'

export type { ListsRow, PolicyRow } from '../store/command-policies'

const fields = {
  mode: z.enum(store.POLICY_MODES, { error: "mode must be 'allow' or 'deny'" }),
  pattern: text({ error: 'pattern is required' }).superRefine((pattern, context) => {
    const problem = patternProblem(pattern)
    if (problem !== null) context.addIssue({ code: 'custom', message: `Invalid regex: ${problem}` })
  }),
  description: text({ error: 'Invalid description', min: 0, max: 500 }),
  priority: z.int({ error: 'Invalid priority' }).min(0, 'Invalid priority').max(10_000, 'Invalid priority'),
  enabled: z.boolean({ error: 'Invalid enabled' }),
}

export const newPolicy = z.object({
  ...fields,
  description: fields.description.default(''),
  priority: fields.priority.default(0),
  enabled: fields.enabled.default(true),
})

export const policyPatch = z
  .object(fields)
  .partial()
  .refine((patch) => Object.keys(patch).length > 0, 'No fields to update')

/** Rules in the order in which they are tried, and which lists count. */
export async function listPolicies({ db }: Ctx) {
  const [rules, [lists]] = await db.batch([store.allPolicies(db), store.policyLists(db)])
  return { rules, lists }
}

/** @throws AppError forbidden, conflict */
export async function createPolicy(ctx: Ctx, input: z.output<typeof newPolicy>): Promise<string> {
  requireRole(ctx, 'admin')
  const { db, now } = ctx
  const id = newId(now)
  const row = { id, ...input, updatedBy: ctx.actor.userId, createdAt: now, updatedAt: now }
  await change(ctx, 'create', id, input, store.insertPolicies(db, [row]), 'Rule limit reached')
  return id
}

/** Changes the rule that was read; of two who read it at once only one does. @throws AppError forbidden, not_found, conflict */
export async function updatePolicy(ctx: Ctx, id: string, patch: z.output<typeof policyPatch>): Promise<void> {
  requireRole(ctx, 'admin')
  const { db, actor, now } = ctx
  const [before] = await store.policyById(db, id)
  if (before === undefined) throw unknown()
  const changes = given(patch)
  // The time is the rule's version: it moves with every change.
  const updatedAt = Math.max(now, before.updatedAt + 1)
  const statements = [
    store.changePolicy(db, before, { ...changes, updatedBy: actor.userId, updatedAt }),
    db.ensureChanged(),
  ]
  await change(ctx, 'update', id, changes, statements, 'Rule was changed by another writer')
}

/** @throws AppError forbidden, not_found */
export async function deletePolicy(ctx: Ctx, id: string): Promise<void> {
  requireRole(ctx, 'admin')
  const { db } = ctx
  const [before] = await store.policyById(db, id)
  if (before === undefined) throw unknown()
  const removed = [store.removePolicy(db, id), db.ensureChanged()]
  const was = { mode: before.mode, pattern: before.pattern }
  await change(ctx, 'delete', id, was, removed, 'Rule was changed by another writer')
}

const unknown = () => notFound('Rule not found')

export const toggleInput = z.object({
  list: z.enum(['allowlist', 'denylist'], { error: "list must be 'allowlist' or 'denylist'" }),
  enabled: z.boolean({ error: 'enabled must be a boolean' }),
})

/** The last word counts. @throws AppError forbidden */
export async function toggleList(ctx: Ctx, { list, enabled }: z.output<typeof toggleInput>) {
  requireRole(ctx, 'admin')
  const { db, now } = ctx
  const lists = list === 'allowlist' ? { allowlistEnabled: enabled } : { denylistEnabled: enabled }
  await change(ctx, 'toggle', list, { enabled }, [store.setLists(db, lists, now)])
  return (await store.policyLists(db))[0]
}

export const testInput = z.object({
  command: text({ error: 'command is required', max: LONGEST_COMMAND, tooLong: 'command is too long' }),
})

/** What the rules would say; nothing is recorded. */
export const testCommand = async ({ db }: Ctx, command: string): Promise<Judgement> =>
  judgeCommand(command, await readRules(db))

export const applyInput = z.object({
  template_id: text({ error: 'template_id is required', max: 100 }).refine(
    (id) => TEMPLATES.some((template) => template.id === id),
    'Unknown template',
  ),
})

export const listTemplates = (): readonly PolicyTemplate[] => TEMPLATES

/** Puts a template's rules in place of all others and switches both lists on. @throws AppError forbidden */
export async function applyTemplate(ctx: Ctx, templateId: string) {
  requireRole(ctx, 'admin')
  const { db, actor, now } = ctx
  const template = TEMPLATES.find(({ id }) => id === templateId)
  if (template === undefined) throw notFound('Unknown template')
  const nextId = idsInOrder(now)
  const rows = (['allow', 'deny'] as const).flatMap((mode) =>
    template[mode].map((rule) => ({
      id: nextId(),
      mode,
      ...rule,
      enabled: true,
      updatedBy: actor.userId,
      createdAt: now,
      updatedAt: now,
    })),
  )
  const lists = { allowlistEnabled: true, denylistEnabled: true, activeTemplateId: templateId }
  await change(ctx, 'apply_template', templateId, { rules: rows.length }, [
    store.removeAllPolicies(db),
    ...store.insertPolicies(db, rows),
    store.setLists(db, lists, now),
  ])
  return (await store.policyLists(db))[0]
}

/** Forgets which template the rules came from; the rules stay. @throws AppError forbidden */
export async function clearTemplate(ctx: Ctx): Promise<void> {
  requireRole(ctx, 'admin')
  const { db, now } = ctx
  await change(ctx, 'clear_template', 'template', {}, [store.setLists(db, { activeTemplateId: null }, now)])
}

async function change(
  { db, actor, now }: Ctx,
  verb: string,
  subject: string,
  after: unknown,
  statements: readonly Statement[],
  lost = 'Rules were changed by another writer',
): Promise<void> {
  try {
    await db.commit([
      ...statements,
      audit(db, { event: `command_policy.${verb}`, actor: actor.userId, subject, after, at: now }),
    ])
  } catch (error) {
    if (isGuardFailure(error)) throw new AppError('conflict', lost)
    throw error
  }
}
