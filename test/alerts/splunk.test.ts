import { describe, it } from 'vitest'
import { deliveryKeyOf } from '../../src/alerts/delivery-key'
import { settingsFor } from '../../src/alerts/settings'
import { splunk } from '../../src/alerts/splunk'
import { utf8 } from '../../src/lib/hmac'
import { alertOf, plain, read, receivedAt } from '../support/normalised'

const example = Object(splunk.example)
const sid = 'scheduler__admin__search__RMD5b1f3_at_1767261760_1432'
const withRow = (row: object, rest: object = {}) => ({ ...example, ...rest, result: row })

describe('Splunk', () => {
  it('becomes this alert', async ({ expect }) => {
    const { _time: time, ...labels } = example.result
    expect(time).toBe('1767261760')
    expect(await read(splunk, splunk.example)).toEqual({
      alerts: [
        {
          ...plain,
          source: 'splunk',
          sourceType: 'splunk',
          dedupKey: 'checkout 5xx burst|web-03|checkout-api',
          state: 'firing',
          severity: 'high',
          severityRaw: 'high',
          title: 'checkout 5xx burst',
          service: 'checkout-api',
          environment: 'production',
          host: 'web-03',
          startsAt: 1767261760000,
          firedAt: 1767261760000,
          eventTime: 1767261760000,
          sourceUrl: `https://splunk.example.com/app/search/@go?sid=${sid}`,
          labels,
          metadata: {
            app: 'search',
            owner: 'admin',
            resultsLink: `https://splunk.example.com/app/search/@go?sid=${sid}`,
            fields: example.result,
          },
          sourceAlertId: sid,
        },
      ],
      changes: [],
      errors: [],
    })
  })

  it('is identified by its search and the fields that group it', async ({ expect }) => {
    const key = async (body: object, settings = {}) => (await alertOf(splunk, body, settings)).dedupKey
    expect(await key(withRow({ host: 'a' }))).toBe('checkout 5xx burst|a')
    expect(await key(withRow({}))).toBe('checkout 5xx burst')
    expect(await key(withRow({ host: 'a', shard: 7 }), { groupFields: ['shard'] })).toBe(
      'checkout 5xx burst|7',
    )
    const unnamed = await key(withRow({}, { search_name: null }))
    expect(unnamed).toBe('scheduler__admin__search__RMD5b1f3')
    expect(await key(withRow({}, { search_name: null, sid: sid.replace('_1432', '_1433') }))).toBe(unnamed)
    expect((await read(splunk, {})).errors).toEqual([{ index: 0, message: 'Missing dedupKey' }])
  })

  it('reads severities as words and as its own numbers', async ({ expect }) => {
    const severity = async (row: object, rest: object = {}) =>
      (await alertOf(splunk, withRow(row, rest))).severity
    const scale = { 6: 'critical', 5: 'critical', 4: 'high', 3: 'medium', 2: 'low', 1: 'low', 7: 'unknown' }
    for (const [number, expected] of Object.entries(scale)) {
      expect([number, await severity({ severity: number })]).toEqual([number, expected])
      expect([number, await severity({ severity: Number(number) })]).toEqual([number, expected])
    }
    expect(await severity({ urgency: 'critical' })).toBe('critical')
    expect(await severity({ priority: 'P3' })).toBe('medium')
    expect(await severity({}, { severity: 'warning' })).toBe('medium')
    expect(await severity({ severity: 'warning' }, { severity: 'critical' })).toBe('medium')
  })

  it('never takes a Splunk app, source or source type for a service', async ({ expect }) => {
    const row = { app: 'search', source: 'nginx', sourcetype: 'nginx:access' }
    expect((await alertOf(splunk, withRow(row))).service).toBeNull()
    expect((await alertOf(splunk, withRow({ ...row, service_name: 'ledger' }))).service).toBe('ledger')
    expect((await alertOf(splunk, withRow({ service: 'search' }))).service).toBeNull()
  })

  it('never ends by itself but by silence', ({ expect }) => {
    expect(settingsFor(splunk, {}).autoResolveSeconds).toBe(3600)
    expect(settingsFor(splunk, { autoResolveSeconds: null }).autoResolveSeconds).toBeNull()
  })

  it('is delivered once by the id of its search run, for each result of that', async ({ expect }) => {
    const keyOf = (body: unknown) =>
      deliveryKeyOf(splunk, { headers: new Headers(), bytes: utf8('{}'), body, receivedAt, requestId: 'r1' })
    const row = { host: 'web-01' }
    expect(await keyOf(withRow(row))).toBe(`${sid}|b8dc6b29e602f037`)
    expect(await keyOf(withRow(row, { owner: 'dana' }))).toBe(await keyOf(withRow(row)))
    expect(await keyOf(withRow({ host: 'web-02' }))).not.toBe(await keyOf(withRow(row)))
    expect(await keyOf(withRow(row, { sid: null }))).toMatch(/^[0-9a-f]{64}:\d+$/)
  })

  it('survives a huge row', async ({ expect }) => {
    const row = Object.fromEntries(
      Array.from({ length: 1000 }, (_, index) => [`f${index}`, 'ß'.repeat(2000)]),
    )
    const alert = await alertOf(splunk, withRow(row))
    expect(Object.keys(alert.labels)).toHaveLength(64)
    const { fields } = alert.metadata
    expect(typeof fields === 'string' && Array.from(fields).length).toBe(4000)
  })
})
