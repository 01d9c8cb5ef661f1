/** How an organisation's alerts are correlated. */
import { correlationSettings, type CorrelationSettings } from '../alerts/correlation-settings'
import type * as z from 'zod'
import { AppError } from '../lib/errors'
import { audit } from '../store/audit'
import { putCorrelation } from '../store/correlation-rules'
import { isGuardFailure } from '../store/db'
import { settingsOf } from '../store/settings'
import { requireRole, type Ctx } from './context'
import { settingsFrom, withChanges } from './correlation/settings'

export const correlationChanges = correlationSettings
  .partial()
  .refine((changes) => Object.keys(changes).length > 0, 'No valid fields to update')

export async function readCorrelationSettings(ctx: Ctx): Promise<CorrelationSettings> {
  const [row] = await settingsOf(ctx.db)
  return settingsFrom(row?.correlation)
}

/** Changes what is named and keeps the rest; the next decision follows it. @throws AppError forbidden, conflict */
export async function putCorrelationSettings(
  ctx: Ctx,
  changes: z.output<typeof correlationChanges>,
): Promise<CorrelationSettings> {
  requireRole(ctx, 'editor')
  const { db, actor, now } = ctx
  const [row] = await settingsOf(db)
  const before = settingsFrom(row?.correlation)
  const after = withChanges(before, changes)
  try {
    await db.commit([
      putCorrelation(db, row?.version ?? null, after, now),
      db.ensureChanged(),
      audit(db, {
        event: 'settings.correlation',
        actor: actor.userId,
        subject: null,
        before,
        after,
        at: now,
      }),
    ])
  } catch (error) {
    throw isGuardFailure(error) ? settingsConflict() : error
  }
  return after
}

/** Somebody else was faster. */
export const settingsConflict = () => new AppError('conflict', 'Settings were changed by another writer')
