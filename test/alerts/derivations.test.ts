import { describe, it } from 'vitest'
import { labelFingerprint } from '../../src/alerts/fingerprint'
import { environmentOf, hostOf, serviceOf } from '../../src/alerts/service'
import { severityOf } from '../../src/alerts/severity'
import { labelsOf, metadataOf, textOf, urlOf } from '../../src/alerts/text'
import { clampTime, parseTime } from '../../src/alerts/times'

const from = (labels: Record<string, unknown>, rest: object = {}) => ({
  mapped: null,
  labels,
  vendor: [],
  fallback: null,
  ...rest,
})

describe('the label fingerprint', () => {
  it('equals the documented values', ({ expect }) => {
    expect(
      labelFingerprint({ severity: 'critical', alertname: 'HighErrorRate', service: 'checkout-api' }),
    ).toBe('ff774b3b5a5e3c3e')
    expect(labelFingerprint({})).toBe('cbf29ce484222325')
    const crashLooping = {
      alertname: 'KubePodCrashLooping',
      namespace: 'payments',
      pod: 'ledger-7c9d',
      container: 'ledger',
      severity: 'warning',
    }
    expect(labelFingerprint(crashLooping)).toBe('88b86ee52d73e9ca')
    expect(labelFingerprint({ ...crashLooping, empty: '', replica: 'b' }, ['replica'])).toBe(
      '88b86ee52d73e9ca',
    )
  })
})

describe('severity words', () => {
  it('are read whole, in any case', ({ expect }) => {
    expect(['FATAL', 'page', 'sev-1', 'P0'].map(severityOf)).toEqual(Array(4).fill('critical'))
    expect(['Error', 'major', 'sev2', 'p2'].map(severityOf)).toEqual(Array(4).fill('high'))
    expect(['warning', 'average', 'SEV-3'].map(severityOf)).toEqual(Array(3).fill('medium'))
    expect(['info', 'ok', 'p5', 'trivial'].map(severityOf)).toEqual(Array(4).fill('low'))
    expect(['', 'criticality', 'constructor', null].map(severityOf)).toEqual(Array(4).fill('unknown'))
  })
})

describe('the service', () => {
  it('comes from the mapping, then labels in their order, then the vendor, then the default', ({
    expect,
  }) => {
    const labels = { job: 'checkout', app: 'shop', service: 'checkout-api' }
    expect(serviceOf(from(labels, { mapped: 'mapped' }))).toBe('mapped')
    expect(serviceOf(from(labels))).toBe('checkout-api')
    expect(serviceOf(from({ job: 'checkout', container: 'web' }))).toBe('web')
    expect(serviceOf(from({}, { vendor: [null, 'n/a', 'entity'], fallback: 'default-service' }))).toBe(
      'entity',
    )
    expect(serviceOf(from({}, { fallback: 'shop' }))).toBe('shop')
    expect(serviceOf(from({}))).toBeNull()
  })

  it('is never a word that names nothing', ({ expect }) => {
    for (const word of ['', ' - ', '*', 'ALL', 'default', 'unknown', 'search', 'x'.repeat(201)]) {
      expect(serviceOf(from({ service: word, app: 'shop' }))).toBe('shop')
    }
    expect(serviceOf(from({ container: 'istio-proxy', job: 'kubernetes-pods' }))).toBeNull()
    expect(serviceOf(from({ service: 'prometheus', job: 'node-exporter' }))).toBe('prometheus')
  })
})

describe('the environment and the host', () => {
  it('get their usual names', ({ expect }) => {
    expect(environmentOf(from({ env: 'PRD' }))).toBe('production')
    expect(environmentOf(from({ stage: 'pre-prod' }))).toBe('staging')
    expect(environmentOf(from({ environment: 'eu-live-1' }))).toBe('eu-live-1')
    expect(environmentOf(from({ env: 'unknown' }, { fallback: 'qa' }))).toBe('test')
  })

  it('may come from a namespace that starts with one', ({ expect }) => {
    expect(environmentOf(from({ namespace: 'prod-payments' }))).toBe('production')
    expect(environmentOf(from({ namespace: 'stg' }))).toBe('staging')
    expect(environmentOf(from({ namespace: 'products' }))).toBeNull()
  })

  it('the host is the first of the usual labels', ({ expect }) => {
    expect(hostOf(from({ pod: 'ledger-7c9d', instance: '10.0.0.1:9100' }))).toBe('10.0.0.1:9100')
    expect(hostOf(from({}, { vendor: ['web-03'] }))).toBe('web-03')
    expect(hostOf(from({ host: 'unknown' }))).toBeNull()
  })
})

describe('times', () => {
  const second = Date.UTC(2026, 0, 1, 10, 2, 41)

  it('are numbers of any unit', ({ expect }) => {
    expect(parseTime(1_767_261_761)).toBe(second)
    expect(parseTime('1767261761.5')).toBe(second + 500)
    expect(parseTime(1_767_261_761_000)).toBe(second)
    expect(parseTime('1767261761000000')).toBe(second)
    expect(parseTime('1767261761000000000')).toBe(second)
  })

  it('are ISO 8601 with any offset, without one UTC', ({ expect }) => {
    expect(parseTime('2026-01-01T10:02:41Z')).toBe(second)
    expect(parseTime('2026-01-01T10:02:41.123456789Z')).toBe(second + 123)
    expect(parseTime('2026-01-01T12:02:41.000+0200')).toBe(second)
    expect(parseTime('2026-01-01T05:32:41-04:30')).toBe(second)
    expect(parseTime('2026-01-01 10:02:41')).toBe(second)
    expect(parseTime('2026-01-01')).toBe(Date.UTC(2026, 0, 1))
  })

  it('are absent when not set or unreadable', ({ expect }) => {
    const bad = [
      '0001-01-01T00:00:00Z',
      '',
      'yesterday',
      '2026-13-01',
      '2026-02-30T00:00:00Z',
      '9'.repeat(40),
    ]
    for (const value of [...bad, 0, -1, Number.NaN, Infinity, null, true, {}, []])
      expect(parseTime(value)).toBeNull()
  })

  it('are believed within a week back and five minutes ahead', ({ expect }) => {
    expect(clampTime(second - 8 * 86_400_000, second)).toBe(second - 7 * 86_400_000)
    expect(clampTime(second + 300_001, second)).toBe(second + 300_000)
    expect(clampTime(second - 1, second)).toBe(second - 1)
  })
})

describe('text', () => {
  it('loses control characters but not tabs and newlines, and is cut by characters', ({ expect }) => {
    expect(textOf('a\u0000b\tc\nd\r\u009f')).toBe('ab\tc\nd')
    expect(textOf('😀😀😀', 2)).toBe('😀😀')
    expect(textOf('\ud800x')).toBe('\ufffdx')
  })

  it('is made of any JSON value, and absent for a variable that was not expanded', ({ expect }) => {
    expect([1.5, false, { a: [1] }].map((value) => textOf(value))).toEqual(['1.5', 'false', '{"a":[1]}'])
    expect([null, undefined, ' ', '$ALERT_ID'].map((value) => textOf(value))).toEqual([
      null,
      null,
      null,
      null,
    ])
    expect(textOf('$5 off')).toBe('$5 off')
  })

  it('is a link only as http or https of at most 2,048 characters', ({ expect }) => {
    expect(urlOf('https://a.example/x?y=ä')).toBe('https://a.example/x?y=ä')
    const bad = [
      'javascript:alert(1)',
      'ftp://a.example',
      '/relative',
      'https://',
      `https://a.example/${'x'.repeat(2048)}`,
    ]
    for (const value of [...bad, 'https://a.example/a b', 5, null, {}]) expect(urlOf(value)).toBeNull()
  })

  it('is flat, bounded and non-empty in labels', ({ expect }) => {
    const many = Object.fromEntries(Array.from({ length: 100 }, (_, index) => [`l${index}`, index]))
    expect(Object.keys(labelsOf(many))).toHaveLength(64)
    expect(labelsOf({ a: { b: 1 }, c: '', d: null, ['k'.repeat(200)]: 'v'.repeat(2000) })).toEqual({
      a: '{"b":1}',
      ['k'.repeat(128)]: 'v'.repeat(1000),
    })
    expect(labelsOf(JSON.parse('{"__proto__": "x"}'))).toEqual({})
  })

  it('keeps the shape of metadata up to 4,000 characters a value', ({ expect }) => {
    expect(metadataOf({ a: { b: 'x\u0000' }, c: null, d: '', e: [1, true] })).toEqual({
      a: { b: 'x' },
      e: [1, true],
    })
    expect(metadataOf({ long: { text: 'x'.repeat(5000) } })['long']).toHaveLength(4000)
  })
})
