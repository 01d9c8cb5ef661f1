/** What Slack sends to the app: signed by Slack, answered at once. */
import { Hono } from 'hono'
import * as z from 'zod'
import type { Schema } from '../../lib/schema'
import { AppError } from '../../lib/errors'
import { checkSlackSignature, takeSlackEvent, takeSlackInteraction } from '../../services/connectors/slack'
import { SMALL } from '../connector-endpoint'
import { endpoint } from '../endpoint'
import type { App, AppContext } from '../env'
import { connectorPorts } from '../middleware/tenant'

const signed = (summary: string, answer: Schema) =>
  endpoint({
    summary,
    who: 'public',
    bucket: null,
    maxBodyBytes: SMALL,
    anyContentType: true,
    answers: { 200: answer },
    errors: [
      'invalid_json',
      'validation_failed',
      'invalid_token',
      'payload_too_large',
      'provider_not_configured',
    ],
  })

export const slackEvents = new Hono<App>()
  .post(
    '/slack/events',
    signed("Receive an event of Slack's", z.object({ challenge: z.string().optional() })),
    async (c) => {
      const told = parse(await signedBody(c))
      const challenge = await takeSlackEvent(connectorPorts(c), told, c.var.now)
      return c.json(challenge === null ? {} : { challenge })
    },
  )
  .post(
    '/slack/interactions',
    signed('Receive an interaction of a person in Slack', z.object({})),
    async (c) => {
      const payload = new URLSearchParams(await signedBody(c)).get('payload')
      if (payload === null) throw new AppError('validation_failed', 'Invalid interaction')
      await takeSlackInteraction(connectorPorts(c), parse(payload), c.var.now)
      return c.json({})
    },
  )

/** @throws AppError invalid_token for a body that Slack did not sign just now */
async function signedBody(c: AppContext): Promise<string> {
  const bytes = c.var.bytes ?? new Uint8Array()
  await checkSlackSignature(connectorPorts(c), {
    bytes,
    timestamp: c.req.header('x-slack-request-timestamp') ?? '',
    signature: c.req.header('x-slack-signature') ?? '',
    now: c.var.now,
  })
  return new TextDecoder().decode(bytes)
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new AppError('invalid_json', 'Invalid request body')
  }
}
