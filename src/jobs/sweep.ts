/** The sweep: finds what got stuck and sends it on its way again. Each round is bounded; the next one does the rest. */
import { log } from '../lib/log'
import { DAY, MINUTE } from '../lib/time'
import { openDatabase } from '../store/db'
import { Dispatch } from '../store/dispatch'
import { organizationsToldSince, pruneFeed } from '../store/feed'
import { ingestMessage, jobMessage } from './messages'

const ROUND = 100
const FEED_KEPT = DAY

/** One round; answers whether anything is still under way. */
export async function sweep(env: Env, now: number): Promise<boolean> {
  const dispatch = new Dispatch(env.DB)
  const database = openDatabase(env.DB)
  const deliveries = await dispatch.stuckDeliveries(now, ROUND)
  const runs = await dispatch.stuckRuns(now, ROUND)
  const effects = await dispatch.dueEffects(now, ROUND)
  const expiring = await dispatch.organisationsWithExpiredAlerts(now)
  const told = await organizationsToldSince(database, now - 2 * MINUTE)
  await pruneFeed(database, now - FEED_KEPT)

  const runIds = new Set([
    ...runs,
    ...effects.flatMap(({ payload }) => (typeof payload['runId'] === 'string' ? [payload['runId']] : [])),
  ])
  await settle([
    ...deliveries.map((deliveryId) => env.INGEST.send(ingestMessage({ deliveryId }))),
    ...[...runIds].map((runId) => env.JOBS.send(jobMessage({ runId }))),
    ...expiring.map((orgId) => env.CORRELATOR.getByName(orgId).expire(orgId)),
    ...told.map((orgId) => env.FEED.getByName(orgId).publish()),
  ])
  if (deliveries.length + runIds.size + expiring.length > 0)
    log.info('sweep.sent', { deliveries: deliveries.length, runs: runIds.size, expiring: expiring.length })
  return dispatch.somethingPending()
}

async function settle(sends: readonly Promise<unknown>[]): Promise<void> {
  for (const result of await Promise.allSettled(sends))
    if (result.status === 'rejected') log.error('sweep.send_failed', result.reason)
}
