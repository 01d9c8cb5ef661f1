/** The ingest queue: claims deliveries, normalises them and hands the alerts to their organisation's correlator. */
import { findSource } from '../alerts'
import { normalise } from '../alerts/normalise'
import { settingsFor } from '../alerts/settings'
import { UnprocessablePayload } from '../alerts/source'
import { describeError, log } from '../lib/log'
import { SECOND } from '../lib/time'
import {
  CHUNK_SIZE,
  type AlertChunk,
  type IncomingAlert,
  type IncomingChange,
} from '../services/correlation/chunk'
import { Dispatch, type ClaimedDelivery } from '../store/dispatch'
import { ingestMessageSchema } from './messages'

/** Seconds to wait before the second to the sixth try. */
const BACK_OFF = [5, 15, 45, 135, 405] as const

/** Never throws: a throw would bring back messages that were already acknowledged. */
export async function consumeIngest(batch: MessageBatch, env: Env): Promise<void> {
  const dispatch = new Dispatch(env.DB)
  const ids = batch.messages.flatMap(({ body }) => {
    const parsed = ingestMessageSchema.safeParse(body)
    return parsed.success ? [parsed.data.deliveryId] : []
  })
  try {
    const claimed = await dispatch.claimDeliveries([...new Set(ids)], Date.now())
    await Promise.all(
      [...groupBy(claimed)].map(([orgId, deliveries]) =>
        processOrganisation(env, dispatch, orgId, deliveries),
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
  dispatch: Dispatch,
  orgId: string,
  deliveries: readonly ClaimedDelivery[],
): Promise<void> {
  const read = await Promise.all(deliveries.map((delivery) => readDelivery(dispatch, delivery)))
  const pending = new Map(deliveries.map((delivery) => [delivery.id, delivery]))
  try {
    for (const chunk of chunksOf(read.filter((one) => one !== null))) {
      const applied = await env.CORRELATOR.getByName(orgId).apply(orgId, chunk)
      if (!applied.ok) throw new Error(applied.problem)
      for (const { deliveryId } of chunk.finished) pending.delete(deliveryId)
    }
  } catch (error) {
    await giveBack(env, dispatch, [...pending.values()], describeError(error))
  }
}

interface ReadDelivery {
  readonly id: string
  readonly alerts: readonly IncomingAlert[]
  readonly changes: readonly IncomingChange[]
  readonly errors: readonly { readonly index: number; readonly message: string }[]
}

/** The canonical records of a delivery; null when it can never be read, which is then said on its row. */
async function readDelivery(dispatch: Dispatch, delivery: ClaimedDelivery): Promise<ReadDelivery | null> {
  const source = findSource(delivery.source)
  try {
    if (source === null) throw new UnprocessablePayload(`no source named ${delivery.source}`)
    if (delivery.body === null) throw new UnprocessablePayload('the body is no longer stored')
    const settings = settingsFor(source, delivery.settings)
    const { alerts, changes, errors } = await normalise(source, {
      headers: new Headers(delivery.headers),
      body: JSON.parse(delivery.body),
      settings,
      receivedAt: delivery.receivedAt,
    })
    const { id, integrationId, receivedAt, authenticity } = delivery
    return {
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
    if (!(error instanceof UnprocessablePayload || error instanceof SyntaxError)) throw error
    await dispatch.buryDeliveries([delivery.id], 'unprocessable', error.message)
    return null
  }
}

/** Alerts of several deliveries in chunks of at most 50, in order; a delivery is finished in the chunk with its last alert. */
function* chunksOf(deliveries: readonly ReadDelivery[]): Generator<AlertChunk> {
  let chunk = emptyChunk()
  for (const delivery of deliveries) {
    for (const [index, alert] of delivery.alerts.entries()) {
      chunk.alerts.push(alert)
      if (index === delivery.alerts.length - 1) finish(chunk, delivery)
      if (chunk.alerts.length < CHUNK_SIZE) continue
      yield chunk
      chunk = emptyChunk()
    }
    if (delivery.alerts.length === 0) finish(chunk, delivery)
  }
  if (chunk.alerts.length > 0 || chunk.finished.length > 0) yield chunk
}

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
