import type * as z from 'zod'
import { findSource } from '../alerts'
import type { AlertSource } from '../alerts/source'
import { AppError } from '../lib/errors'
import { newId } from '../lib/ids'
import type { Masters } from '../lib/seal-masters'
import { audit } from '../store/audit'
import { isGuardFailure, isUniqueViolation } from '../store/db'
import type { IntegrationRow } from '../store/integration-rows'
import * as store from '../store/integrations'
import { requireRole, type Ctx } from './context'
import { generateSecret, needsSecretAtCreation } from './generated-secret'
import { hashToken, newIngestToken } from './ingest-token'
import { checkSettings, type newIntegration } from './integration-input'

const MOST = 100

/**
 * A new sender with its token and, where its sender must sign with a secret of ours, that secret: both are shown once.
 * @throws AppError forbidden, validation_failed, already_exists, conflict, unavailable
 */
export async function createIntegration(
  ctx: Ctx,
  masters: () => Promise<Masters>,
  input: z.output<typeof newIntegration>,
) {
  requireRole(ctx, 'editor')
  const source = findSource(input.source)
  if (source === null) throw new AppError('validation_failed', 'Invalid source')
  const settings = checkSettings(input.settings ?? {})
  return insert(ctx, source, input.name, settings, needsSecretAtCreation(source) ? await masters() : null)
}

/** The organisation's integration of a source, for deliveries that a signed-in member sends: made when there is none. */
export async function integrationForMember(ctx: Ctx, source: AlertSource): Promise<IntegrationRow> {
  requireRole(ctx, 'editor')
  const [known] = await store.oldestEnabled(ctx.db, source.slug)
  if (known !== undefined) return known
  try {
    return (await insert(ctx, source, 'default', {}, null)).integration
  } catch (error) {
    // Made by another request in the same moment, or switched off: then its deliveries are skipped.
    const [other] = await store.integrationByName(ctx.db, source.slug, 'default')
    if (other === undefined) throw error
    return other
  }
}

/** With `masters` the integration gets a signing secret of ours. */
async function insert(
  ctx: Ctx,
  source: AlertSource,
  name: string,
  given: Readonly<Record<string, unknown>>,
  masters: Masters | null,
) {
  const { db, actor, now } = ctx
  const ingestToken = newIngestToken()
  const identity = { id: newId(now), orgId: actor.orgId }
  const generated = masters === null ? null : await generateSecret(masters, identity)
  const integration: IntegrationRow = {
    ...identity,
    source: source.slug,
    name,
    enabled: true,
    verification: source.defaultVerification,
    ingestTokenHash: await hashToken(ingestToken),
    tokenSuffix: ingestToken.slice(-4),
    previousTokenHash: null,
    previousTokenExpiresAt: null,
    signingSecret: generated?.sealed ?? null,
    previousSigningSecret: null,
    previousSigningSecretExpiresAt: null,
    settings: given,
    lastTestAt: null,
    createdBy: actor.userId,
    deletedAt: null,
    createdAt: now,
    updatedAt: now,
  }
  try {
    await db.batch([
      store.insertIntegration(db, integration),
      store.ensureFew(db, MOST),
      audit(db, {
        event: 'integration.create',
        actor: actor.userId,
        subject: integration.id,
        after: { source: source.slug, name },
        at: now,
      }),
    ])
  } catch (error) {
    if (isUniqueViolation(error)) throw new AppError('already_exists', 'Integration name already exists')
    if (isGuardFailure(error)) throw new AppError('conflict', 'Integration limit reached')
    throw error
  }
  return { integration, ingestToken, signingSecret: generated?.secret ?? null }
}
