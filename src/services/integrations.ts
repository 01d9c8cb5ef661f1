/** Integrations: the configured senders of an organisation. */
import * as z from 'zod'
import { findSource, sources } from '../alerts'
import { settingsFor, sourceSettingsPatch } from '../alerts/settings'
import type { AlertSource } from '../alerts/source'
import { AppError, notFound, unavailable } from '../lib/errors'
import { optional, text } from '../lib/fields'
import { newId } from '../lib/ids'
import { seal } from '../lib/seal'
import type { Masters } from '../lib/seal-masters'
import { DAY, SECOND } from '../lib/time'
import { audit } from '../store/audit'
import { isGuardFailure, isUniqueViolation } from '../store/db'
import type { IntegrationRow } from '../store/integration-rows'
import * as store from '../store/integrations'
import { requireRole, type Ctx } from './context'
import { generateSecret, needsSecretAtCreation } from './generated-secret'
import { hashToken, newIngestToken } from './ingest-token'
import { signingSecretPlace } from './judge-delivery'
import { releaseHeld } from './release-held'

const slugs = sources.map(({ slug }) => slug)

const name = text({ error: 'Invalid name', max: 100 })
export const proposedSettings = z.custom<z.input<typeof sourceSettingsPatch>>(
  (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
  'Invalid settings',
)

export const newIntegration = z.object({
  source: z.enum(slugs, { error: `Invalid source. Must be one of: ${slugs.join(', ')}` }),
  name,
  settings: optional(proposedSettings),
})

export const integrationPatch = z
  .object({
    name: name.optional(),
    enabled: z.boolean({ error: 'Invalid enabled' }).optional(),
    verification: z
      .enum(['required', 'if_configured', 'token_only'], {
        error: 'Invalid verification. Must be one of: required, if_configured, token_only',
      })
      .optional(),
    settings: proposedSettings.optional(),
  })
  .refine((patch) => Object.keys(patch).length > 0, 'No valid fields to update')

export const rotation = z.object({
  graceSeconds: z
    .int({ error: 'Invalid graceSeconds' })
    .min(0, 'Invalid graceSeconds')
    .max(604_800, 'Invalid graceSeconds')
    .default(86_400),
})

export const newSigningSecret = z.object({
  secret: text({ error: 'Invalid secret', max: 1000, trim: false }).optional(),
})

const MOST = 100

/** An integration as it is shown, with the settings in force. */
export const inForce = (row: IntegrationRow) => settingsFor(sourceOf(row), row.settings)

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
  return change(ctx, integration, changes, 'integration.update', changes)
}

/** A new token; the old one lives on for a while, an older one dies. @throws AppError forbidden, not_found, conflict */
export async function rotateToken(ctx: Ctx, id: string, { graceSeconds }: z.output<typeof rotation>) {
  requireRole(ctx, 'editor')
  const { integration } = await readIntegration(ctx, id)
  const ingestToken = newIngestToken()
  const changed = await change(
    ctx,
    integration,
    {
      ingestTokenHash: await hashToken(ingestToken),
      tokenSuffix: ingestToken.slice(-4),
      previousTokenHash: graceSeconds === 0 ? null : integration.ingestTokenHash,
      previousTokenExpiresAt: graceSeconds === 0 ? null : ctx.now + graceSeconds * SECOND,
    },
    'integration.rotate_token',
    { graceSeconds },
  )
  return { ...changed, ingestToken }
}

/**
 * Stores the vendor's signing secret, or makes one where the sender can be told ours. The former one stays valid for a day.
 * @throws AppError forbidden, not_found, validation_failed, conflict, unavailable
 */
export async function setSigningSecret(
  ctx: Ctx,
  masters: Masters,
  id: string,
  input: z.output<typeof newSigningSecret>,
) {
  requireRole(ctx, 'editor')
  const { integration } = await readIntegration(ctx, id)
  const { scheme } = sourceOf(integration)
  if (scheme === 'token' || scheme === 'sns')
    throw new AppError('validation_failed', 'This source does not sign its deliveries')
  if (input.secret === undefined && scheme !== 'aurora-v1')
    throw new AppError('validation_failed', 'Invalid secret')
  const generated = input.secret === undefined ? crypto.getRandomValues(new Uint8Array(32)).toHex() : null
  const secret = input.secret ?? generated
  if (secret === null) throw unavailable()
  const changed = await change(
    ctx,
    integration,
    {
      signingSecret: await seal(masters, signingSecretPlace(integration), secret),
      previousSigningSecret: integration.signingSecret,
      previousSigningSecretExpiresAt: integration.signingSecret === null ? null : ctx.now + DAY,
    },
    'integration.signing_secret',
    { generated: generated !== null },
  )
  await releaseHeld(ctx, sourceOf(integration), changed.integration, masters)
  return { ...changed, signingSecret: generated }
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
  await change(ctx, integration, dead, 'integration.delete', {})
}

/** Changes the integration that was read; of two who read it at once only one does. */
async function change(
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

/** Settings as they may be stored. @throws AppError validation_failed with every bad field */
export function checkSettings(given: object): Readonly<Record<string, unknown>> {
  const parsed = sourceSettingsPatch.safeParse(given)
  if (parsed.success) return parsed.data
  const details = parsed.error.issues.map(({ path, message }) => ({
    path: ['settings', ...path].join('.'),
    message,
  }))
  throw new AppError('validation_failed', 'Invalid settings', { details })
}

function sourceOf(row: IntegrationRow): AlertSource {
  const source = findSource(row.source)
  if (source === null) throw new Error(`integration ${row.id} has the unknown source ${row.source}`)
  return source
}
