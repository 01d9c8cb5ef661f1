/** Trying an integration without its sender: what would a payload become, and does an alert arrive at all. */
import * as z from 'zod'
import { findSource } from '../alerts'
import type { Normalised } from '../alerts/canonical'
import { normalise } from '../alerts/normalise'
import { settingsFor } from '../alerts/settings'
import { UnprocessablePayload } from '../alerts/source'
import { TEST_SOURCE, testBody } from '../alerts/test-alert'
import { AppError } from '../lib/errors'
import { optional } from '../lib/fields'
import { sha256Hex, utf8 } from '../lib/hmac'
import { newId } from '../lib/ids'
import { audit } from '../store/audit'
import { storeDelivery } from '../store/deliveries'
import { requireRole, type Ctx } from './context'
import { checkSettings, proposedSettings } from './integration-input'
import { readIntegration } from './integrations'

export const sample = z.object({
  payload: z.json({ error: 'Invalid payload' }),
  headers: z
    .record(z.string(), z.string(), { error: 'Invalid headers' })
    .nullish()
    .transform((given) => given ?? {}),
  /** Settings to try, a mapping above all, in place of the stored ones. */
  settings: optional(proposedSettings),
})

/**
 * What the integration would make of this payload now; nothing is stored. A payload that cannot be read at all is one error.
 * @throws AppError not_found, validation_failed
 */
export async function previewDelivery(
  ctx: Ctx,
  id: string,
  { payload, headers: given, settings: proposed }: z.output<typeof sample>,
): Promise<Normalised> {
  const { integration } = await readIntegration(ctx, id)
  const source = findSource(integration.source)
  if (source === null) throw new Error(`integration ${id} has the unknown source ${integration.source}`)
  const settings = settingsFor(source, { ...integration.settings, ...checkSettings(proposed ?? {}) })
  const delivery = { body: payload, headers: headersOf(given), settings, receivedAt: ctx.now }
  try {
    return await normalise(source, delivery)
  } catch (error) {
    if (!(error instanceof UnprocessablePayload)) throw error
    return { alerts: [], changes: [], errors: [{ index: 0, message: error.message }] }
  }
}

function headersOf(given: Readonly<Record<string, string>>): Headers {
  try {
    return new Headers(given)
  } catch {
    throw new AppError('validation_failed', 'Invalid headers')
  }
}

/**
 * Sends one alert of severity low the whole way; it opens an incident that nobody investigates and that resolves after
 * ten minutes. Answers the delivery's id.
 * @throws AppError forbidden, not_found
 */
export async function sendTestAlert(ctx: Ctx, id: string): Promise<string> {
  requireRole(ctx, 'editor')
  const { db, actor, now } = ctx
  const { integration } = await readIntegration(ctx, id)
  const deliveryId = newId(now)
  const sourceType = findSource(integration.source)?.sourceType ?? integration.source
  const body = testBody({ integration: integration.name, sourceType, id: deliveryId })
  await db.commit([
    ...storeDelivery(
      db,
      {
        id: deliveryId,
        integrationId: integration.id,
        source: TEST_SOURCE,
        deliveryKey: `test:${deliveryId}`,
        state: 'received',
        authenticity: 'session',
        receivedAt: now,
        bytes: utf8(body).byteLength,
        bodySha256: await sha256Hex(utf8(body)),
        headers: { 'content-type': 'application/json' },
      },
      body,
    ),
    audit(db, {
      event: 'integration.test',
      actor: actor.userId,
      subject: id,
      after: { deliveryId },
      at: now,
    }),
  ])
  ctx.nudge.delivery(deliveryId)
  return deliveryId
}
