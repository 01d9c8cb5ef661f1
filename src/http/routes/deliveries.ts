/** Deliveries of senders: what came in, what became of it, and sending it on its way again. */
import { Hono } from 'hono'
import {
  deadLetterQuery,
  deliveryQuery,
  listDeadLetters,
  listDeliveries,
  readDelivery,
  redriveDeadLetters,
  redriveDelivery,
  redriveOptions,
  redriveSelection,
} from '../../services/deliveries'
import { ingestSettings, putIngestSettings, readIngestSettings } from '../../services/ingest-settings'
import { previewDelivery, sample, sendTestAlert } from '../../services/try-integration'
import {
  deliveryAnswer,
  deliveryList,
  redriven,
  redrivenMany,
  showDelivery,
  showDeliveryDetail,
} from '../answers/deliveries'
import { previewed, showPreview, testSent } from '../answers/try-integration'
import { endpoint } from '../endpoint'
import { idOf, type App } from '../env'
import { body, query } from '../input'

const ids = { delivery_id: { error: 'Invalid delivery ID format', code: 'invalid_id' } } as const
const integrationIds = {
  integration_id: { error: 'Invalid integration ID format', code: 'invalid_id' },
} as const

export const deliveries = new Hono<App>()
  .get(
    '/api/ingest/deliveries',
    endpoint({
      summary: 'Deliveries, newest first',
      who: 'viewer',
      bucket: 'default',
      answers: { 200: deliveryList },
      errors: ['validation_failed'],
    }),
    query(deliveryQuery),
    async (c) => {
      const page = await listDeliveries(c.var.ctx, c.req.valid('query'))
      return c.json({ ...page, deliveries: page.deliveries.map(showDelivery) })
    },
  )
  .get(
    '/api/ingest/deliveries/:delivery_id',
    endpoint({
      summary: 'One delivery with its body and what it did',
      who: 'viewer',
      bucket: 'default',
      ids,
      answers: { 200: deliveryAnswer },
      errors: ['invalid_id', 'not_found'],
    }),
    async (c) => c.json(showDeliveryDetail(await readDelivery(c.var.ctx, idOf(c, 'delivery_id')))),
  )
  .post(
    '/api/ingest/deliveries/:delivery_id/redrive',
    endpoint({
      summary: 'Process a delivery once more',
      who: 'editor',
      bucket: 'default',
      idempotent: true,
      ids,
      answers: { 202: redriven },
      errors: ['validation_failed', 'invalid_id', 'not_found', 'conflict'],
    }),
    body(redriveOptions),
    async (c) => {
      const deliveryId = idOf(c, 'delivery_id')
      await redriveDelivery(c.var.ctx, deliveryId, c.req.valid('json'))
      return c.json({ deliveryId, state: 'received' as const }, 202)
    },
  )
  .get(
    '/api/ingest/dead-letters',
    endpoint({
      summary: 'Deliveries that were given up',
      who: 'viewer',
      bucket: 'default',
      answers: { 200: deliveryList },
      errors: ['validation_failed'],
    }),
    query(deadLetterQuery),
    async (c) => {
      const page = await listDeadLetters(c.var.ctx, c.req.valid('query'))
      return c.json({ ...page, deliveries: page.deliveries.map(showDelivery) })
    },
  )
  .post(
    '/api/ingest/dead-letters/redrive',
    endpoint({
      summary: 'Process deliveries once more that were given up',
      who: 'editor',
      bucket: 'default',
      idempotent: true,
      answers: { 202: redrivenMany },
      errors: ['validation_failed'],
    }),
    body(redriveSelection),
    async (c) => c.json({ redriven: await redriveDeadLetters(c.var.ctx, c.req.valid('json')) }, 202),
  )
  .get(
    '/api/settings/ingest',
    endpoint({
      summary: 'How long bodies of deliveries are kept',
      who: 'viewer',
      bucket: 'default',
      answers: { 200: ingestSettings },
    }),
    async (c) => c.json(await readIngestSettings(c.var.ctx)),
  )
  .put(
    '/api/settings/ingest',
    endpoint({
      summary: 'Change how long bodies of deliveries are kept',
      who: 'admin',
      bucket: 'default',
      answers: { 200: ingestSettings },
      errors: ['validation_failed', 'conflict'],
    }),
    body(ingestSettings),
    async (c) => c.json(await putIngestSettings(c.var.ctx, c.req.valid('json'))),
  )
  .post(
    '/api/integrations/:integration_id/preview',
    endpoint({
      summary: 'What a payload would become; nothing is stored',
      who: 'viewer',
      bucket: 'default',
      ids: integrationIds,
      answers: { 200: previewed },
      errors: ['validation_failed', 'invalid_id', 'not_found'],
    }),
    body(sample),
    async (c) =>
      c.json(showPreview(await previewDelivery(c.var.ctx, idOf(c, 'integration_id'), c.req.valid('json')))),
  )
  .post(
    '/api/integrations/:integration_id/test',
    endpoint({
      summary: 'Send a test alert the whole way',
      who: 'editor',
      bucket: 'default',
      idempotent: true,
      ids: integrationIds,
      answers: { 202: testSent },
      errors: ['invalid_id', 'not_found'],
    }),
    async (c) => c.json({ deliveryId: await sendTestAlert(c.var.ctx, idOf(c, 'integration_id')) }, 202),
  )
