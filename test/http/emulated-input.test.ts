import * as fc from 'fast-check'
import { describe, it } from 'vitest'
import { alertmanagerApi } from '../../src/alerts/alertmanager-api'
import { opsgenieApi } from '../../src/alerts/opsgenie-api'
import { pagerdutyEvents } from '../../src/alerts/pagerduty-events'
import { api } from '../support/api'
import { anOrg } from '../support/org'

async function keyOf(source: string): Promise<string> {
  const org = await anOrg()
  return (await org.post('/api/integrations', { source, name: 'Sender' })).body.ingestToken
}

const member = (example: object) =>
  fc
    .tuple(fc.constantFrom(...Object.keys(example)), fc.jsonValue({ maxDepth: 3 }))
    .map(([key, value]) => ({ ...example, [key]: value }))
const runs = { numRuns: 60 }

describe('hostile input', () => {
  it('is never the fault of the Events API', async ({ expect }) => {
    const key = await keyOf('pagerduty_events')
    const example = Object(pagerdutyEvents.example)
    const event = fc.oneof(
      member(example),
      member(example.payload).map((payload) => ({ ...example, payload })),
      fc.jsonValue(),
    )
    await fc.assert(
      fc.asyncProperty(event, async (value) => {
        const sent = typeof value === 'object' && value !== null ? { ...value, routing_key: key } : value
        const { status, body } = await api().post('/v2/enqueue', JSON.stringify(sent))
        expect([202, 400]).toContain(status)
        expect(typeof body.message).toBe('string')
      }),
      runs,
    )
  })

  it('is never the fault of the Alertmanager API', async ({ expect }) => {
    const authorization = `Bearer ${await keyOf('alertmanager_api')}`
    const [example] = Object(alertmanagerApi.example)
    const body = fc.oneof(
      fc.array(fc.oneof(member(example), fc.jsonValue()), { maxLength: 4 }),
      fc.jsonValue(),
    )
    await fc.assert(
      fc.asyncProperty(body, async (value) => {
        const { status } = await api().post('/api/v2/alerts', JSON.stringify(value), { authorization })
        expect([200, 400]).toContain(status)
      }),
      runs,
    )
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'grapheme' }), async (filter) => {
        const path = `/api/v2/alerts?filter=${encodeURIComponent(filter)}`
        expect([200, 400]).toContain((await api().get(path, { authorization })).status)
      }),
      runs,
    )
  })

  it('is never the fault of the Alerts API', async ({ expect }) => {
    const authorization = `GenieKey ${await keyOf('opsgenie_api')}`
    const { body: example } = Object(opsgenieApi.example)
    await fc.assert(
      fc.asyncProperty(fc.oneof(member(example), fc.jsonValue()), async (value) => {
        const { status, body } = await api().post('/v2/alerts', JSON.stringify(value), { authorization })
        expect([202, 422]).toContain(status)
        expect(typeof body.requestId).toBe('string')
      }),
      runs,
    )
    const identifier = fc.oneof(
      fc.constantFrom('%00', '%E0%A4%A', '%2F', '-1', '99999999999999999999', 'a'.repeat(2000)),
      fc
        .string({ unit: 'grapheme', minLength: 1 })
        // A URL has no segment of dots: its parser walks up on them.
        .filter((name) => !/^\.{1,2}$/.test(name))
        .map(encodeURIComponent),
    )
    const type = fc.constantFrom('id', 'alias', 'tiny', 'other', '')
    await fc.assert(
      fc.asyncProperty(identifier, type, async (name, kind) => {
        const path = `/v2/alerts/${name}`
        const query = `?identifierType=${kind}`
        expect((await api().get(path + query, { authorization })).status).toBe(404)
        const closed = await api().post(`${path}/close${query}`, {}, { authorization })
        expect([202, 404]).toContain(closed.status)
      }),
      runs,
    )
  })

  it('may be nested without end, at any sender', async ({ expect }) => {
    const levels = 50_000
    const deep = '['.repeat(levels) + ']'.repeat(levels)
    const bearerOf = async (source: string) => ({ authorization: `Bearer ${await keyOf(source)}` })
    const genie = { authorization: `GenieKey ${await keyOf('opsgenie_api')}` }
    const answers = [
      await api().post('/v2/enqueue', `{"routing_key":${deep},"event_action":"trigger"}`),
      await api().post('/v2/change/enqueue', `{"routing_key":"x","payload":{"summary":${deep}}}`),
      await api().post('/api/v2/alerts', `[{"labels":{"a":${deep}}}]`, await bearerOf('alertmanager_api')),
      await api().post('/v2/alerts', `{"message":${deep}}`, genie),
      await api().post('/v2/alerts/x/notes', `{"note":${deep}}`, genie),
      await api().post('/api/webhooks/datadog', `{"id":${deep}}`, await bearerOf('datadog')),
      await api().post(
        '/api/webhooks/splunk',
        `{"sid":"s","result":{"a":${deep}}}`,
        await bearerOf('splunk'),
      ),
      await api().post('/api/webhooks/generic', `{"title":${deep}}`, await bearerOf('generic')),
    ]
    expect(answers.map(({ status }) => status)).toEqual([400, 400, 400, 422, 422, 400, 400, 400])
  })
})
