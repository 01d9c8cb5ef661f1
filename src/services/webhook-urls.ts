/** The address to enter in a vendor's settings, for whoever connects one sender a source. */
import type { AlertSource } from '../alerts/source'
import type { Masters } from '../lib/seal-masters'
import { notFound } from '../lib/errors'
import { DAY, SECOND } from '../lib/time'
import type { IntegrationRow } from '../store/integration-rows'
import * as store from '../store/integrations'
import type { Ctx } from './context'
import { createIntegration } from './create-integration'
import { rotateToken, setSigningSecret } from './integration-secrets'

/** The organisation's first integration of a source, an enabled one before others; null when there is none. */
export async function integrationOf(ctx: Ctx, source: AlertSource): Promise<IntegrationRow | null> {
  const [[enabled], [oldest]] = await ctx.db.batch([
    store.oldestEnabled(ctx.db, source.slug),
    store.allIntegrations(ctx.db, source.slug),
  ])
  return enabled ?? oldest ?? null
}

/**
 * An address that works and is shown this once: of a new integration, or with a new token of the first one.
 * @throws AppError forbidden, conflict, unavailable
 */
export async function issueWebhookUrl(ctx: Ctx, masters: () => Promise<Masters>, source: AlertSource) {
  const known = await integrationOf(ctx, source)
  if (known === null) return createIntegration(ctx, masters, { source: source.slug, name: 'default' })
  const rotated = await rotateToken(ctx, known.id, { graceSeconds: DAY / SECOND })
  return { ...rotated, signingSecret: null }
}

/** Stores the vendor's signing secret of the first integration. @throws AppError forbidden, not_found, validation_failed, conflict, unavailable */
export async function setFirstSecret(
  ctx: Ctx,
  masters: Masters,
  source: AlertSource,
  secret: string,
): Promise<void> {
  const known = await integrationOf(ctx, source)
  if (known === null) throw notFound(`${source.displayName} is not connected`)
  await setSigningSecret(ctx, masters, known.id, { secret })
}
