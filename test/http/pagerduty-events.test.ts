import { env } from 'cloudflare:workers'
import { describe, it } from 'vitest'
import { pagerdutyEvents } from '../../src/alerts/pagerduty-events'
import { api } from '../support/api'
import { anOrg } from '../support/org'
import { processed } from '../support/processed'

const example = Object(pagerdutyEvents.example)
const accepted = (dedup_key: string) => ({ status: 'success', message: 'Event processed', dedup_key })
const invalid = (...errors: readonly string[]) => ({
  status: 'invalid event',
  message: 'Event object is invalid',
  errors,
})

/** An integration, and a client of the Events API that has its key. */
async function aService() {
  const org = await anOrg()
  const created = await org.post('/api/integrations', { source: 'pagerduty_events', name: 'Probe' })
  const { ingestToken: key, integration } = created.body
  const newest = async () =>
    env.DB.prepare(
      'SELECT id FROM ingest_deliveries WHERE integration_id = ? ORDER BY received_at DESC, id DESC',
    )
      .bind(integration.id)
      .first<{ id: string }>()
  const send = async (event: object, path = '/v2/enqueue') => {
    const { status, body } = await api().post(path, { routing_key: key, ...event })
    const row = status === 202 ? await newest() : null
    if (row !== null) await processed(row.id)
    return { status, body }
  }
  const trigger = (changes: object = {}) => send({ ...example, routing_key: key, ...changes })
  return {
    org,
    key,
    id: integration.id,
    settings: integration.settings,
    send,
    trigger,
    states: async () =>
      (
        await env.DB.prepare('SELECT state FROM alerts WHERE integration_id = ? ORDER BY created_at, id')
          .bind(integration.id)
          .all<{ state: string }>()
      ).results.map(({ state }) => state),
  }
}

describe('the PagerDuty Events API', () => {
  it('has keys as its clients expect them, and no reopening', async ({ expect }) => {
    const { key, settings } = await aService()
    expect(key).toMatch(/^[0-9A-Za-z]{32}$/)
    expect(key.startsWith('R')).toBe(false)
    expect(settings.reopenWindowSeconds).toBe(0)
  })

  it('opens, acknowledges and resolves under one key, and opens anew after that', async ({ expect }) => {
    const { org, send, trigger, states } = await aService()
    const dedup_key = 'checkout-api/5xx/eu-1'
    expect(await trigger()).toEqual({ status: 202, body: accepted(dedup_key) })
    expect(await trigger()).toEqual({ status: 202, body: accepted(dedup_key) })
    expect(await states()).toEqual(['firing'])
    expect(await send({ event_action: 'acknowledge', dedup_key })).toEqual({
      status: 202,
      body: accepted(dedup_key),
    })
    expect(await states()).toEqual(['acknowledged'])
    await send({ event_action: 'resolve', dedup_key })
    expect(await states()).toEqual(['resolved'])
    await trigger()
    expect(await states()).toEqual(['resolved', 'firing'])
    const { body } = await org.get('/api/incidents')
    const titles = body.incidents.map(({ alert }: { alert: { title: string } }) => alert.title)
    expect(new Set(titles)).toEqual(new Set(['checkout-api returns 503 for 8% of requests']))
  })

  it('takes an end of what is not open, and gives a key to what has none', async ({ expect }) => {
    const { send, trigger, states } = await aService()
    expect((await send({ event_action: 'resolve', dedup_key: 'nothing' })).status).toBe(202)
    expect(await states()).toEqual([])
    const keys = [await trigger({ dedup_key: undefined }), await trigger({ dedup_key: '' })].map(
      ({ body }) => body.dedup_key,
    )
    expect(keys).toEqual([expect.stringMatching(/^[0-9a-f]{32}$/), expect.stringMatching(/^[0-9a-f]{32}$/)])
    expect(new Set(keys).size).toBe(2)
    expect(await states()).toEqual(['firing', 'firing'])
    await send({ event_action: 'resolve', dedup_key: keys[0] })
    expect(await states()).toEqual(['resolved', 'firing'])
  })

  it('answers a repeated request with the key of the first', async ({ expect }) => {
    const { key } = await aService()
    const { dedup_key: _, ...event } = example
    const headers = { 'idempotency-key': 'k1' }
    const answers = [1, 2].map(() => api().post('/v2/enqueue', { ...event, routing_key: key }, headers))
    const [first, second] = await Promise.all(answers)
    expect(second?.body).toEqual(first?.body)
  })

  it('never stores the key', async ({ expect }) => {
    const { key, id, trigger } = await aService()
    await trigger()
    const { results } = await env.DB.prepare(
      'SELECT b.body, d.headers FROM ingest_bodies b JOIN ingest_deliveries d ON d.id = b.delivery_id WHERE d.integration_id = ?',
    )
      .bind(id)
      .all()
    expect(results).toHaveLength(1)
    expect(JSON.stringify(results)).not.toContain(key)
  })

  it('says everything that is wrong at once', async ({ expect }) => {
    const { key } = await aService()
    const problems = async (event: unknown) => {
      const { status, body } = await api().post('/v2/enqueue', event)
      expect(status).toBe(400)
      return body
    }
    expect(await problems({ event_action: 'trigger' })).toEqual(
      invalid(
        "'routing_key' is missing or blank",
        "'payload.summary' is missing or blank",
        "'payload.source' is missing or blank",
        "'payload.severity' is missing or blank",
      ),
    )
    const payload = { summary: ' ', source: 'x', severity: 'bad' }
    expect(await problems({ routing_key: 'short', event_action: 'trigger', payload })).toEqual(
      invalid(
        "Length of 'routing_key' is incorrect (should be 32 characters)",
        "'payload.summary' is missing or blank",
        "'payload.severity' is invalid (must be one of the following: 'critical', 'warning', 'error' or 'info')",
      ),
    )
    expect(await problems({ routing_key: key })).toEqual(invalid("'event_action' is missing or blank"))
    expect(await problems({ routing_key: key, event_action: 'snooze' })).toEqual(
      invalid(
        "'event_action' is invalid (must be one of the following: 'trigger', 'acknowledge' or 'resolve')",
      ),
    )
    expect(await problems({ routing_key: key, event_action: 'resolve' })).toEqual(
      invalid("'dedup_key' is missing or blank"),
    )
    expect(await problems({ routing_key: key, event_action: 'resolve', dedup_key: 'x'.repeat(256) })).toEqual(
      invalid("'dedup_key' is too long (maximum is 255 characters)"),
    )
    expect(await problems({ ...example, routing_key: 'x'.repeat(32) })).toEqual(
      invalid("'routing_key' is not known"),
    )
    expect(await problems({ ...example, routing_key: `aw${'0'.repeat(30)}` })).toEqual(
      invalid("'routing_key' is not known"),
    )
  })

  it('refuses what is no JSON object', async ({ expect }) => {
    for (const text of ['', '{', '[]', 'null', '"x"']) {
      const { status, body } = await api().post('/v2/enqueue', text)
      expect([text, status, body]).toEqual([
        text,
        400,
        {
          status: 'Unrecognized object',
          message: 'Event object format is unrecognized',
          errors: ['JSON parse error'],
        },
      ])
    }
    const large = await api().post('/v2/enqueue', 'x'.repeat(1_048_577))
    expect([large.status, large.body]).toEqual([413, invalid('Request body too large')])
  })

  it('has an alias, and keys that mean nothing to another integration or source', async ({ expect }) => {
    const [one, other] = [await aService(), await aService()]
    const alias = await one.send({ ...example, routing_key: one.key }, '/api/webhooks/events/v2/enqueue')
    expect(alias).toEqual({ status: 202, body: accepted('checkout-api/5xx/eu-1') })
    await other.send({ event_action: 'resolve', dedup_key: 'checkout-api/5xx/eu-1' })
    expect(await one.states()).toEqual(['firing'])
    const created = await one.org.post('/api/integrations', { source: 'generic', name: 'Other' })
    const { status, body } = await api().post('/v2/enqueue', {
      ...example,
      routing_key: created.body.ingestToken,
    })
    expect([status, body]).toEqual([400, invalid("'routing_key' is not known")])
  })
})

describe('change events', () => {
  it('are recorded', async ({ expect }) => {
    const { id, send } = await aService()
    const payload = { summary: 'Rolled out 1.2.3', source: 'deployer', custom_details: { service: 'ledger' } }
    const { status, body } = await send({ payload }, '/v2/change/enqueue')
    expect([status, body]).toEqual([202, { status: 'success', message: 'Event processed' }])
    const row = await env.DB.prepare('SELECT * FROM change_events WHERE integration_id = ?').bind(id).first()
    expect(row).toMatchObject({
      kind: 'other',
      job: 'deployer',
      title: 'Rolled out 1.2.3',
      service: 'ledger',
    })
    const refused = await send({ payload: {} }, '/v2/change/enqueue')
    expect([refused.status, refused.body]).toEqual([400, invalid("'payload.summary' is missing or blank")])
  })
})
