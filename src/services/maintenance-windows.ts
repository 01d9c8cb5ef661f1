/** Maintenance windows: times in which what matches is neither investigated nor announced. */
import * as z from 'zod'
import { conditions } from '../alerts/rules'
import { AppError, notFound } from '../lib/errors'
import { text } from '../lib/fields'
import { given } from '../lib/given'
import { newId } from '../lib/ids'
import { DAY } from '../lib/time'
import { audit } from '../store/audit'
import { isGuardFailure } from '../store/db'
import * as store from '../store/maintenance-windows'
import { requireRole, type Ctx } from './context'
import { bodyTime } from './list-input'

const LONGEST = 30 * DAY

const fields = {
  name: text({ error: 'Invalid name', max: 200 }),
  reason: text({ error: 'Invalid reason', max: 1000, min: 0 }),
  startsAt: bodyTime('Invalid startsAt'),
  endsAt: bodyTime('Invalid endsAt'),
  match: conditions.min(1, 'Invalid match'),
  endWhenQuietSeconds: z
    .int({ error: 'Invalid endWhenQuietSeconds' })
    .min(60, 'Invalid endWhenQuietSeconds')
    .max(86_400, 'Invalid endWhenQuietSeconds')
    .nullable(),
}

export const newWindow = z.object({
  ...fields,
  reason: fields.reason.default(''),
  endWhenQuietSeconds: fields.endWhenQuietSeconds.default(null),
})

export const windowPatch = z
  .object(fields)
  .partial()
  .refine((patch) => Object.keys(patch).length > 0, 'No valid fields to update')

export const listWindows = (ctx: Ctx) => store.allWindows(ctx.db)

/** @throws AppError not_found */
export async function readWindow({ db }: Ctx, id: string) {
  const [window] = await store.windowById(db, id)
  if (window === undefined) throw notFound('Maintenance window not found')
  return window
}

/** @throws AppError forbidden, validation_failed */
export async function createWindow(ctx: Ctx, input: z.output<typeof newWindow>): Promise<store.WindowRow> {
  requireRole(ctx, 'editor')
  const { db, actor, now } = ctx
  checkTimes(input, now)
  const window: store.WindowRow = {
    id: newId(now),
    orgId: actor.orgId,
    ...input,
    lastMatchAt: null,
    tendedAt: null,
    endedAt: null,
    deletedAt: null,
    createdBy: actor.userId,
    createdAt: now,
    updatedAt: now,
  }
  await db.commit([
    store.insertWindow(db, window),
    audit(db, {
      event: 'maintenance_window.create',
      actor: actor.userId,
      subject: window.id,
      after: input,
      at: now,
    }),
  ])
  return window
}

/** What it hides follows within a minute. @throws AppError forbidden, not_found, validation_failed, conflict */
export async function updateWindow(ctx: Ctx, id: string, patch: z.output<typeof windowPatch>) {
  requireRole(ctx, 'editor')
  const { db, now } = ctx
  const before = await readWindow(ctx, id)
  const changed = given(patch)
  // The time is the window's version: it moves with every change.
  const changes = { ...changed, tendedAt: null, updatedAt: Math.max(now, before.updatedAt + 1) }
  const after: store.WindowRow = { ...before, ...changes }
  checkTimes(after, now)
  await change(ctx, { event: 'maintenance_window.update', subject: id, after: changed }, [
    store.changeWindow(db, before, changes),
    db.ensureChanged(),
  ])
  return after
}

/** Removes a window; what it hides and is still open is released within a minute. @throws AppError forbidden, not_found */
export async function deleteWindow(ctx: Ctx, id: string): Promise<void> {
  requireRole(ctx, 'editor')
  await readWindow(ctx, id)
  await change(ctx, { event: 'maintenance_window.delete', subject: id }, [
    store.hideWindow(ctx.db, id, ctx.now),
    ctx.db.ensureChanged(),
  ])
}

/** What it hides and what it hid, newest first. @throws AppError not_found */
export async function listSuppressed(ctx: Ctx, id: string) {
  await readWindow(ctx, id)
  return store.suppressedIn(ctx.db, id)
}

function checkTimes({ startsAt, endsAt }: Pick<store.WindowRow, 'startsAt' | 'endsAt'>, now: number): void {
  if (endsAt <= startsAt || endsAt <= now) throw new AppError('validation_failed', 'Invalid endsAt')
  if (endsAt - startsAt > LONGEST)
    throw new AppError('validation_failed', 'Maintenance window is longer than 30 days')
}

async function change(
  ctx: Ctx,
  record: { readonly event: string; readonly subject: string; readonly after?: unknown },
  statements: Parameters<Ctx['db']['commit']>[0],
): Promise<void> {
  const { db, actor, now } = ctx
  try {
    await db.commit([...statements, audit(db, { ...record, actor: actor.userId, at: now })])
  } catch (error) {
    if (!isGuardFailure(error)) throw error
    // One that somebody removed meanwhile is not found.
    const { endedAt } = await readWindow(ctx, record.subject)
    throw new AppError(
      'conflict',
      endedAt === null ? 'Maintenance window was changed by another writer' : 'Maintenance window has ended',
    )
  }
}
