import { describe, it } from 'vitest'
import { generic } from '../../src/alerts/generic'
import { bodyProblem, normalise } from '../../src/alerts/normalise'
import { settingsFor, settingsProblems } from '../../src/alerts/settings'
import { UnprocessablePayload } from '../../src/alerts/source'
import { sha256Hex } from '../../src/lib/hmac'

const receivedAt = Date.parse('2026-01-01T10:04:45.310Z')
const read = (body: unknown, settings: Record<string, unknown> = {}) =>
  normalise(generic, { body, headers: new Headers(), settings: settingsFor(generic, settings), receivedAt })

describe('a generic alert', () => {
  it('may use the short names of its fields', async ({ expect }) => {
    const body = { title: 'A', status: 'Closed', fingerprint: 'f1', url: 'https://a.example/', kind: 'issue' }
    const { alerts } = await read(body)
    expect(alerts[0]).toMatchObject({
      state: 'resolved',
      dedupKey: 'f1',
      sourceUrl: 'https://a.example/',
      kind: 'issue',
    })
  })

  it('fires when it names no state, and is an error with a word that means none', async ({ expect }) => {
    const { alerts, errors } = await read([{ title: 'A' }, { title: 'B', state: 'purple' }, 5, {}])
    expect(alerts.map(({ title, state, seq }) => ({ title, state, seq }))).toEqual([
      { title: 'A', state: 'firing', seq: 0 },
    ])
    expect(errors.map(({ index }) => index)).toEqual([1, 2, 3])
  })

  it('is identified by its facts when it names no key', async ({ expect }) => {
    const { alerts } = await read({ title: 'Disk full', environment: 'prod', host: 'web-03' })
    expect(alerts[0]?.dedupKey).toBe(await sha256Hex('Disk full||production|web-03'))
  })

  it('keeps the identity of a long key as a hash', async ({ expect }) => {
    const { alerts } = await read({ title: 'A', dedupKey: 'k'.repeat(256) })
    expect(alerts[0]?.dedupKey).toBe(`h:${await sha256Hex('k'.repeat(256))}`)
    expect((await read({ title: 'A', dedupKey: 'k'.repeat(255) })).alerts[0]?.dedupKey).toBe('k'.repeat(255))
  })

  it('takes what it does not say from the settings', async ({ expect }) => {
    const defaults = { defaultSeverity: 'high', defaultService: 'shop', defaultEnvironment: 'qa' }
    expect((await read({ title: 'A' }, defaults)).alerts[0]).toMatchObject({
      severity: 'high',
      service: 'shop',
      environment: 'test',
    })
  })

  it('comes in deliveries of at most 500', async ({ expect }) => {
    const items = Array.from({ length: 501 }, () => ({ title: 'A' }))
    expect((await read(items.slice(1))).alerts).toHaveLength(500)
    await expect(read(items)).rejects.toBeInstanceOf(UnprocessablePayload)
  })
})

describe('a generic deployment', () => {
  const deployment = { kind: 'deployment', job: 'deploy/shop', build: 42, result: 'SUCCESS', service: 'shop' }

  it('is a change event', async ({ expect }) => {
    const extra = {
      environment: 'prod',
      deployer: 'dana',
      startedAt: '2026-01-01T10:00:00Z',
      commit: '9f8c1d2',
    }
    expect(await read({ ...deployment, ...extra })).toEqual({
      alerts: [],
      changes: [
        {
          provider: 'generic',
          job: 'deploy/shop',
          build: '42',
          kind: 'deployment',
          title: 'deploy/shop #42',
          service: 'shop',
          environment: 'production',
          result: 'SUCCESS',
          commit: '9f8c1d2',
          branch: null,
          repository: null,
          author: 'dana',
          url: null,
          traceId: null,
          startedAt: Date.parse('2026-01-01T10:00:00Z'),
          finishedAt: receivedAt,
        },
      ],
      errors: [],
    })
  })

  it('must name job, build, result and service', ({ expect }) => {
    for (const field of ['job', 'build', 'result', 'service']) {
      const body = { ...deployment, [field]: '' }
      expect(bodyProblem(generic, body, settingsFor(generic, {}))?.message).toBe(`Missing ${field}`)
    }
  })
})

const mapping = {
  each: '/checks',
  when: [{ path: '/status', op: 'in', value: ['CRITICAL', 'WARNING', 'OK'] }],
  fields: {
    title: { template: '{{/name}} on {{/host}}' },
    state: { path: '/status', map: { ok: 'resolved', '*': 'firing' } },
    severity: { path: '/status', map: { critical: 'critical', warning: 'medium' } },
    service: { path: ['/service', '/@/defaults/service'] },
    host: { path: '/host' },
    dedupKey: { template: '{{/host}}/{{/name}}' },
    eventTime: { path: '/at' },
    environment: { const: 'production' },
  },
  labels: '/tags',
}

describe('the documented mapping', () => {
  const body = {
    defaults: { service: 'platform' },
    checks: [
      {
        name: 'disk',
        host: 'web-03',
        status: 'CRITICAL',
        at: 1_767_261_761,
        tags: { team: 'payments', nested: { a: 1 } },
      },
      { name: 'load', host: 'web-03', status: 'PENDING' },
      { name: 'disk', host: 'web-04', status: 'OK', service: 'checkout-api' },
      { name: 'ping', status: 'WARNING' },
    ],
  }

  it('makes one alert per item that it lets through, at the position of the item', async ({ expect }) => {
    const { alerts, errors } = await read(body, { mapping })
    expect(alerts).toMatchObject([
      {
        seq: 0,
        title: 'disk on web-03',
        state: 'firing',
        severity: 'critical',
        service: 'platform',
        host: 'web-03',
        dedupKey: 'web-03/disk',
        eventTime: 1_767_261_761_000,
        environment: 'production',
        labels: { team: 'payments' },
      },
      {
        seq: 2,
        title: 'disk on web-04',
        state: 'resolved',
        severity: 'unknown',
        service: 'checkout-api',
        labels: {},
      },
    ])
    expect(errors).toEqual([{ index: 3, message: 'Missing title' }])
  })

  it('is a valid setting and asks for no field of the body', ({ expect }) => {
    expect(settingsProblems({ mapping })).toEqual([])
    expect(bodyProblem(generic, body, settingsFor(generic, { mapping }))).toBeNull()
  })

  it('reports a body in which it finds no items', async ({ expect }) => {
    expect((await read({ other: [] }, { mapping })).errors).toHaveLength(1)
  })
})

describe('a mapping', () => {
  const map = async (fields: object, item: unknown, rest: object = {}) => {
    const whole = { fields: { title: { const: 'T' }, state: { const: 'firing' }, ...fields }, ...rest }
    return (await read(item, { mapping: whole })).alerts[0]
  }

  it('replaces what is missing by the default', async ({ expect }) => {
    expect((await map({ title: { template: '{{/a}}-{{/b}}', default: 'none' } }, { a: 1 }))?.title).toBe(
      'none',
    )
    expect((await map({ service: { path: '/s', map: { a: 'b' }, default: 'c' } }, { s: 'x' }))?.service).toBe(
      'c',
    )
  })

  it('reads escaped pointers and array positions, and members that start with @', async ({ expect }) => {
    const item = { 'a/b~c': ['x', 'web'], '@timestamp': 1_767_261_761 }
    const alert = await map({ service: { path: '/a~1b~0c/1' }, eventTime: { path: '/@timestamp' } }, item)
    expect(alert).toMatchObject({ service: 'web', eventTime: 1_767_261_761_000 })
  })

  it('may name its labels one by one', async ({ expect }) => {
    const labels = { region: '/r', zone: '/z', all: '' }
    expect((await map({}, { r: 'eu', z: 2 }, { labels }))?.labels).toEqual({ region: 'eu', zone: '2' })
  })

  it('filters with every operator', async ({ expect }) => {
    const passes = async (condition: object) =>
      (await map({}, { s: 'disk-full', n: 5 }, { when: [condition] })) !== undefined
    expect(await passes({ path: '/s', op: 'eq', value: 'disk-full' })).toBe(true)
    expect(await passes({ path: '/n', op: 'eq', value: '5' })).toBe(true)
    expect(await passes({ path: '/n', op: 'ne', value: 5 })).toBe(false)
    expect(await passes({ path: '/x', op: 'ne', value: 5 })).toBe(true)
    expect(await passes({ path: '/s', op: 'in', value: ['a', 'b'] })).toBe(false)
    expect(await passes({ path: '/x', op: 'exists', value: false })).toBe(true)
    expect(await passes({ path: '/n', op: 'exists' })).toBe(true)
    expect(await passes({ path: '/s', op: 'matches', value: '^disk-\\w+$' })).toBe(true)
    expect(await passes({ path: '/s', op: 'matches', value: 'memory' })).toBe(false)
  })

  it('is refused field by field', ({ expect }) => {
    const problems = (bad: unknown) => settingsProblems({ mapping: bad }).map(({ path }) => path)
    expect(problems({ fields: {} })).toEqual([
      'settings.mapping.fields.title',
      'settings.mapping.fields.state',
    ])
    const fields = { title: { const: 'T' }, state: { const: 'firing' } }
    expect(problems({ fields: { ...fields, host: { path: 'host' } } })[0]).toMatch(
      /^settings\.mapping\.fields\.host/,
    )
    expect(problems({ fields: { ...fields, host: { path: '/h', const: 'x' } } })).toEqual([
      'settings.mapping.fields.host',
    ])
    expect(problems({ fields: { ...fields, host: { template: '{{h}}' } } })).toEqual([
      'settings.mapping.fields.host.template',
    ])
    expect(problems({ fields, each: 'checks' })).toEqual(['settings.mapping.each'])
    expect(problems({ fields: { ...fields, colour: { const: 'red' } } })).toHaveLength(1)
    const slow = [{ path: '/s', op: 'matches', value: '(a+)+$' }]
    expect(problems({ fields, when: slow })).toEqual(['settings.mapping.when.0.value'])
    expect(settingsProblems({ colour: 'red' })).toHaveLength(1)
  })
})
