import { describe, it } from 'vitest'
import { cloudevents } from '../../src/alerts/cloudevents'
import { deliveryKeyOf } from '../../src/alerts/delivery-key'
import { bodyProblem } from '../../src/alerts/normalise'
import { settingsFor } from '../../src/alerts/settings'
import { utf8 } from '../../src/lib/hmac'
import { alertOf, plain, read, receivedAt } from '../support/normalised'

const example = Object(cloudevents.example)
const settings = settingsFor(cloudevents, {})
const attributes = {
  'ce-specversion': '1.0',
  'ce-id': 'a1f0-77',
  'ce-source': '/probes/eu-1',
  'ce-type': 'com.acme.probe.alert.firing',
  'ce-subject': 'checkout-api/http',
  'ce-time': '2026-01-01T10:02:41Z',
}

describe('CloudEvents', () => {
  it('becomes this alert', async ({ expect }) => {
    expect(await read(cloudevents, example)).toEqual({
      alerts: [
        {
          ...plain,
          source: 'cloudevents',
          sourceType: 'cloudevents',
          dedupKey: '/probes/eu-1|checkout-api/http',
          state: 'firing',
          severity: 'critical',
          severityRaw: 'critical',
          title: 'checkout-api 503',
          service: 'checkout-api',
          environment: 'production',
          eventTime: Date.parse('2026-01-01T10:02:41Z'),
          sourceUrl: 'https://probe.example.com/run/77',
          sourceAlertId: 'a1f0-77',
          metadata: {
            eventId: 'a1f0-77',
            eventSource: '/probes/eu-1',
            eventType: 'com.acme.probe.alert.firing',
            subject: 'checkout-api/http',
          },
        },
      ],
      changes: [],
      errors: [],
    })
  })

  it('says the same in binary mode', async ({ expect }) => {
    expect(bodyProblem(cloudevents, example.data, settings, new Headers(attributes))).toBeNull()
    expect(await read(cloudevents, example.data, {}, attributes)).toEqual(await read(cloudevents, example))
    const encoded = { ...attributes, 'ce-subject': 'St%C3%B6rung%20100%' }
    expect((await read(cloudevents, {}, {}, encoded)).alerts[0]?.title).toBe('St%C3%B6rung%20100%')
    const umlaut = { ...attributes, 'ce-subject': 'St%C3%B6rung' }
    expect((await read(cloudevents, {}, {}, umlaut)).alerts[0]?.title).toBe('Störung')
  })

  it('says the same in a batch, where one bad event stops no other', async ({ expect }) => {
    const batch = [example, { ...example, id: undefined }, 'nonsense', { ...example, id: '2', subject: 'b' }]
    expect(bodyProblem(cloudevents, batch, settings)).toBeNull()
    const { alerts, errors } = await read(cloudevents, batch)
    expect(alerts.map(({ seq, dedupKey }) => [seq, dedupKey])).toEqual([
      [0, '/probes/eu-1|checkout-api/http'],
      [3, '/probes/eu-1|b'],
    ])
    expect(errors).toEqual([
      { index: 1, message: 'Missing id' },
      { index: 2, message: 'Missing id' },
    ])
    const many = Array.from({ length: 501 }, () => example)
    await expect(read(cloudevents, many)).rejects.toThrow('more than 500 events')
    expect(await read(cloudevents, [])).toEqual({ alerts: [], changes: [], errors: [] })
  })

  it.for(['id', 'source', 'specversion', 'type'])('requires %s', (name, { expect }) => {
    const refusal = { code: 'validation_failed', message: `Missing ${name}` }
    expect(bodyProblem(cloudevents, { ...example, [name]: null }, settings)).toEqual(refusal)
    const headers = new Headers(attributes)
    if (name === 'specversion') headers.set('ce-specversion', '0.3')
    else headers.delete(`ce-${name}`)
    expect(bodyProblem(cloudevents, {}, settings, headers)).toEqual(refusal)
  })

  it.for([
    [{ state: 'resolved' }, 'x.firing', 'resolved'],
    [{ status: 'acknowledged' }, 'x.firing', 'acknowledged'],
    [{}, 'x.triggered', 'firing'],
    [{}, 'x.opened', 'firing'],
    [{}, 'x.active', 'firing'],
    [{}, 'x.closed', 'resolved'],
    [{}, 'x.recovered', 'resolved'],
    [{}, 'x.ok', 'resolved'],
    [{}, 'x.updated', 'info'],
  ] as const)('with %o and type %s is %s', async ([data, type, state], { expect }) => {
    expect((await alertOf(cloudevents, { ...example, type, data })).state).toBe(state)
  })

  it('is identified by its type without the last segment when it has no subject', async ({ expect }) => {
    expect(await alertOf(cloudevents, { ...example, subject: null, data: {} })).toMatchObject({
      dedupKey: '/probes/eu-1|com.acme.probe.alert',
      title: 'com.acme.probe.alert.firing',
    })
  })

  it('writes a change for a deployment or a change', async ({ expect }) => {
    const data = { job: 'deploy', build: 7, result: 'SUCCESS', service: 'ledger', environment: 'prod' }
    const { alerts, changes } = await read(cloudevents, [
      { ...example, type: 'com.acme.deployment.finished', data },
      { ...example, type: 'com.acme.change.made', data: {} },
    ])
    expect(alerts).toEqual([])
    expect(changes).toMatchObject([
      {
        kind: 'deployment',
        job: 'deploy',
        build: '7',
        result: 'SUCCESS',
        service: 'ledger',
        environment: 'production',
      },
      { kind: 'other', job: 'checkout-api/http', build: 'a1f0-77' },
    ])
  })

  it('is one delivery by source and id in either mode; a batch is one by its bytes', async ({ expect }) => {
    const keyOf = (body: unknown, headers: Record<string, string> = {}) =>
      deliveryKeyOf(cloudevents, {
        headers: new Headers(headers),
        bytes: utf8(JSON.stringify(body)),
        body,
        receivedAt,
        requestId: 'r1',
      })
    expect(await keyOf(example)).toBe('/probes/eu-1|a1f0-77')
    expect(await keyOf({}, attributes)).toBe('/probes/eu-1|a1f0-77')
    expect(await keyOf(example, { 'idempotency-key': 'k' })).toBe('key:k')
    expect(await keyOf([example, example])).toMatch(/^[0-9a-f]{64}:/)
  })
})
