/** The ingest queue: claims deliveries, normalises them and hands the alerts to their organisation's correlator. */
import { findSource } from '../alerts'
import { TEST_SOURCE, testAlert } from '../alerts/test-alert'
import { normalise } from '../alerts/normalise'
import { settingsFor } from '../alerts/settings'
import { UnprocessablePayload } from '../alerts/source'
import { describeError, log } from '../lib/log'
import { utf8 } from '../lib/hmac'
import { SECOND } from '../lib/time'
import { decodeBody } from '../services/delivery-body'
import { followSubscription } from '../services/subscriptions'
import {
  CHUNK_SIZE,
  type AlertChunk,
  type IncomingAlert,
  type IncomingChange,
} from '../services/correlation/chunk'
import { Dispatch, type ClaimedDelivery, type SenderTest } from '../store/dispatch'
import { openTenant } from '../store/tenant-db'
import { ingestMessageSchema } from './messages'

/** Seconds to wait before the second to the sixth try. */
const BACK_OFF = [5, 15, 45, 135, 405] as const

/** Never throws: a throw would bring back messages that were already acknowledged. */
export async function consumeIngest(
  batch: MessageBatch,
  env: Env,
  http: typeof fetch = fetch,
): Promise<void> {
  const dispatch = new Dispatch(env.DB)
  const ids = batch.messages.flatMap(({ body }) => {
    const parsed = ingestMessageSchema.safeParse(body)
    return parsed.success ? [parsed.data.deliveryId] : []
  })
  try {
    const claimed = await dispatch.claimDeliveries([...new Set(ids)], Date.now())
    await Promise.all(
      [...groupBy(claimed)].map(([orgId, deliveries]) =>
        processOrganisation(env, http, dispatch, orgId, deliveries),
      ),
    )
    batch.ackAll()
  } catch (error) {
    log.error('ingest.claim_failed', error, { messages: batch.messages.length })
    batch.retryAll({ delaySeconds: BACK_OFF[0] })
  }
}

async function processOrganisation(
  env: Env,
  http: typeof fetch,
  dispatch: Dispatch,
  orgId: string,
  deliveries: readonly ClaimedDelivery[],
): Promise<void> {
  const pending = new Map(deliveries.map((delivery) => [delivery.id, delivery]))
  try {
    const readable: ReadDelivery[] = []
    for (const delivery of deliveries) {
      const read = await readDelivery(env, http, delivery)
      if (read.ok) {
        if (read.test !== null) await dispatch.noteTest(delivery.integrationId, read.test)
        readable.push(read)
        continue
      }
      pending.delete(delivery.id)
      if (read.forGood) await dispatch.buryDeliveries([delivery.id], 'unprocessable', read.problem)
      else await giveBack(env, dispatch, [delivery], read.problem)
    }
    for (const chunk of chunksOf(readable)) {
      const applied = await env.CORRELATOR.getByName(orgId).apply(orgId, chunk)
      if (!applied.ok) throw new Error(applied.problem)
      for (const { deliveryId } of chunk.finished) pending.delete(deliveryId)
    }
  } catch (error) {
    await giveBack(env, dispatch, [...pending.values()], describeError(error))
  }
}

interface ReadDelivery {
  readonly ok: true
  readonly id: string
  readonly alerts: readonly IncomingAlert[]
  readonly changes: readonly IncomingChange[]
  readonly errors: readonly { readonly index: number; readonly message: string }[]
  /** What is remembered of the vendor's test, if this is one. */
  readonly test: SenderTest | null
}

interface Unreadable {
  readonly ok: false
  /** Trying again cannot help. */
  readonly forGood: boolean
  readonly problem: string
}

/** The canonical records of a delivery. One that cannot be read never stops the others. */
async function readDelivery(
  env: Env,
  http: typeof fetch,
  delivery: ClaimedDelivery,
): Promise<ReadDelivery | Unreadable> {
  const { id, integrationId, receivedAt, authenticity } = delivery
  try {
    const isTest = delivery.source === TEST_SOURCE
    const source = isTest ? testAlert : findSource(delivery.source)
    if (source === null) throw new UnprocessablePayload(`no source named ${delivery.source}`)
    const settings = settingsFor(source, isTest ? { investigate: false } : delivery.settings)
    const headers = new Headers(delivery.headers)
    const body = bodyOf(delivery)
    const context = { headers, settings, receivedAt, deliveryId: id }
    const { alerts, changes, errors } = await normalise(source, { ...context, body })
    if (source.scheme === 'sns')
      await followSubscription(openTenant(env.DB, delivery.orgId), delivery, { body, settings, http })
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
      test: alerts.some(({ test }) => test)
        ? {
            at: receivedAt,
            verificationToken: authenticity === 'none' ? null : (source.verificationToken?.(body) ?? null),
          }
        : null,
    }
  } catch (error) {
    return { ok: false, forGood: error instanceof UnprocessablePayload, problem: describeError(error) }
  }
}

/** Read as it was at receipt: a form or a byte order mark is stored as it came. */
function bodyOf({ body, headers }: ClaimedDelivery): unknown {
  if (body === null) throw new UnprocessablePayload('the body is no longer stored')
  const { json } = decodeBody(utf8(body), headers['content-type'] ?? null)
  if (!json.ok) throw new UnprocessablePayload('the body is no JSON')
  return json.body
}

/**
 * Alerts of several deliveries in chunks, in order; a delivery is finished in the chunk with its last alert. A chunk is
 * bounded by number and by size, since D1 takes no value beyond 2 MB.
 */
function* chunksOf(deliveries: readonly ReadDelivery[]): Generator<AlertChunk> {
  let chunk = emptyChunk()
  let size = 0
  for (const delivery of deliveries) {
    for (const [index, alert] of delivery.alerts.entries()) {
      chunk.alerts.push(alert)
      size += JSON.stringify(alert.alert).length
      if (index === delivery.alerts.length - 1) finish(chunk, delivery)
      if (chunk.alerts.length < CHUNK_SIZE && size < CHUNK_CHARACTERS) continue
      yield chunk
      chunk = emptyChunk()
      size = 0
    }
    if (delivery.alerts.length === 0) finish(chunk, delivery)
  }
  if (chunk.alerts.length > 0 || chunk.finished.length > 0) yield chunk
}

const CHUNK_CHARACTERS = 300_000

interface GrowingChunk {
  readonly alerts: IncomingAlert[]
  readonly changes: IncomingChange[]
  readonly finished: AlertChunk['finished'][number][]
}

const emptyChunk = (): GrowingChunk => ({ alerts: [], changes: [], finished: [] })

function finish(chunk: GrowingChunk, { id, changes, errors }: ReadDelivery): void {
  chunk.changes.push(...changes)
  chunk.finished.push({ deliveryId: id, changes: changes.length, errors })
}

/** After a passing fault: later again, and after the last try where a person looks. */
async function giveBack(
  env: Env,
  dispatch: Dispatch,
  deliveries: readonly ClaimedDelivery[],
  problem: string,
): Promise<void> {
  log.warn('ingest.given_back', { deliveries: deliveries.length, problem })
  for (const { id, attempts } of deliveries) {
    const delaySeconds = BACK_OFF[attempts - 1]
    if (delaySeconds === undefined) {
      await dispatch.buryDeliveries([id], 'retries_exhausted', problem)
      continue
    }
    await dispatch.releaseDeliveries([id], Date.now() + delaySeconds * SECOND, problem)
    await env.INGEST.send({ v: 1, deliveryId: id }, { delaySeconds })
  }
}

function groupBy(deliveries: readonly ClaimedDelivery[]): Map<string, ClaimedDelivery[]> {
  const groups = new Map<string, ClaimedDelivery[]>()
  for (const delivery of deliveries) {
    const group = groups.get(delivery.orgId)
    if (group === undefined) groups.set(delivery.orgId, [delivery])
    else group.push(delivery)
  }
  return groups
}
