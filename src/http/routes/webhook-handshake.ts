/** The handshake of CloudEvents over HTTP: a sender asks whether it may deliver here. */
import { Hono } from 'hono'
import { cloudevents } from '../../alerts/cloudevents'
import { AppError, notFound } from '../../lib/errors'
import { integrationOf } from '../../services/emulation/integration'
import { endpoint } from '../endpoint'
import type { App } from '../env'
import { receivingPorts } from '../receiving-ports'

export const webhookHandshake = new Hono<App>().options(
  '/api/webhooks/cloudevents/:key',
  endpoint({
    summary: 'Allow a sender of CloudEvents to deliver here',
    who: 'public',
    bucket: null,
    answers: { 200: null },
    errors: ['not_found', 'rate_limited'],
  }),
  async (c) => {
    try {
      await integrationOf(cloudevents, c.req.param('key'), c.var.now, receivingPorts(c))
    } catch (error) {
      const unknown = error instanceof AppError && error.code === 'invalid_token'
      throw unknown ? notFound('Unknown webhook token') : error
    }
    c.header('webhook-allowed-origin', c.req.header('webhook-request-origin') ?? '*')
    c.header('webhook-allowed-rate', '*')
    return c.body(null, 200)
  },
)
