/** What an organisation says about the deliveries that it receives: how long their bodies are kept. */
import * as z from 'zod'
import { audit } from '../store/audit'
import { isGuardFailure } from '../store/db'
import { DEFAULT_BODY_DAYS } from '../store/retention'
import { putBodyRetention, settingsOf } from '../store/settings'
import { requireRole, type Ctx } from './context'
import { settingsConflict } from './correlation-settings'

const error = 'Invalid bodyRetentionDays'

export const ingestSettings = z.object({
  /** Bodies that opened an incident stay as long as that. */
  bodyRetentionDays: z.int({ error }).min(1, error).max(90, error),
})
type IngestSettings = z.infer<typeof ingestSettings>

export async function readIngestSettings(ctx: Ctx): Promise<IngestSettings> {
  const [row] = await settingsOf(ctx.db)
  return { bodyRetentionDays: row?.bodyRetentionDays ?? DEFAULT_BODY_DAYS }
}

/** The sweep follows: what is then too old goes within hours. @throws AppError forbidden, conflict */
export async function putIngestSettings(
  ctx: Ctx,
  { bodyRetentionDays }: IngestSettings,
): Promise<IngestSettings> {
  requireRole(ctx, 'admin')
  const { db, actor, now } = ctx
  const [row] = await settingsOf(db)
  const before = { bodyRetentionDays: row?.bodyRetentionDays ?? DEFAULT_BODY_DAYS }
  const after = { bodyRetentionDays }
  try {
    await db.commit([
      putBodyRetention(db, row?.version ?? null, bodyRetentionDays, now),
      db.ensureChanged(),
      audit(db, {
        event: 'settings.ingest',
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
