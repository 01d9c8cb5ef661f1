/** What an organisation says about the deliveries that it receives: how long their bodies are kept. */
import * as z from 'zod'
import { DEFAULT_BODY_DAYS } from '../store/retention'
import { settingsOf, type SettingsRow } from '../store/settings'
import { requireRole, type Ctx } from './context'
import { changeSettings } from './settings'

const error = 'Invalid bodyRetentionDays'

export const ingestSettings = z.object({
  /** Bodies that opened an incident stay as long as that. */
  bodyRetentionDays: z.int({ error }).min(1, error).max(90, error),
})
type IngestSettings = z.infer<typeof ingestSettings>

const inForce = (row: SettingsRow | undefined): IngestSettings => ({
  bodyRetentionDays: row?.bodyRetentionDays ?? DEFAULT_BODY_DAYS,
})

export async function readIngestSettings(ctx: Ctx): Promise<IngestSettings> {
  const [row] = await settingsOf(ctx.db)
  return inForce(row)
}

/** The sweep follows: what is then too old goes within hours. @throws AppError forbidden, conflict */
export async function putIngestSettings(ctx: Ctx, wanted: IngestSettings): Promise<IngestSettings> {
  requireRole(ctx, 'admin')
  return changeSettings(ctx, 'settings.ingest', {
    read: inForce,
    change: () => wanted,
    stored: (after) => after,
  })
}
