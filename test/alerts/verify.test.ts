import { describe, it } from 'vitest'
import { utf8 } from '../../src/lib/hmac'
import { DEFAULT_SETTINGS } from '../../src/alerts/settings'
import type { Scheme } from '../../src/alerts/source'
import { verifySignature, type SignedRequest } from '../../src/alerts/verify'

const TS = 1_767_225_600
const PD = 'abeb9bf0c51e88aec82f98e7ad98ad18096f28196f4294b7bb43b91c71d24716'
const PD_OLD = 'e9edf03404c5f0b5c399cd647681ff35a7dd397d68dee6b84e6563656698248b'
const SVIX = 'v1,heLZtHkvQwOG8vMP5KPllVwTVlcSjDWGtgATiG3b7v0='

interface Vector {
  readonly name: string
  readonly scheme: Scheme
  readonly secret: string
  readonly body: string
  /** The header that carries the signature, then those that go with it. */
  readonly header: string
  readonly signature: string
  readonly timestampHeader?: string
  readonly others?: Readonly<Record<string, string>>
  readonly settings?: Partial<SignedRequest['settings']>
}

const build = '{"service":"checkout-api","result":"FAILURE","build_number":42}'
const group = '{"receiver":"aurora","status":"firing","alerts":[]}'

const vectors: readonly Vector[] = [
  {
    name: 'pd-v1',
    scheme: 'pd-v1',
    secret: 'pd-test-secret',
    body: '{"event":{"id":"01HZX3","event_type":"incident.triggered","resource_type":"incident"}}',
    header: 'X-PagerDuty-Signature',
    signature: `v1=${PD}`,
  },
  {
    name: 'sentry',
    scheme: 'sentry',
    secret: 'sentry-test-secret',
    body: '{"action":"created","data":{"issue":{"id":"4501"}}}',
    header: 'Sentry-Hook-Signature',
    signature: '467193f795aedc3e8fb9ab7db8d5ab2461e4f73e22605e49daa379d7e34bc155',
  },
  {
    name: 'grafana without a timestamp',
    scheme: 'grafana',
    secret: 'grafana-test-secret',
    body: group,
    header: 'X-Grafana-Alerting-Signature',
    signature: '3fa4b4368e75ba7c6fa6f35e0eee0aaae5b1bcf20e673b07968c52cb54443a8a',
  },
  {
    name: 'grafana with a timestamp',
    scheme: 'grafana',
    secret: 'grafana-test-secret',
    body: group,
    header: 'X-Own-Signature',
    signature: '510808d5dd23b8d55ceeedcfa56f573a1e0d660c9529befb90bdffc0765ce9ea',
    timestampHeader: 'X-Own-Time',
    settings: { signatureHeader: 'X-Own-Signature', timestampHeader: 'X-Own-Time' },
  },
  {
    name: 'aurora-v1',
    scheme: 'aurora-v1',
    secret: 'jenkins-test-secret',
    body: build,
    header: 'X-Aurora-Signature',
    signature: 'f25c10e32f0add15803e34a4421ee193fd82e8c33516e272f92801ac7e47f6d6',
    timestampHeader: 'X-Aurora-Timestamp',
    settings: { legacySignature: true },
  },
  {
    name: 'aurora-v1 over non-ASCII bytes',
    scheme: 'aurora-v1',
    secret: 'generic-test-secret',
    body: '{"title":"Störung – Überlast"}',
    header: 'X-Aurora-Signature',
    signature: '3437ddbaac26f7a070b3d5b5196e27e53c3850b92d5b543a07769dea744c85d0',
    timestampHeader: 'X-Aurora-Timestamp',
  },
  {
    name: 'aurora-legacy',
    scheme: 'aurora-legacy',
    secret: 'jenkins-test-secret',
    body: build,
    header: 'X-Aurora-Signature',
    signature: '2aeabde74798b44c07bcb5e08a366787c853b93c2d2606ff2f06fb4b2954e8b6',
    settings: { legacySignature: true },
  },
  {
    name: 'svix',
    scheme: 'svix',
    secret: 'whsec_YXVyb3JhLXN2aXgtdGVzdC1rZXktMDAw',
    body: '{"event_type":"public_alert.alert_created_v1"}',
    header: 'webhook-signature',
    signature: SVIX,
    timestampHeader: 'webhook-timestamp',
    others: { 'webhook-id': 'msg_2test' },
  },
  {
    name: 'hub-sha256',
    scheme: 'hub-sha256',
    secret: 'jira-test-secret',
    body: '{"webhookEvent":"jira:issue_created","issue":{"key":"OPS-12"}}',
    header: 'X-Hub-Signature',
    signature: 'sha256=2978b50a543dd2d9f062c44b5ce37f14c265dd7f77a752f43032d4c3674a5f8a',
  },
]

function requestOf(vector: Vector, changed: Partial<SignedRequest> = {}): SignedRequest {
  return {
    scheme: vector.scheme,
    headers: new Headers({
      ...vector.others,
      ...(vector.timestampHeader === undefined ? {} : { [vector.timestampHeader]: String(TS) }),
      [vector.header]: vector.signature,
    }),
    body: utf8(vector.body),
    secrets: [vector.secret],
    settings: { ...DEFAULT_SETTINGS, ...vector.settings },
    now: TS * 1000,
    ...changed,
  }
}

function withHeader(vector: Vector, name: string, value: string | null): SignedRequest {
  const request = requestOf(vector)
  if (value === null) request.headers.delete(name)
  else request.headers.set(name, value)
  return request
}

describe.each(vectors)('the scheme of $name', (vector) => {
  it('accepts the documented signature, under the current or the previous secret', async ({ expect }) => {
    expect(await verifySignature(requestOf(vector))).toBe('valid')
    expect(await verifySignature(requestOf(vector, { secrets: ['whsec_bmV3', vector.secret] }))).toBe('valid')
  })

  it('refuses a wrong secret and no secret', async ({ expect }) => {
    expect(await verifySignature(requestOf(vector, { secrets: ['whsec_d3Jvbmc='] }))).toBe('invalid')
    expect(await verifySignature(requestOf(vector, { secrets: ['wrong'] }))).toBe('invalid')
    expect(await verifySignature(requestOf(vector, { secrets: [''] }))).toBe('invalid')
    expect(await verifySignature(requestOf(vector, { secrets: [] }))).toBe('invalid')
  })

  it('says so when there is no signature, and refuses an empty one', async ({ expect }) => {
    expect(await verifySignature(withHeader(vector, vector.header, null))).toBe('absent')
    expect(await verifySignature(withHeader(vector, vector.header, ''))).toBe('invalid')
  })

  it('refuses any flipped byte of the body and any truncated signature', async ({ expect }) => {
    const body = utf8(vector.body)
    body[5] = (body[5] ?? 0) ^ 1
    expect(await verifySignature(requestOf(vector, { body }))).toBe('invalid')
    expect(await verifySignature(withHeader(vector, vector.header, vector.signature.slice(0, -2)))).toBe(
      'invalid',
    )
  })
})

describe.each(vectors.filter((vector) => vector.timestampHeader !== undefined))(
  'the timestamp of $name',
  (vector) => {
    it('may differ by 300 s and not by 301', async ({ expect }) => {
      for (const gap of [300, -300]) {
        expect(await verifySignature(requestOf(vector, { now: (TS + gap) * 1000 }))).toBe('valid')
      }
      for (const gap of [301, -301]) {
        expect(await verifySignature(requestOf(vector, { now: (TS + gap) * 1000 }))).toBe('stale')
      }
    })

    it('is part of what is signed and cannot be left out', async ({ expect }) => {
      const name = vector.timestampHeader ?? ''
      expect(await verifySignature(withHeader(vector, name, null))).toBe('invalid')
      for (const other of [String(TS + 1), '', `${TS}.0`, 'now']) {
        expect(await verifySignature(withHeader(vector, name, other))).toBe('invalid')
      }
    })
  },
)

describe('what single schemes allow', () => {
  const named = (name: string): Vector => {
    const vector = vectors.find((candidate) => candidate.name === name)
    if (vector === undefined) throw new Error(name)
    return vector
  }

  it('pd-v1 takes a list with blanks and foreign versions, if one matches either secret', async ({
    expect,
  }) => {
    const vector = named('pd-v1')
    const list = withHeader(vector, vector.header, `v0=00, v1=${PD_OLD}, v1=${PD}`)
    expect(await verifySignature(list)).toBe('valid')
    expect(await verifySignature({ ...list, secrets: ['pd-old-secret'] })).toBe('valid')
    expect(await verifySignature(withHeader(vector, vector.header, `v2=${PD}`))).toBe('invalid')
  })

  it('hex may be upper case', async ({ expect }) => {
    const vector = named('sentry')
    expect(await verifySignature(withHeader(vector, vector.header, vector.signature.toUpperCase()))).toBe(
      'valid',
    )
  })

  it('svix takes several signatures and its older header names', async ({ expect }) => {
    const vector = named('svix')
    expect(await verifySignature(withHeader(vector, vector.header, `v1,AAAA v1a,BBBB ${SVIX}`))).toBe('valid')
    const headers = new Headers({
      'svix-id': 'msg_2test',
      'svix-timestamp': String(TS),
      'svix-signature': SVIX,
    })
    expect(await verifySignature(requestOf(vector, { headers }))).toBe('valid')
  })

  it('aurora accepts a signature without a timestamp only where the integration allows it', async ({
    expect,
  }) => {
    const legacy = named('aurora-legacy')
    const settings = { ...DEFAULT_SETTINGS, legacySignature: true }
    expect(await verifySignature(requestOf(legacy, { scheme: 'aurora-v1', settings }))).toBe('valid')
    expect(
      await verifySignature(requestOf(legacy, { scheme: 'aurora-v1', settings: DEFAULT_SETTINGS })),
    ).toBe('invalid')
    expect(await verifySignature(requestOf(legacy, { settings: DEFAULT_SETTINGS }))).toBe('invalid')
  })

  it('a source that signs nothing never has a signature', async ({ expect }) => {
    expect(await verifySignature(requestOf(named('sentry'), { scheme: 'token' }))).toBe('absent')
  })
})
