/** The organisation's choice of a language model: read, changed, taken back. Keys go in and never come out. */
import { newId } from '../lib/ids'
import { audit } from '../store/audit'
import { isGuardFailure } from '../store/db'
import { dropLlmSettings, llmSettingsOf, putLlmSettings, type LlmSettingsRow } from '../store/llm-settings'
import { requireRole, type Ctx } from './context'
import type { LlmPorts } from './llm-choice'
import { proposed, type LlmChanges } from './llm-proposal'
import { viewOf, type LlmSettingsView } from './llm-settings-view'
import { settingsConflict } from './settings'

export async function readLlmSettings({ db }: Ctx, ports: LlmPorts): Promise<LlmSettingsView> {
  const [row] = await llmSettingsOf(db)
  return viewOf(row, ports)
}

/** Changes what is named and keeps the rest. @throws AppError forbidden, validation_failed, provider_not_configured, conflict */
export async function putLlmSettingsOf(
  ctx: Ctx,
  ports: LlmPorts,
  changes: LlmChanges,
): Promise<LlmSettingsView> {
  requireRole(ctx, 'admin')
  const { db, actor, now } = ctx
  const [before] = await llmSettingsOf(db)
  const row = await changed(ctx, ports, before, changes)
  await guarded(db, [
    putLlmSettings(db, before, row),
    db.ensureChanged(),
    audit(db, {
      event: 'settings.llm',
      actor: actor.userId,
      subject: null,
      before: before === undefined ? null : auditable(before),
      after: auditable(row),
      at: now,
    }),
  ])
  return readLlmSettings(ctx, ports)
}

/** Back to what the deployment offers; the key is gone. @throws AppError forbidden, conflict */
export async function dropLlmSettingsOf(ctx: Ctx, ports: LlmPorts): Promise<LlmSettingsView> {
  requireRole(ctx, 'admin')
  const { db, actor, now } = ctx
  const [before] = await llmSettingsOf(db)
  if (before !== undefined)
    await guarded(db, [
      dropLlmSettings(db, before),
      db.ensureChanged(),
      audit(db, {
        event: 'settings.llm',
        actor: actor.userId,
        subject: null,
        before: auditable(before),
        after: null,
        at: now,
      }),
    ])
  return readLlmSettings(ctx, ports)
}

async function guarded(db: Ctx['db'], statements: Parameters<Ctx['db']['commit']>[0]): Promise<void> {
  try {
    await db.commit(statements)
  } catch (error) {
    throw isGuardFailure(error) ? settingsConflict() : error
  }
}

const auditable = ({
  enabled,
  provider,
  model,
  baseUrl,
  keyHint,
}: Pick<LlmSettingsRow, 'enabled' | 'provider' | 'model' | 'baseUrl' | 'keyHint'>) => ({
  enabled,
  provider,
  model,
  baseUrl,
  keyHint,
})

/** The row that these changes make of the stored one. */
async function changed(
  { db, actor, now }: Ctx,
  ports: LlmPorts,
  before: LlmSettingsRow | undefined,
  changes: LlmChanges,
): Promise<LlmSettingsRow> {
  const wanted = await proposed(db.orgId, ports, before, changes)
  return {
    id: before?.id ?? newId(now),
    orgId: db.orgId,
    ...wanted,
    prices: changes.prices ?? before?.prices ?? {},
    updatedBy: actor.userId,
    // The time is the version of the choice: it moves with every change.
    updatedAt: Math.max(now, (before?.updatedAt ?? 0) + 1),
  }
}
