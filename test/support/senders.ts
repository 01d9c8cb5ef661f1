/** Monitoring tools of an organisation: their integrations, deliveries and signatures. */
import { env } from 'cloudflare:workers'
import { vi } from 'vitest'
import { hmacSha256Hex } from '../../src/lib/hmac'
import { newId } from '../../src/lib/ids'
import { api } from './api'
import type { Org } from './org'

/** A sender made through the API: `{ id, token, url }`. */
export async function aSender(org: Org, source: string, settings: Readonly<Record<string, unknown>> = {}) {
  const answer = await org.post('/api/integrations', { source, name: newId(), settings })
  if (answer.status !== 201) throw new Error(`no integration: ${answer.text}`)
  const id: string = answer.body.integration.id
  const token: string = answer.body.ingestToken
  return { id, token, url: `/api/webhooks/${source}/${token}` }
}

/** A delivery of Grafana with one alert; each is different from all others. */
export const grafanaBody = (service = 'checkout', fingerprint = newId()) => ({
  status: 'firing',
  alerts: [
    {
      status: 'firing',
      labels: { alertname: 'HighErrorRate', service, severity: 'critical' },
      annotations: { summary: '5xx above 5%' },
      fingerprint,
    },
  ],
})

export const sign = (secret: string, text: string): Promise<string> => hmacSha256Hex(secret, text)

export const deliver = (path: string, body: unknown, headers: Readonly<Record<string, string>> = {}) =>
  api().post(path, body, headers)

interface StoredDelivery {
  readonly id: string
  readonly state: string
  readonly authenticity: string
  readonly reason: string | null
  readonly headers: string
  readonly integration_id: string
  readonly outcome: string | null
}

export async function deliveryRow(id: string): Promise<StoredDelivery> {
  const row = await env.DB.prepare('SELECT * FROM ingest_deliveries WHERE id = ?')
    .bind(id)
    .first<StoredDelivery>()
  if (row === null) throw new Error(`no delivery ${id}`)
  return row
}

/** Waits until the queue has brought it there. */
export const deliveryBecomes = (id: string, state: string) =>
  vi.waitUntil(async () => (await deliveryRow(id)).state === state, { timeout: 8000, interval: 20 })
