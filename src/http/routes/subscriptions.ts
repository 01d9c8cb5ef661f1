/** Subscriptions of Amazon SNS topics that wait for an editor. */
import { Hono } from 'hono'
import { confirmSubscription, listSubscriptions } from '../../services/subscriptions'
import { showSubscription, subscriptionAnswer, subscriptionList } from '../answers/subscriptions'
import { endpoint } from '../endpoint'
import { idOf, type App } from '../env'

const integrationId = { error: 'Invalid integration ID format', code: 'invalid_id' } as const

export const subscriptions = new Hono<App>()
  .get(
    '/api/integrations/:integration_id/subscriptions',
    endpoint({
      summary: 'The SNS topics that asked to deliver to a sender',
      who: 'editor',
      bucket: 'default',
      ids: { integration_id: integrationId },
      answers: { 200: subscriptionList },
      errors: ['not_found'],
    }),
    async (c) => {
      const rows = await listSubscriptions(c.var.ctx, idOf(c, 'integration_id'))
      return c.json({ subscriptions: rows.map(showSubscription) })
    },
  )
  .post(
    '/api/integrations/:integration_id/subscriptions/:subscription_id/confirm',
    endpoint({
      summary: 'Allow a topic; its subscription is confirmed in the background',
      who: 'editor',
      bucket: 'default',
      ids: {
        integration_id: integrationId,
        subscription_id: { error: 'Invalid subscription ID format', code: 'invalid_id' },
      },
      answers: { 202: subscriptionAnswer },
      errors: ['not_found'],
    }),
    async (c) => {
      const row = await confirmSubscription(c.var.ctx, idOf(c, 'integration_id'), idOf(c, 'subscription_id'))
      return c.json({ subscription: showSubscription(row) }, 202)
    },
  )
