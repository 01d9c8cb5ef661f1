/** Notifications: the queue's message for an organisation that has some to send, and what the sweep does for them. */
import { log } from '../lib/log'
import { kidOf, rewrap } from '../lib/seal'
import { SECOND } from '../lib/time'
import { channelPlace } from '../services/notifications/access'
import { deliverDue } from '../services/notifications/deliver'
import { openDatabase, type Database } from '../store/db'
import {
  anyNotificationWaits,
  channelsUnder,
  organisationsToNotify,
  resealChannel,
} from '../store/notification-dispatch'
import { backgroundPorts } from './connectors'
import { notificationMessage, notificationMessageSchema } from './messages'

const RETRY_SECONDS = 10
/** Tries that lie further ahead are the sweep's. */
const SOON = 300
/** What nobody was told of, the sweep tells. */
const OVERDUE = 15 * SECOND
const ROUND = 100

/** Handles a message about notifications, and says whether it was one. Never throws. */
export async function consumeNotifications(message: Message, env: Env): Promise<boolean> {
  const parsed = notificationMessageSchema.safeParse(message.body)
  if (!parsed.success) return false
  try {
    const ports = backgroundPorts(env)
    const next = await deliverDue(ports.tenant(parsed.data.org_id), ports, Date.now)
    const delaySeconds = next === null ? null : Math.max(0, Math.ceil((next - Date.now()) / SECOND))
    if (delaySeconds !== null && delaySeconds <= SOON)
      await env.JOBS.send(notificationMessage(parsed.data), { delaySeconds })
    message.ack()
  } catch (error) {
    log.error('notification.failed', error, { orgId: parsed.data.org_id })
    message.retry({ delaySeconds: RETRY_SECONDS })
  }
  return true
}

/** The notifications' part of a sweep; answers whether to come back. A failure of theirs stops nobody else. */
export async function sweepNotifications(env: Env, now: number): Promise<boolean> {
  const database = openDatabase(env.DB)
  try {
    for (const org_id of await organisationsToNotify(database, now - OVERDUE, ROUND))
      await env.JOBS.send(notificationMessage({ org_id }))
    await renewKeys(env, database)
    return await anyNotificationWaits(database)
  } catch (error) {
    log.error('sweep.notifications_failed', error)
    return true
  }
}

/** Moves data keys from the previous master to the current one; the ciphertexts stay as they are. */
async function renewKeys(env: Env, database: Database): Promise<void> {
  const ports = backgroundPorts(env)
  if (ports.setting('CONNECTOR_MASTER_KEY_PREVIOUS') === null) return
  const masters = await ports.masters()
  const previous = masters.readable.find(({ kid }) => kid !== masters.current.kid)
  if (previous === undefined) return
  for (const { sealed, ...channel } of await channelsUnder(database, previous.kid, ROUND)) {
    if (sealed === null || kidOf(sealed) !== previous.kid) continue
    const renewed = await rewrap(masters, channelPlace(channel), sealed)
    if (renewed.ok) await resealChannel(database, { id: channel.id, sealed }, renewed.sealed)
  }
}
