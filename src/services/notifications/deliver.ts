/** Sends what waits: claimed before it is sent, settled afterwards, tried again with growing pauses, and given up in the end. */
import { newId } from '../../lib/ids'
import { log } from '../../lib/log'
import { HOUR, MINUTE, SECOND } from '../../lib/time'
import {
  claimNotifications,
  nextNotification,
  settleNotification,
  type ClaimedNotification,
} from '../../store/notifications'
import type { TenantDb } from '../../store/tenant-db'
import type { Ports } from '../connectors/ports'
import { sendTo, type Sent } from './send'

/** The pauses after the first, second ... failed try: about 45 hours in all. */
const PAUSES = [
  10 * SECOND,
  MINUTE,
  5 * MINUTE,
  30 * MINUTE,
  2 * HOUR,
  6 * HOUR,
  12 * HOUR,
  24 * HOUR,
] as const
const TRIES = PAUSES.length + 1
/** A try takes twenty seconds at most; one that is not settled by then has died. */
const LEASE = 2 * MINUTE
const AT_ONCE = 10
const ROUNDS = 20
const SETTLE_TRIES = 3

/**
 * Sends all that is due of an organisation, in order for each incident and channel. Answers when the next try is due, ms;
 * null when nothing waits.
 *
 * Whoever dies between sending and settling leaves a message that will be sent again, under the same id.
 */
export async function deliverDue(db: TenantDb, ports: Ports, now: () => number): Promise<number | null> {
  for (let round = 0; round < ROUNDS; round++) {
    const owner = newId(now())
    const claimed = await claimNotifications(db, {
      owner,
      now: now(),
      until: now() + LEASE,
      limit: AT_ONCE,
    })
    await Promise.all(claimed.map((one) => deliver(db, ports, one, owner, now)))
    if (claimed.length === 0) break
  }
  return nextNotification(db)
}

async function deliver(
  db: TenantDb,
  ports: Ports,
  row: ClaimedNotification,
  owner: string,
  now: () => number,
): Promise<void> {
  const sent: Sent =
    row.attempts > TRIES
      ? { kind: 'refused', status: null, error: 'The last try did not come to an end' }
      : await attempt(() => sendTo(db, ports, row.channel, row, now()))
  const settled = settlementOf(sent, row.attempts, now())
  await persistently(() => settleNotification(db, { id: row.id, owner }, settled))
  log.info('notification.tried', {
    kind: row.channel.kind,
    event: row.event,
    state: settled.state,
    attempt: row.attempts,
  })
}

/** Trouble of our own is no reason to give a message up, nor to keep the others back. */
async function attempt(send: () => Promise<Sent>): Promise<Sent> {
  try {
    return await send()
  } catch (error) {
    log.error('notification.not_sent', error)
    return { kind: 'later', status: null, error: 'It could not be sent from here', afterSeconds: 0 }
  }
}

/** How a row stands after its n-th try. */
export function settlementOf(sent: Sent, attempts: number, now: number) {
  if (sent.kind === 'sent')
    return { state: 'sent' as const, lastStatus: sent.status, lastError: sent.note, doneAt: now }
  const pause = sent.kind === 'later' ? PAUSES[attempts - 1] : undefined
  const failed = { lastStatus: sent.status, lastError: sent.error }
  if (sent.kind === 'refused' || pause === undefined)
    return { ...failed, state: 'dead' as const, doneAt: now }
  return {
    ...failed,
    state: 'pending' as const,
    doneAt: null,
    nextAt: now + Math.max(pause, sent.afterSeconds * SECOND),
  }
}

/** The message is out: a database that stumbles now must not make it go out again. */
async function persistently(work: () => PromiseLike<unknown>): Promise<void> {
  for (let attempt = 1; ; attempt++)
    try {
      await work()
      return
    } catch (error) {
      if (attempt === SETTLE_TRIES) throw error
    }
}
