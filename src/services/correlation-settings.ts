/** How an organisation's alerts are correlated. */
import { correlationSettings, type CorrelationSettings } from '../alerts/correlation-settings'
import type * as z from 'zod'
import { settingsOf } from '../store/settings'
import { requireRole, type Ctx } from './context'
import { settingsFrom, withChanges } from './correlation/settings'
import { changeSettings } from './settings'

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
  return changeSettings(ctx, 'settings.correlation', {
    read: (row) => settingsFrom(row?.correlation),
    change: (before) => withChanges(before, changes),
    stored: (after) => ({ correlation: after }),
  })
}
