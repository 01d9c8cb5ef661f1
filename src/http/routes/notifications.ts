/** Who is told what: channels, their messages, and what could not be delivered. */
import { Hono } from 'hono'
import { channelPatch, newChannel } from '../../services/notifications/channel-input'
import * as verbs from '../../services/notifications/channels'
import {
  deadQuery,
  listNotifications,
  notificationQuery,
  redriveNotification,
} from '../../services/notifications/deliveries'
import { success } from '../answers/integrations'
import * as answers from '../answers/notifications'
import { endpoint } from '../endpoint'
import { idOf, type App } from '../env'
import { body, query } from '../input'
import { connectorPorts } from '../middleware/tenant'

const ids = { channel_id: { error: 'Invalid channel ID format', code: 'invalid_id' } } as const
const deliveryIds = { delivery_id: { error: 'Invalid delivery ID format', code: 'invalid_id' } } as const
const viewed = { who: 'viewer', bucket: 'default' } as const
const administered = { who: 'admin', bucket: 'default' } as const

export const notifications = new Hono<App>()
  .get(
    '/api/notifications/channels',
    endpoint({
      ...viewed,
      summary: 'Where the organisation is told what happens, and what it can be told',
      answers: { 200: answers.channelList },
    }),
    async (c) => c.json(answers.showChannels(await verbs.listChannels(c.var.ctx))),
  )
  .post(
    '/api/notifications/channels',
    endpoint({
      ...administered,
      summary: "Add a channel; a webhook's secret is shown this once",
      idempotent: true,
      answers: { 201: answers.channelCreated },
      errors: [
        'validation_failed',
        'egress_blocked',
        'already_exists',
        'conflict',
        'provider_not_configured',
      ],
    }),
    body(newChannel),
    async (c) => {
      const made = await verbs.createChannel(c.var.ctx, connectorPorts(c), c.req.valid('json'))
      return c.json({ channel: answers.showChannel(made.channel), secret: made.secret }, 201)
    },
  )
  .get(
    '/api/notifications/channels/:channel_id',
    endpoint({
      ...viewed,
      summary: 'One channel, without its secrets',
      ids,
      answers: { 200: answers.channelAnswer },
      errors: ['invalid_id', 'not_found'],
    }),
    async (c) =>
      c.json({ channel: answers.showChannel(await verbs.readChannel(c.var.ctx, idOf(c, 'channel_id'))) }),
  )
  .patch(
    '/api/notifications/channels/:channel_id',
    endpoint({
      ...administered,
      summary: 'Change a channel; what is not named stays',
      ids,
      answers: { 200: answers.channelAnswer },
      errors: [
        'validation_failed',
        'invalid_id',
        'not_found',
        'egress_blocked',
        'already_exists',
        'conflict',
        'provider_not_configured',
      ],
    }),
    body(channelPatch),
    async (c) => {
      const channel = await verbs.updateChannel(
        c.var.ctx,
        connectorPorts(c),
        idOf(c, 'channel_id'),
        c.req.valid('json'),
      )
      return c.json({ channel: answers.showChannel(channel) })
    },
  )
  .delete(
    '/api/notifications/channels/:channel_id',
    endpoint({
      ...administered,
      summary: 'Remove a channel with its secrets; what still waits is given up',
      ids,
      answers: { 200: success },
      errors: ['invalid_id', 'not_found', 'conflict'],
    }),
    async (c) => {
      await verbs.deleteChannel(c.var.ctx, idOf(c, 'channel_id'))
      return c.json({ success: true as const })
    },
  )
  .post(
    '/api/notifications/channels/:channel_id/rotate-secret',
    endpoint({
      ...administered,
      summary: 'A new signing secret for a webhook; for a day both sign',
      ids,
      answers: { 200: answers.secretRotated },
      errors: ['invalid_id', 'not_found', 'invalid_state', 'conflict', 'provider_not_configured'],
    }),
    async (c) => {
      const rotated = await verbs.rotateSecret(c.var.ctx, connectorPorts(c), idOf(c, 'channel_id'))
      return c.json(answers.showRotated(rotated))
    },
  )
  .post(
    '/api/notifications/channels/:channel_id/test',
    endpoint({
      ...administered,
      summary: 'Send a test message now, once, and say what came of it',
      ids,
      answers: { 200: answers.channelTest },
      errors: ['invalid_id', 'not_found', 'provider_not_configured'],
    }),
    async (c) =>
      c.json(answers.showTest(await verbs.testChannel(c.var.ctx, connectorPorts(c), idOf(c, 'channel_id')))),
  )
  .get(
    '/api/notifications/deliveries',
    endpoint({
      ...viewed,
      summary: 'Messages to channels with their state, newest first',
      answers: { 200: answers.notificationList },
      errors: ['validation_failed'],
    }),
    query(notificationQuery),
    async (c) => c.json(answers.showNotifications(await listNotifications(c.var.ctx, c.req.valid('query')))),
  )
  .get(
    '/api/notifications/dead',
    endpoint({
      ...viewed,
      summary: 'Messages that were given up, newest first',
      answers: { 200: answers.notificationList },
      errors: ['validation_failed'],
    }),
    query(deadQuery),
    async (c) =>
      c.json(
        answers.showNotifications(
          await listNotifications(c.var.ctx, { ...c.req.valid('query'), state: 'dead' }),
        ),
      ),
  )
  .post(
    '/api/notifications/deliveries/:delivery_id/redrive',
    endpoint({
      who: 'editor',
      bucket: 'default',
      summary: 'Try a dead message again, under the same id',
      ids: deliveryIds,
      answers: { 200: answers.notificationAnswer },
      errors: ['invalid_id', 'not_found', 'conflict'],
    }),
    async (c) => {
      const row = await redriveNotification(c.var.ctx, idOf(c, 'delivery_id'))
      return c.json({ delivery: answers.showNotification(row) })
    },
  )
