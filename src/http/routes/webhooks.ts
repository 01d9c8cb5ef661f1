/** Where monitoring tools post: one canonical path, and the paths that the original's senders already use. */
import { Hono } from 'hono'
import type * as z from 'zod'
import { findSource, sources } from '../../alerts'
import type { AlertSource } from '../../alerts/source'
import { AppError, notFound } from '../../lib/errors'
import { gateName, windowsOf } from '../../lib/limits'
import { log } from '../../lib/log'
import { readMasters } from '../../lib/seal-masters'
import { unavailable } from '../../lib/errors'
import { receiveDelivery, type Received } from '../../services/receive-delivery'
import type { Sender } from '../../services/resolve-sender'
import { received } from '../answers/webhooks'
import { endpoint } from '../endpoint'
import type { App, AppContext } from '../env'
import { countAttempt } from '../middleware/gate'
import { nudges, receivingOf } from '../middleware/tenant'
import { senderFromHeaders, senderFromKey } from '../webhook-sender'

type Family = 'canonical' | 'A' | 'B' | 'C' | 'D'

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
      'not_found',
      'payload_too_large',
      'rate_limited',
      'unavailable',
    ],
  })

webhooks.on(
  ['POST', 'PUT'],
  '/api/webhooks/:source/:key',
  webhook('Receive a delivery of a monitoring tool'),
  (c) => receive(c, sourceAt(c), 'canonical', c.req.param('key')),
)
webhooks.on(['POST', 'PUT'], '/api/webhooks/:source', webhook('The same, with the token in a header'), (c) =>
  receive(c, sourceAt(c), 'B', null),
)
for (const source of sources)
  for (const { path, family } of source.aliases ?? [])
    webhooks.on(
      ['POST', ...(source.extraMethods ?? [])],
      path.replace('{key}', ':key'),
      webhook(`The original's path for ${source.displayName}`),
      (c) => receive(c, source, family, c.req.param('key') ?? null),
    )

/** The source of a canonical path; a method that it does not use is refused. */
function sourceAt(c: AppContext): AlertSource {
  const source = findSource(c.req.param('source') ?? '')
  if (source === null) throw notFound('Unknown source')
  if (c.req.method !== 'POST' && !(source.extraMethods ?? []).includes(c.req.method))
    throw new AppError('method_not_allowed', 'Method not allowed', { headers: { allow: 'POST' } })
  return source
}

async function receive(
  c: AppContext,
  source: AlertSource,
  family: Family,
  key: string | null,
): Promise<Response> {
  const sender: Sender =
    key === null ? await senderFromHeaders(c, source) : senderFromKey(c, key, family === 'A')
  const answer = await receiveDelivery(
    {
      sourceSlug: source.slug,
      sender,
      headers: c.req.raw.headers,
      bytes: c.var.bytes,
      receivedAt: c.var.now,
    },
    {
      receiving: receivingOf(c),
      masters: async () => {
        const read = await readMasters(c.env)
        if (!read.ok) throw unavailable(new Error(read.problem))
        return read.masters
      },
      count: (gate) => countDelivery(c, gate),
      nudge: nudges(c).delivery,
    },
  )
  return c.json(shown(answer), family === 'canonical' ? 202 : 200)
}

/** Counts the delivery; a gate that cannot be reached lets it through, since losing an alert is worse. */
async function countDelivery(c: AppContext, gate: string): Promise<void> {
  try {
    await countAttempt(c, gateName.integration(gate), windowsOf(c.env, 'integration'))
  } catch (error) {
    if (error instanceof AppError && error.code === 'rate_limited')
      throw new AppError('rate_limited', 'Rate limit exceeded', { headers: { 'retry-after': '1' } })
    log.error('webhook.gate_unreachable', error, { requestId: c.var.requestId })
  }
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
