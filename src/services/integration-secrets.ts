/** The token and the signing secret of an integration: both can be exchanged while deliveries go on. */
import type * as z from 'zod'
import { AppError, unavailable } from '../lib/errors'
import { seal } from '../lib/seal'
import type { Masters } from '../lib/seal-masters'
import { DAY, SECOND } from '../lib/time'
import { requireRole, type Ctx } from './context'
import { hashToken, newIngestToken } from './ingest-token'
import type { newSigningSecret, rotation } from './integration-input'
import { changeIntegration, readIntegration, sourceOf } from './integrations'
import { signingSecretPlace } from './judge-delivery'
import { releaseHeld } from './release-held'

/** A new token; the old one lives on for a while, an older one dies. @throws AppError forbidden, not_found, conflict */
export async function rotateToken(ctx: Ctx, id: string, { graceSeconds }: z.output<typeof rotation>) {
  requireRole(ctx, 'editor')
  const { integration } = await readIntegration(ctx, id)
  const ingestToken = newIngestToken()
  const changed = await changeIntegration(
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
  const changed = await changeIntegration(
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
