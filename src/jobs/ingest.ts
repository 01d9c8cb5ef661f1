/** The ingest queue: claims deliveries, normalises them and hands the alerts to their organisation's correlator. */
import { findSource } from '../alerts'
import { TEST_SOURCE, testAlert } from '../alerts/test-alert'
import { normalise } from '../alerts/normalise'
import { settingsFor, type SourceSettings } from '../alerts/settings'
import { UnprocessablePayload, type AlertSource } from '../alerts/source'
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
import { Dispatch, type ClaimedDelivery } from '../store/dispatch'
import { processingDatabase } from '../store/debug-ingest'
import { openTenant } from '../store/tenant-db'
import { ingestMessage, ingestMessageSchema } from './messages'

/** Seconds to wait before the second to the sixth try. */
const BACK_OFF = [5, 15, 45, 135, 405] as const

/** Never throws: a throw would bring back messages that were already acknowledged. */
export async function consumeIngest(
  batch: MessageBatch,
  env: Env,
  http: typeof fetch = fetch,
): Promise<void> {
  const dispatch = new Dispatch(processingDatabase(env.DB))
  const ids = batch.messages.flatMap(({ body }) => {
    const parsed = ingestMessageSchema.safeParse(body)
    return parsed.success ? [parsed.data.deliveryId] : []
  })
  if (ids.length < batch.messages.length)
    log.warn('ingest.unreadable', { messages: batch.messages.length - ids.length })
  if (ids.length === 0) return batch.ackAll()
  try {
    const claimed = await dispatch.claimDeliveries([...new Set(ids)], Date.now())
    await Promise.all(
      [...Map.groupBy(claimed, ({ orgId }) => orgId)].map(([orgId, deliveries]) =>
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
  const readable: Readable[] = []
  const known = new Map<string, SourceSettings>()
  for (const delivery of deliveries) {
    const read = await readDelivery(env, http, dispatch, known, delivery)
    if (read.ok) readable.push({ delivery, read })
    else if (read.forGood) await dispatch.buryDeliveries([delivery.id], 'unprocessable', read.problem)
    else await giveBack(env, dispatch, [delivery], read.problem)
  }
  const first = readable.filter(({ delivery }) => delivery.attempts === 1)
  const again = readable.filter(({ delivery }) => delivery.attempts > 1)
  const failed = await applyTogether(env, orgId, again)
  // Whatever is wrong with one of those that failed before, the others do not wait for it any longer.
  for (const one of failed?.pending ?? []) {
    const alone = await applyTogether(env, orgId, [one])
    if (alone !== null) await giveBack(env, dispatch, [one.delivery], alone.problem)
  }
  const late = await applyTogether(env, orgId, first)
  if (late !== null)
    await giveBack(
      env,
      dispatch,
      late.pending.map(({ delivery }) => delivery),
      late.problem,
    )
}

interface Readable {
  readonly delivery: ClaimedDelivery
  readonly read: ReadDelivery
}

/** Null when all took effect, else those that did not, or not wholly. */
async function applyTogether(
  env: Env,
  orgId: string,
  group: readonly Readable[],
): Promise<{ readonly pending: readonly Readable[]; readonly problem: string } | null> {
  const done = new Set<string>()
  try {
    for (const chunk of chunksOf(group.map(({ read }) => read))) {
      const applied = await env.CORRELATOR.getByName(orgId).apply(orgId, chunk)
      if (!applied.ok) throw new Error(applied.problem)
      for (const { deliveryId } of chunk.finished) done.add(deliveryId)
    }
    return null
  } catch (error) {
    return {
      pending: group.filter(({ delivery }) => !done.has(delivery.id)),
      problem: describeError(error),
    }
  }
}

interface ReadDelivery {
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
async function readDelivery(
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
  for (const [attempts, group] of Map.groupBy(deliveries, (delivery) => delivery.attempts)) {
    const ids = group.map(({ id }) => id)
    const delaySeconds = BACK_OFF[attempts - 1]
    if (delaySeconds === undefined) {
      await dispatch.buryDeliveries(ids, 'retries_exhausted', problem)
      continue
    }
    await dispatch.releaseDeliveries(ids, Date.now() + delaySeconds * SECOND, problem)
    await env.INGEST.sendBatch(
      ids.map((deliveryId) => ({ body: ingestMessage({ deliveryId }) })),
      { delaySeconds },
    )
  }
}
