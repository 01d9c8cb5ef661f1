import * as z from 'zod'
import { iso, isoOrNull } from '../../lib/time'
import type { listDeliveries, readDelivery } from '../../services/deliveries'
import { maybeTime, time } from './fields'

export const delivery = z.object({
  id: z.uuid(),
  integrationId: z.uuid(),
  source: z.string(),
  state: z.enum(['received', 'processing', 'processed', 'held', 'skipped', 'rejected', 'dead']),
  authenticity: z.enum(['signature', 'token', 'session', 'none']),
  deliveryKey: z.string(),
  receivedAt: time,
  processedAt: maybeTime,
  attempts: z.int(),
  bytes: z.int(),
  bodySha256: z.string(),
  reason: z.string().nullable(),
  lastError: z.string().nullable(),
  /** How many items had which effect, and how many changes were recorded. */
  outcome: z.record(z.string(), z.int()).nullable(),
  errors: z.array(z.object({ index: z.int(), message: z.string() })),
  /** Some items could not be used. */
  partial: z.boolean(),
})

export const deliveryList = z.object({ deliveries: z.array(delivery), nextCursor: z.string().nullable() })

export const deliveryAnswer = z.object({
  delivery: delivery.extend({
    /** Without credentials. */
    headers: z.record(z.string(), z.string()),
    /** As it came for editors, without secrets for viewers; null when it is no longer stored. */
    body: z.string().nullable(),
    alertIds: z.array(z.uuid()),
    incidentIds: z.array(z.uuid()),
  }),
})

export const redriven = z.object({ deliveryId: z.uuid(), state: z.literal('received') })
export const redrivenMany = z.object({ redriven: z.int() })

type Row = Awaited<ReturnType<typeof listDeliveries>>['deliveries'][number]

export const showDelivery = (row: Row): z.infer<typeof delivery> => ({
  id: row.id,
  integrationId: row.integrationId,
  source: row.source,
  state: row.state,
  authenticity: row.authenticity,
  deliveryKey: row.deliveryKey,
  receivedAt: iso(row.receivedAt),
  processedAt: isoOrNull(row.processedAt),
  attempts: row.attempts,
  bytes: row.bytes,
  bodySha256: row.bodySha256,
  reason: row.reason,
  lastError: row.lastError,
  outcome: row.outcome === null ? null : { ...row.outcome },
  errors: (row.errors ?? []).map((error) => ({ ...error })),
  partial: row.partial,
})

export const showDeliveryDetail = (
  read: Awaited<ReturnType<typeof readDelivery>>,
): z.infer<typeof deliveryAnswer> => ({
  delivery: {
    ...showDelivery(read.delivery),
    headers: { ...read.delivery.headers },
    body: read.body,
    alertIds: read.alertIds,
    incidentIds: read.incidentIds,
  },
})
