/** The PagerDuty Events API v2, for senders that only change the address and the key. */
import { Hono } from 'hono'
import type { Schema } from '../../lib/schema'
import { enqueueChange, enqueueEvent, type EventRequest } from '../../services/emulation/pagerduty-events'
import {
  changeAccepted,
  eventAccepted,
  pagerdutyError,
  pagerdutyRefusal,
  processed,
} from '../answers/pagerduty-events'
import { endpoint } from '../endpoint'
import type { App, AppContext } from '../env'
import { shapedBy } from '../middleware/error-shape'
import { receivingPorts } from '../receiving-ports'

export const pagerdutyEvents = new Hono<App>()

const emulated = (summary: string, answer: Schema) =>
  endpoint({
    summary,
    who: 'public',
    bucket: null,
    anyContentType: true,
    answers: { 202: answer },
    errors: [
      'invalid_json',
      'validation_failed',
      'invalid_token',
      'not_found',
      'rate_limited',
      'unavailable',
    ],
    refusal: pagerdutyRefusal,
  })

for (const base of ['', '/api/webhooks/events'])
  pagerdutyEvents.post(
    `${base}/v2/enqueue`,
    shapedBy(pagerdutyError),
    emulated('PagerDuty Events v2: trigger, acknowledge or resolve', eventAccepted),
    async (c) => {
      const dedupKey = await enqueueEvent(requestOf(c), receivingPorts(c))
      return c.json({ ...processed, dedup_key: dedupKey }, 202)
    },
  )

pagerdutyEvents.post(
  '/v2/change/enqueue',
  shapedBy(pagerdutyError),
  emulated('PagerDuty Events v2: record a change', changeAccepted),
  async (c) => {
    await enqueueChange(requestOf(c), receivingPorts(c))
    return c.json(processed, 202)
  },
)

const requestOf = (c: AppContext): EventRequest => ({
  headers: c.req.raw.headers,
  bytes: c.var.bytes,
  receivedAt: c.var.now,
})
