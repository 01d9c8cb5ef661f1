/** The sweep: finds what got stuck and sends it on its way again. Each round is bounded; the next one does the rest. */
import { log } from '../lib/log'
import { DAY, MINUTE, SECOND } from '../lib/time'
import { openDatabase } from '../store/db'
import { Dispatch } from '../store/dispatch'
import { organizationsToldSince, pruneFeed } from '../store/feed'
import { anyWindow, organizationsWithWindows } from '../store/maintenance-windows'
import { sweepConnections } from './connectors'
import { keepHouse } from './housekeeping'
import { forgetOld } from './retention'
import { ingestMessage, jobMessage } from './messages'
import { sweepNotifications } from './notifications'

const ROUND = 100
const FEED_KEPT = DAY
const JOINS_OVERDUE = 30 * SECOND

/** One round; answers whether anything is still under way. */
export async function sweep(env: Env, now: number): Promise<boolean> {
  const dispatch = new Dispatch(env.DB)
  const database = openDatabase(env.DB)
  const deliveries = await dispatch.stuckDeliveries(now, ROUND)
  const runs = await dispatch.stuckRuns(now, ROUND)
  const effects = await dispatch.dueEffects(now, ROUND)
  const expiring = await dispatch.organisationsWithExpiredAlerts(now)
  // Those whose correlator lost its alarm, or could not write when it rang.
  const joined = await dispatch.organisationsWithJoinsDue(now - JOINS_OVERDUE)
  const told = await organizationsToldSince(database, now - 2 * MINUTE)
  // First of all what somebody waits for: no trouble with the housekeeping may hold it up.
  const windows = await organizationsWithWindows(database, now)

  const runIds = new Set([
    ...runs,
    ...effects.flatMap(({ payload }) => (typeof payload['runId'] === 'string' ? [payload['runId']] : [])),
  ])
  await settle([
    ...deliveries.map((deliveryId) => env.INGEST.send(ingestMessage({ deliveryId }))),
    ...[...runIds].map((runId) => env.JOBS.send(jobMessage({ runId }))),
    ...expiring.map((orgId) => env.CORRELATOR.getByName(orgId).expire(orgId)),
    ...joined.map((orgId) => env.CORRELATOR.getByName(orgId).flushJoins(orgId)),
    ...windows.map((orgId) => env.CORRELATOR.getByName(orgId).tendWindows(orgId)),
    ...told.map((orgId) => env.FEED.getByName(orgId).publish()),
  ])

  await pruneFeed(database, now - FEED_KEPT)
  await forgetOld(env.DB, now)
  const untidy = await keepHouse(env, effects, now)
  const waiting = await sweepConnections(env, now)
  const unsent = await sweepNotifications(env, now)

  if (deliveries.length + runIds.size + expiring.length > 0)
    log.info('sweep.sent', { deliveries: deliveries.length, runs: runIds.size, expiring: expiring.length })
  return untidy || waiting || unsent || (await anyWindow(database)) || (await dispatch.somethingPending())
}

async function settle(sends: readonly Promise<unknown>[]): Promise<void> {
  for (const result of await Promise.allSettled(sends))
    if (result.status === 'rejected') log.error('sweep.send_failed', result.reason)
}
