import { findSource } from '../alerts'
import { normalise } from '../alerts/normalise'
import { settingsFor, type SourceSettings } from '../alerts/settings'
import { UnprocessablePayload, type AlertSource } from '../alerts/source'
import { TEST_SOURCE, testAlert } from '../alerts/test-alert'
import { utf8 } from '../lib/hmac'
import { describeError } from '../lib/log'
import type { IncomingAlert, IncomingChange } from '../services/correlation/chunk'
import { decodeBody } from '../services/delivery-body'
import { followSubscription } from '../services/subscriptions'
import type { ClaimedDelivery, Dispatch } from '../store/dispatch'
import { openTenant } from '../store/tenant-db'

export interface ReadDelivery {
  readonly ok: true
  readonly id: string
  readonly alerts: readonly IncomingAlert[]
  readonly changes: readonly IncomingChange[]
  readonly errors: readonly { readonly index: number; readonly message: string }[]
}

interface Unreadable {
  readonly ok: false
  /** Trying again cannot help. */
  readonly forGood: boolean
  readonly problem: string
}

/** The canonical records of a delivery. One that cannot be read never stops the others. */
export async function readDelivery(
  env: Env,
  http: typeof fetch,
  dispatch: Dispatch,
  known: Map<string, SourceSettings>,
  delivery: ClaimedDelivery,
): Promise<ReadDelivery | Unreadable> {
  const { id, integrationId, receivedAt, authenticity } = delivery
  try {
    const isTest = delivery.source === TEST_SOURCE
    const source = isTest ? testAlert : findSource(delivery.source)
    if (source === null) throw new UnprocessablePayload(`no source named ${delivery.source}`)
    const settings = settingsOnce(
      known,
      source,
      isTest ? { ...delivery, settings: { investigate: false } } : delivery,
    )
    const headers = new Headers(delivery.headers)
    const body = bodyOf(delivery)
    const context = { headers, settings, receivedAt, deliveryId: id }
    const { alerts, changes, errors } = await normalise(source, { ...context, body })
    if (source.scheme === 'sns')
      await followSubscription(openTenant(env.DB, delivery.orgId), delivery, { body, settings, http })
    if (alerts.some(({ test }) => test)) {
      const verificationToken = authenticity === 'none' ? null : (source.verificationToken?.(body) ?? null)
      await dispatch.noteTest(integrationId, { at: receivedAt, verificationToken })
    }
    return {
      ok: true,
      id,
      alerts: alerts.map((alert) => ({
        deliveryId: id,
        idx: alert.seq,
        integrationId,
        receivedAt,
        authenticity,
        settings,
        alert,
      })),
      changes: changes.map((change) => ({ integrationId, change })),
      errors,
    }
  } catch (error) {
    return { ok: false, forGood: error instanceof UnprocessablePayload, problem: describeError(error) }
  }
}

/** The settings in force, worked out once for all deliveries of an integration in a batch. */
function settingsOnce(
  known: Map<string, SourceSettings>,
  source: AlertSource,
  { integrationId, settings }: Pick<ClaimedDelivery, 'integrationId' | 'settings'>,
): SourceSettings {
  const key = `${source.slug} ${integrationId}`
  const found = known.get(key) ?? settingsFor(source, settings)
  known.set(key, found)
  return found
}

/** Read as it was at receipt: a form or a byte order mark is stored as it came. */
function bodyOf({ body, headers }: ClaimedDelivery): unknown {
  if (body === null) throw new UnprocessablePayload('the body is no longer stored')
  const { json } = decodeBody(utf8(body), headers['content-type'] ?? null)
  if (!json.ok) throw new UnprocessablePayload('the body is no JSON')
  return json.body
}
