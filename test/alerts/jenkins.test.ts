import { describe, it } from 'vitest'
import { deliveryKeyOf } from '../../src/alerts/delivery-key'
import { cloudbees, jenkins } from '../../src/alerts/jenkins'
import { bodyProblem } from '../../src/alerts/normalise'
import { DEFAULT_SETTINGS, settingsFor } from '../../src/alerts/settings'
import { sha256Hex, utf8 } from '../../src/lib/hmac'
import { alertOf, plain, read, receivedAt } from '../support/normalised'

const reported = Object(jenkins.example)
const [notified] = (jenkins.otherExamples ?? []).map(Object)
const withBuild = (changes: object) => ({ ...notified, build: { ...notified.build, ...changes } })
const commit = '9f8c1d2e4b7a6f5c3d2e1f0a9b8c7d6e5f4a3b2c'
const url = 'https://jenkins.example.com/job/deploy/job/checkout-api/1042/'

describe.each([['jenkins', 'Jenkins', jenkins] as const, ['cloudbees', 'CloudBees', cloudbees] as const])(
  '%s',
  (slug, name, source) => {
    it('becomes this alert and this change', async ({ expect }) => {
      expect(await read(source, source.example)).toEqual({
        alerts: [
          {
            ...plain,
            source: slug,
            sourceType: slug,
            kind: 'deployment',
            dedupKey: `${slug}|deploy/checkout-api`,
            state: 'firing',
            severity: 'critical',
            severityRaw: 'FAILURE',
            title: `${name} deploy: checkout-api [FAILURE]`,
            service: 'checkout-api',
            environment: 'production',
            startsAt: receivedAt,
            firedAt: receivedAt,
            sourceUrl: url,
            metadata: {
              branch: 'main',
              commitSha: commit,
              repository: 'acme/checkout-api',
              traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
              buildUrl: url,
              deployer: 'dana',
            },
            sourceAlertId: 'deploy/checkout-api#1042',
          },
        ],
        changes: [
          {
            provider: slug,
            job: 'deploy/checkout-api',
            build: '1042',
            kind: 'deployment',
            title: 'deploy/checkout-api #1042',
            service: 'checkout-api',
            environment: 'production',
            result: 'FAILURE',
            commit,
            branch: 'main',
            repository: 'acme/checkout-api',
            author: 'dana',
            url,
            traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
            startedAt: receivedAt - 184_532,
            finishedAt: receivedAt,
          },
        ],
        errors: [],
      })
    })

    it('through the Notification plugin becomes this alert and this change', async ({ expect }) => {
      const { alerts, changes, errors } = await read(source, notified)
      expect(errors).toEqual([])
      expect(alerts).toMatchObject([
        {
          dedupKey: `${slug}|deploy-checkout-api`,
          state: 'firing',
          title: `${name} deploy: checkout-api [FAILURE]`,
          eventTime: 1767261721000,
          startsAt: 1767261721000,
          sourceAlertId: 'deploy-checkout-api#1042',
          sourceUrl: 'https://jenkins.example.com/job/deploy-checkout-api/1042/',
          metadata: { branch: 'origin/main', commitSha: commit },
        },
      ])
      expect(changes).toMatchObject([
        {
          job: 'deploy-checkout-api',
          build: '1042',
          service: 'checkout-api',
          environment: 'production',
          repository: 'https://github.com/acme/checkout-api.git',
          startedAt: null,
          finishedAt: 1767261721000,
        },
      ])
    })
  },
)

describe('a build', () => {
  const states = async (body: object, settings = {}) => {
    const { alerts, changes } = await read(jenkins, body, settings)
    return [alerts.map(({ state, severity }) => `${state} ${severity}`), changes.map(({ result }) => result)]
  }

  it('that succeeds ends what its job fired; one that was aborted only is a change', async ({ expect }) => {
    expect(await states({ ...reported, result: 'SUCCESS' })).toEqual([['resolved unknown'], ['SUCCESS']])
    expect(await states({ ...reported, result: 'success' })).toEqual([['resolved unknown'], ['SUCCESS']])
    expect(await states({ ...reported, result: 'UNSTABLE' })).toEqual([['firing high'], ['UNSTABLE']])
    for (const result of ['ABORTED', 'NOT_BUILT', 'odd'])
      expect(await states({ ...reported, result })).toEqual([[], [result.toUpperCase()]])
    const failed = await alertOf(jenkins, reported)
    expect((await alertOf(jenkins, { ...reported, result: 'SUCCESS', build_number: 1043 })).dedupKey).toBe(
      failed.dedupKey,
    )
  })

  it('that fails fires where the settings say so', async ({ expect }) => {
    const fires = async (environment: unknown, settings = {}) =>
      (await read(jenkins, { ...reported, environment }, settings)).alerts.length === 1
    expect(await fires('prod')).toBe(true)
    expect(await fires(null)).toBe(true)
    expect(await fires('staging')).toBe(false)
    expect(await fires('staging', { openOnFailure: 'always' })).toBe(true)
    expect(await fires(undefined, { defaultEnvironment: 'qa' })).toBe(false)
    expect(await states({ ...reported, environment: 'qa', result: 'SUCCESS' })).toEqual([
      ['resolved unknown'],
      ['SUCCESS'],
    ])
  })

  it('that still runs is news and nothing else', async ({ expect }) => {
    for (const phase of ['QUEUED', 'STARTED', 'COMPLETED', null])
      expect(await states(withBuild({ phase }))).toEqual([['info unknown'], []])
    expect(await states({ job_name: 'j', build_number: 7 })).toEqual([['info unknown'], []])
    expect(await states({ build: { phase: 'STARTED' } })).toEqual([[], []])
  })

  it('is of the service that it names, else of the one that its job names', async ({ expect }) => {
    const service = async (body: object) => (await read(jenkins, body)).changes[0]?.service
    expect(await service({ ...reported, service: null })).toBe('checkout-api')
    expect(await service({ ...reported, service: 'unknown', job_name: 'team/deploy-ledger' })).toBe('ledger')
    expect(
      await service({ ...notified, name: 'deploy-cart', build: { ...notified.build, parameters: {} } }),
    ).toBe('cart')
  })

  it('may be reported with little', async ({ expect }) => {
    const { alerts, changes, errors } = await read(jenkins, {
      service: 'checkout-api',
      result: 'FAILURE',
      build_url: 'https://ci.example.com/job/x/77/',
    })
    expect(errors).toEqual([])
    expect(alerts[0]?.dedupKey).toBe('jenkins|checkout-api')
    expect(changes[0]).toMatchObject({ job: 'checkout-api', build: '77', startedAt: null })
    const numbers = await read(jenkins, { ...reported, build_number: '1042', duration_ms: '1000' })
    expect(numbers.changes[0]).toMatchObject({ build: '1042', startedAt: receivedAt - 1000 })
    const nameless = await read(jenkins, { result: 'FAILURE' })
    expect(nameless.errors.map(({ message }) => message)).toEqual(['Missing dedupKey', 'Missing job'])
  })

  it('must have a result, a number or the plugin shape', ({ expect }) => {
    const settings = settingsFor(jenkins, {})
    const problem = (body: unknown) => bodyProblem(jenkins, body, settings, new Headers())?.message ?? null
    expect(problem({ service: 'x' })).toBe('Missing result')
    expect([{ result: 'FAILURE' }, { build_number: 0 }, { build: {} }].map(problem)).toEqual([
      null,
      null,
      null,
    ])
  })

  it('cannot be replayed later, and its sender may leave the timestamp out', async ({ expect }) => {
    const request = (at: number) => ({
      headers: new Headers({ 'Idempotency-Key': 'k' }),
      bytes: utf8('{"result":"FAILURE"}'),
      body: { result: 'FAILURE' },
      receivedAt: at,
      requestId: 'r1',
    })
    const key = await deliveryKeyOf(jenkins, request(receivedAt))
    expect(key).toBe(await sha256Hex('{"result":"FAILURE"}'))
    expect(await deliveryKeyOf(jenkins, request(receivedAt + 86_400_000))).toBe(key)
    expect(settingsFor(jenkins, {}).legacySignature).toBe(true)
    expect(DEFAULT_SETTINGS.legacySignature).toBe(false)
  })
})
