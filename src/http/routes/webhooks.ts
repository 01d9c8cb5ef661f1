/** Where monitoring tools post: one canonical path, and the paths that the original's senders already use. */
import { Hono } from 'hono'
import type * as z from 'zod'
import { findSource, sources } from '../../alerts'
import { settingsFor, type SourceSettings } from '../../alerts/settings'
import type { AlertSource, AnswerChanges, WebhookFamily } from '../../alerts/source'
import { AppError, notFound } from '../../lib/errors'
import { decodeBody } from '../../services/delivery-body'
import { receiveDelivery, type Received } from '../../services/receive-delivery'
import type { Sender } from '../../services/resolve-sender'
import { received } from '../answers/webhooks'
import { endpoint } from '../endpoint'
import type { App, AppContext } from '../env'
import { receivingPorts } from '../receiving-ports'
import { senderFromHeaders, senderFromKey } from '../webhook-sender'

export const webhooks = new Hono<App>()

const webhook = (summary: string) =>
  endpoint({
    summary,
    who: 'public',
    bucket: null,
    anyContentType: true,
    answers: { 200: received, 202: received },
    errors: [
      'invalid_json',
      'validation_failed',
      'invalid_token',
      'forbidden',
      'not_found',
      'method_not_allowed',
      'payload_too_large',
      'rate_limited',
      'unavailable',
    ],
  })

webhooks
  .post('/api/webhooks/:source/:key', webhook('Receive a delivery of a monitoring tool'), (c) =>
    receive(c, knownSource(c), 'canonical', c.req.param('key')),
  )
  .post('/api/webhooks/:source', webhook('The same, with the token in a header'), (c) =>
    receive(c, knownSource(c), 'B', null),
  )
for (const source of sources)
  for (const method of source.extraMethods ?? [])
    webhooks
      .on(
        method,
        `/api/webhooks/${source.slug}/:key`,
        webhook(`Receive a delivery of ${source.displayName}`),
        (c) => receive(c, source, 'canonical', c.req.param('key') ?? ''),
      )
      .on(method, `/api/webhooks/${source.slug}`, webhook('The same, with the token in a header'), (c) =>
        receive(c, source, 'B', null),
      )
for (const source of sources)
  for (const { path, family } of source.aliases ?? [])
    webhooks.on(
      ['POST', ...(source.extraMethods ?? [])],
      path.replace('{key}', ':key'),
      webhook(`The original's path for ${source.displayName}`),
      (c) => receive(c, source, family, c.req.param('key') ?? null),
    )

// After all that a sender may use.
for (const path of ['/api/webhooks/:source/:key', '/api/webhooks/:source'])
  webhooks.all(path, (c, next) => (c.req.method === 'OPTIONS' ? next() : refuseMethod(c)))

/** The source of a canonical path. */
function knownSource(c: AppContext): AlertSource {
  const source = findSource(c.req.param('source') ?? '')
  if (source === null) throw notFound('Unknown source')
  return source
}

function refuseMethod(c: AppContext): never {
  const allow = ['POST', ...(knownSource(c).extraMethods ?? [])].join(', ')
  throw new AppError('method_not_allowed', 'Method not allowed', { headers: { allow } })
}

async function receive(
  c: AppContext,
  source: AlertSource,
  family: WebhookFamily,
  key: string | null,
): Promise<Response> {
  const sender: Sender =
    key === null ? await senderFromHeaders(c, source) : await senderFromKey(c, source, key, family === 'A')
  const answer = await receiveDelivery(
    {
      sourceSlug: source.slug,
      sender,
      headers: c.req.raw.headers,
      bytes: c.var.bytes,
      receivedAt: c.var.now,
    },
    receivingPorts(c),
  )
  if (answer.kind === 'accepted') c.set('isOnRecord', true)
  const changes = answer.kind === 'accepted' ? changesOf(c, source, family, answer.settings) : null
  return c.json(
    { ...shown(answer), ...changes?.members },
    family === 'canonical' ? 202 : (changes?.status ?? 200),
  )
}

/** What the source adds to the answer of a stored delivery. */
function changesOf(
  c: AppContext,
  source: AlertSource,
  family: WebhookFamily,
  settings: SourceSettings = settingsFor(source, {}),
): AnswerChanges | null {
  if (source.answer === undefined || c.var.bytes === null) return null
  const { headers } = c.req.raw
  const { json } = decodeBody(c.var.bytes, headers.get('content-type'))
  return json.ok ? source.answer({ headers, body: json.body }, family, settings) : null
}

function shown(answer: Received): z.infer<typeof received> {
  const { deliveryId } = answer
  switch (answer.kind) {
    case 'accepted':
      return { received: true, deliveryId, duplicate: answer.duplicate }
    case 'held':
      return { received: true, held: true, deliveryId, duplicate: answer.duplicate }
    case 'skipped':
      return { received: true, skipped: true, reason: 'integration_disabled', deliveryId }
  }
}
