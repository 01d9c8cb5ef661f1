/** How an organisation's alerts are correlated. */
import { correlationSettings, type CorrelationSettings } from '../alerts/correlation-settings'
import type * as z from 'zod'
import { audit } from '../store/audit'
import { putCorrelation } from '../store/correlation-rules'
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

/** Changes what is named and keeps the rest; the next decision follows it. @throws AppError forbidden */
export async function putCorrelationSettings(
  ctx: Ctx,
  changes: z.output<typeof correlationChanges>,
): Promise<CorrelationSettings> {
  requireRole(ctx, 'editor')
  const { db, actor, now } = ctx
  const before = await readCorrelationSettings(ctx)
  const after = withChanges(before, changes)
  await db.commit([
    putCorrelation(db, after, now),
    audit(db, { event: 'settings.correlation', actor: actor.userId, subject: null, before, after, at: now }),
  ])
  return after
}
