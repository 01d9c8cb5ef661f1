/** The ingest queue: claims deliveries, normalises them and hands the alerts to their organisation's correlator. */
import type { SourceSettings } from '../alerts/settings'
import { describeError, log } from '../lib/log'
import { SECOND } from '../lib/time'
import { processingDatabase } from '../store/debug-ingest'
import { Dispatch, type ClaimedDelivery } from '../store/dispatch'
import { chunksOf } from './alert-chunks'
import { ingestMessage, ingestMessageSchema } from './messages'
import { readDelivery, type ReadDelivery } from './read-delivery'

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
