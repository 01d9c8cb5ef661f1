/** Subscriptions of Amazon SNS topics: confirmed at once where an editor allowed the topic, kept waiting otherwise. */
import type { SourceSettings } from '../alerts/settings'
import { amazonUrl, readSnsMessage } from '../alerts/sns'
import { UnprocessablePayload } from '../alerts/source'
import { notFound } from '../lib/errors'
import { newId } from '../lib/ids'
import { SECOND } from '../lib/time'
import { audit } from '../store/audit'
import { integrationById } from '../store/integrations'
import * as store from '../store/subscriptions'
import type { TenantDb } from '../store/tenant-db'
import { requireRole, type Ctx } from './context'

interface Request {
  readonly id: string
  readonly integrationId: string
  readonly receivedAt: number
  readonly authenticity: 'signature' | 'token' | 'session' | 'none'
}

const VISIT_TIMEOUT = 5 * SECOND

/**
 * What a delivery of SNS says about a subscription, carried out; deliveries about anything else are left alone.
 * @throws when the visit fails: the delivery is then tried again later
 */
export async function followSubscription(
  db: TenantDb,
  delivery: Request,
  {
    body,
    settings,
    http,
  }: {
    readonly body: unknown
    readonly settings: Pick<SourceSettings, 'topicArns'>
    readonly http: typeof fetch
  },
): Promise<void> {
  const message = readSnsMessage(body)
  if (message?.Type !== 'SubscriptionConfirmation' || delivery.authenticity !== 'signature') return
  const allowed = settings.topicArns.includes(message.TopicArn)
  const row = {
    id: newId(delivery.receivedAt),
    integrationId: delivery.integrationId,
    topicArn: message.TopicArn,
    deliveryId: delivery.id,
    requestedAt: delivery.receivedAt,
    confirmedAt: null,
  }
  await store.noteSubscription(db, { ...row, state: allowed ? 'confirming' : 'pending' })
  if (!allowed) return
  const url = amazonUrl(message.SubscribeURL)
  if (url === null) throw new UnprocessablePayload('SubscribeURL is no address of Amazon SNS')
  await visit(http, url)
  await store.noteSubscription(db, { ...row, state: 'confirmed', confirmedAt: Date.now() })
}

async function visit(http: typeof fetch, url: URL): Promise<void> {
  const response = await http(url.href, { redirect: 'manual', signal: AbortSignal.timeout(VISIT_TIMEOUT) })
  await response.body?.cancel()
  if (response.status !== 200) throw new Error(`SNS answered ${response.status} to the confirmation`)
}

/** @throws AppError forbidden, not_found */
export async function listSubscriptions(ctx: Ctx, integrationId: string): Promise<store.SubscriptionRow[]> {
  requireRole(ctx, 'editor')
  const [[integration], rows] = await ctx.db.batch([
    integrationById(ctx.db, integrationId),
    store.subscriptionsOf(ctx.db, integrationId),
  ])
  if (integration === undefined) throw notFound('Integration not found')
  return rows
}

/**
 * Allows the topic and has its subscription confirmed by the consumer. One that is confirmed stays as it is.
 * @throws AppError forbidden, not_found
 */
export async function confirmSubscription(
  ctx: Ctx,
  integrationId: string,
  id: string,
): Promise<store.SubscriptionRow> {
  requireRole(ctx, 'editor')
  const { db, actor, now } = ctx
  const [[integration], [subscription]] = await db.batch([
    integrationById(db, integrationId),
    store.subscriptionById(db, integrationId, id),
  ])
  if (integration === undefined) throw notFound('Integration not found')
  if (subscription === undefined) throw notFound('Subscription not found')
  if (subscription.state === 'confirmed') return subscription
  const { topicArn, deliveryId } = subscription
  await db.batch([
    store.markConfirming(db, id),
    store.allowTopic(db, integrationId, topicArn, now),
    store.processAgain(db, deliveryId),
    audit(db, {
      event: 'integration.confirm_subscription',
      actor: actor.userId,
      subject: integrationId,
      after: { topicArn },
      at: now,
    }),
  ])
  ctx.nudge.delivery(deliveryId)
  return { ...subscription, state: 'confirming' }
}
