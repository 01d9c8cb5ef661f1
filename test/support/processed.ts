import { createMessageBatch } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { vi } from 'vitest'
import { consumeIngest } from '../../src/jobs/ingest'

interface Delivery {
  readonly state: string
  readonly authenticity: string
  readonly attempts: number
  readonly last_error: string | null
  readonly outcome: string | null
}

const deliveryOf = (id: string) =>
  env.DB.prepare('SELECT * FROM ingest_deliveries WHERE id = ?').bind(id).first<Delivery>()

/** Lets the queue's consumer work once on this delivery; answers its row. */
export async function consume(deliveryId: string, http?: typeof fetch) {
  const messages = [{ id: 'm1', timestamp: new Date(), attempts: 1, body: { v: 1, deliveryId } }]
  await consumeIngest(createMessageBatch('aurora-ingest', messages), env, http)
  return deliveryOf(deliveryId)
}

/** Waits for the end of a delivery, whoever works on it. */
export async function processed(deliveryId: string) {
  await consume(deliveryId)
  return vi.waitUntil(
    async () => {
      const row = await deliveryOf(deliveryId)
      return row?.state === 'processed' || row?.state === 'dead' ? row : null
    },
    { timeout: 10_000, interval: 5 },
  )
}
