/** Integrations: the configured senders of an organisation. */
import type * as z from 'zod'
import { findSource } from '../alerts'
import { settingsFor } from '../alerts/settings'
import type { AlertSource } from '../alerts/source'
import { AppError, notFound } from '../lib/errors'
import { audit } from '../store/audit'
import { isGuardFailure, isUniqueViolation } from '../store/db'
import type { IntegrationRow } from '../store/integration-rows'
import * as store from '../store/integrations'
import { requireRole, type Ctx } from './context'
import { checkSettings, type integrationPatch } from './integration-input'

/** An integration as it is shown, with the settings in force. */
export const inForce = (row: IntegrationRow) => settingsFor(sourceOf(row), row.settings)

export const listIntegrations = (ctx: Ctx, source: string | null) => store.allIntegrations(ctx.db, source)

/** One integration with how its deliveries fare. @throws AppError not_found */
export async function readIntegration(ctx: Ctx, id: string) {
  const [[integration], [health]] = await ctx.db.batch([
    store.integrationById(ctx.db, id),
    store.healthOf(ctx.db, id, ctx.now),
  ])
  if (integration === undefined) throw notFound('Integration not found')
  return { integration, health: health ?? null }
}

/** @throws AppError forbidden, not_found, validation_failed, already_exists, conflict */
export async function updateIntegration(ctx: Ctx, id: string, patch: z.output<typeof integrationPatch>) {
  requireRole(ctx, 'editor')
  if (patch.verification !== undefined) requireRole(ctx, 'admin')
  const { integration } = await readIntegration(ctx, id)
  if (
    patch.verification !== undefined &&
    sourceOf(integration).verificationFixed === true &&
    patch.verification !== integration.verification
  )
    throw new AppError('validation_failed', 'Verification of this source is fixed')
  const changes = {
    ...(patch.name === undefined ? {} : { name: patch.name }),
    ...(patch.enabled === undefined ? {} : { enabled: patch.enabled }),
    ...(patch.verification === undefined ? {} : { verification: patch.verification }),
    ...(patch.settings === undefined
      ? {}
      : { settings: { ...integration.settings, ...checkSettings(patch.settings) } }),
  }
  return changeIntegration(ctx, integration, changes, 'integration.update', changes)
}

/** Its token and secrets die at once; alerts and incidents stay. @throws AppError forbidden, not_found, conflict */
export async function deleteIntegration(ctx: Ctx, id: string): Promise<void> {
  requireRole(ctx, 'editor')
  const { integration } = await readIntegration(ctx, id)
  const dead = {
    deletedAt: ctx.now,
    enabled: false,
    ingestTokenHash: `deleted:${id}`,
    previousTokenHash: null,
    signingSecret: null,
    previousSigningSecret: null,
  }
  await changeIntegration(ctx, integration, dead, 'integration.delete', {})
}

/** Changes the integration that was read; of two who read it at once only one does. */
export async function changeIntegration(
  ctx: Ctx,
  integration: IntegrationRow,
  changes: Partial<Omit<IntegrationRow, 'id' | 'orgId'>>,
  event: string,
  after: unknown,
) {
  const { db, actor, now } = ctx
  // The time is the row's version: it moves with every change.
  const updatedAt = Math.max(now, integration.updatedAt + 1)
  try {
    await db.batch([
      store.changeIntegration(db, integration, { ...changes, updatedAt }),
      db.ensureChanged(),
      audit(db, { event, actor: actor.userId, subject: integration.id, after, at: now }),
    ])
  } catch (error) {
    if (isUniqueViolation(error)) throw new AppError('already_exists', 'Integration name already exists')
    if (!isGuardFailure(error)) throw error
    await readIntegration(ctx, integration.id)
    throw new AppError('conflict', 'Integration was changed by another writer')
  }
  return { integration: { ...integration, ...changes, updatedAt } }
}

export function sourceOf(row: IntegrationRow): AlertSource {
  const source = findSource(row.source)
  if (source === null) throw new Error(`integration ${row.id} has the unknown source ${row.source}`)
  return source
}
