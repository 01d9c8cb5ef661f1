import { describe, it } from 'vitest'
import { datadog } from '../../src/alerts/datadog'
import { deliveryKeyOf } from '../../src/alerts/delivery-key'
import { utf8 } from '../../src/lib/hmac'
import { alertOf, plain, read, receivedAt } from '../support/normalised'

const defaults = datadog.otherExamples?.[0]
const link = 'https://app.datadoghq.com/monitors/1234567?from_ts=1767261150000'
const query = 'avg(last_5m):p95:trace.http.request.duration{service:checkout-api,env:production} > 2'

const state = async (body: object) => (await alertOf(datadog, { alert_cycle_key: 'c1', ...body })).state
const severity = async (body: object) => {
  const alert = await alertOf(datadog, { alert_cycle_key: 'c1', ...body })
  return [alert.severity, alert.severityRaw]
}
const key = async (body: object) => (await alertOf(datadog, body)).dedupKey

describe('Datadog', () => {
  it('in the offered template becomes this alert', async ({ expect }) => {
    expect(await read(datadog, datadog.example)).toEqual({
      alerts: [
        {
          ...plain,
          source: 'datadog',
          sourceType: 'datadog',
          dedupKey: '9f1c2d7e0a5b4c88',
          state: 'firing',
          severity: 'high',
          severityRaw: 'P2',
          title: 'p95 latency high on checkout-api',
          description: 'p95 above 2s',
          service: 'checkout-api',
          environment: 'production',
          startsAt: 1767261750000,
          firedAt: 1767261750000,
          eventTime: 1767261755000,
          sourceUrl: link,
          labels: { service: 'checkout-api', env: 'production', team: 'payments' },
          metadata: {
            alertId: '1234567',
            alertUrl: link,
            message: '%%% p95 above 2s %%%',
            metric: 'trace.http.request.duration',
            priority: 'P2',
            query,
            tags: 'env:production,monitor,service:checkout-api,team:payments',
          },
          sourceAlertId: '1234567',
        },
      ],
      changes: [],
      errors: [],
    })
  })

  it("in the vendor's own template becomes this alert", async ({ expect }) => {
    expect(await read(datadog, defaults)).toEqual({
      alerts: [
        {
          ...plain,
          source: 'datadog',
          sourceType: 'datadog',
          dedupKey: 'p95 latency high|service:checkout-api',
          state: 'firing',
          severity: 'unknown',
          severityRaw: null,
          title: 'p95 latency high',
          description: 'p95 latency was above 2s',
          service: 'checkout-api',
          startsAt: 1767261750000,
          firedAt: 1767261750000,
          eventTime: 1767261755000,
          labels: { service: 'checkout-api' },
          metadata: { message: 'p95 latency was above 2s' },
          sourceAlertId: '7423981120394857124',
        },
      ],
      changes: [],
      errors: [],
    })
  })

  it('fires, recovers and informs by its transition', async ({ expect }) => {
    const firing = [
      'Triggered',
      'Re-Triggered',
      'Warn',
      'Re-Warn',
      'No Data',
      'Re-No Data',
      'Renotify',
      'warn',
    ]
    for (const word of firing)
      expect([word, await state({ alert_transition: word })]).toEqual([word, 'firing'])
    for (const word of ['Recovered', 'Warn Recovered', 'No Data Recovered'])
      expect([word, await state({ alert_transition: word, alert_type: 'error' })]).toEqual([word, 'resolved'])
  })

  it('falls back to the bracket of its title, then to its type', async ({ expect }) => {
    expect(await state({ title: '[Recovered on {host:a}] x', alert_type: 'error' })).toBe('resolved')
    expect(await state({ alert_transition: '$ALERT_TRANSITION', title: '[P1] [Warn on {host:a}] x' })).toBe(
      'firing',
    )
    expect(await state({ alert_title: 'x', event_title: '[Re-Triggered] x' })).toBe('firing')
    const types = {
      error: 'firing',
      warning: 'firing',
      success: 'resolved',
      info: 'info',
      user_update: 'info',
    }
    for (const [type, expected] of Object.entries(types))
      expect([type, await state({ title: '[team] x', alert_type: type })]).toEqual([type, expected])
    expect(await state({ title: 'Somebody deployed' })).toBe('info')
  })

  it('is identified by cycle, aggregation, monitor and scope, or title and scope', async ({ expect }) => {
    const title = '[Triggered on {host:a}] x'
    expect(await key({ alert_cycle_key: 'c', aggreg_key: 'a', title })).toBe('c')
    expect(await key({ alert_cycle_key: '$ALERT_CYCLE_KEY', aggreg_key: 'a', title })).toBe('a')
    expect(await key({ alert_id: 7, alert_scope: ['host:a', 'env:prod'], title })).toBe('7|host:a,env:prod')
    const trigger = await key({ title: '[Triggered on {host:a}] x' })
    expect(trigger).toBe('x|host:a')
    expect(await key({ title: '[Recovered on {host:a}] x' })).toBe(trigger)
    expect(await key({ title: '[Triggered on {host:b}] x' })).not.toBe(trigger)
  })

  it('is as severe as its priority, its transition or its type', async ({ expect }) => {
    expect(await severity({ alert_priority: 'P1', alert_transition: 'Warn' })).toEqual(['critical', 'P1'])
    expect(await severity({ alert_priority: 'normal', priority: 'p5' })).toEqual(['low', 'p5'])
    expect(await severity({ alert_transition: 'Warn', alert_type: 'error' })).toEqual(['medium', 'Warn'])
    expect(await severity({ alert_transition: 'Re-No Data' })).toEqual(['medium', 'Re-No Data'])
    expect(await severity({ title: '[Warn on {host:a}] x' })).toEqual(['medium', 'Warn'])
    expect(await severity({ alert_type: 'warning' })).toEqual(['medium', 'warning'])
    expect(await severity({ alert_transition: 'Triggered', alert_type: 'error' })).toEqual(['high', 'error'])
    expect(await severity({ alert_transition: 'Triggered' })).toEqual(['unknown', null])
  })

  it('reads tags as text or list, and the host from its own field', async ({ expect }) => {
    const alert = await alertOf(datadog, {
      alert_cycle_key: 'c1',
      title: '[Triggered] 過負荷',
      tags: ['service:checkout-api', 'url:http://a.example:80', 'bare', ' env : prod '],
      hostname: '',
      host: 'web-03',
    })
    expect(alert).toMatchObject({
      title: '過負荷',
      service: 'checkout-api',
      environment: 'production',
      host: 'web-03',
      labels: { service: 'checkout-api', url: 'http://a.example:80', env: 'prod' },
    })
  })

  it('counts variables that were not replaced as absent', async ({ expect }) => {
    const template: unknown = JSON.parse(datadog.templates?.payloadTemplate ?? '')
    const { alerts, errors } = await read(datadog, template)
    expect([alerts, errors]).toEqual([[], []])
  })

  it('survives hundreds of tags and a title that is built to be slow', async ({ expect }) => {
    const tags = Array.from({ length: 500 }, (_, index) => `t${index}:${index}`).join(',')
    const title = `[a${' on a'.repeat(200_000)}`
    const alert = await alertOf(datadog, { alert_cycle_key: 'c1', alert_type: 'error', tags, title })
    expect(Object.keys(alert.labels)).toHaveLength(64)
    expect(alert.title).toHaveLength(500)
  })

  it('is delivered once by its event id, unless that was not replaced', async ({ expect }) => {
    const request = (id: unknown) => ({
      headers: new Headers(),
      bytes: utf8('{}'),
      body: { id },
      receivedAt,
      requestId: 'r1',
    })
    expect(await deliveryKeyOf(datadog, request(742))).toBe('742')
    const hashed = await deliveryKeyOf(datadog, request('$ID'))
    expect(hashed).toMatch(/^[0-9a-f]{64}:\d+$/)
    expect(await deliveryKeyOf(datadog, request(' '))).toBe(hashed)
  })
})
