import { afterEach, beforeEach, describe, it, vi } from 'vitest'
import { connectors } from '../../src/connectors'
import { api, apiWith } from '../support/api'
import { bearer } from '../support/org'
import { fakes } from './fakes'
import type { Fake } from './fakes/fake'
import { plugIn, type Network, type Trouble } from './fakes/network'
import {
  anOrgFor,
  captureLogs,
  connect,
  databaseText,
  leaksIn,
  storedConnection,
  variablesOf,
} from './support'
import { env } from 'cloudflare:workers'

let network: Network
let logs: string[]

beforeEach(() => {
  logs = captureLogs()
  network = plugIn(fakes)
})
afterEach(() => {
  vi.restoreAllMocks()
})

const secretsIn = (form: object): readonly string[] =>
  Object.entries(form).flatMap(([name, value]) =>
    /key|token|password|secret/i.test(name) && typeof value === 'string' ? [value] : [],
  )

const accountOf = ({ accountId, accountIdIn }: Fake, { orgId }: { readonly orgId: string }): string =>
  accountIdIn?.(orgId) ?? accountId

describe('the registry', () => {
  it('has a fake for every provider with a credential, and ids that are all different', ({ expect }) => {
    const ids = connectors.map(({ id }) => id)
    expect(new Set(ids).size).toBe(ids.length)
    // Who dials in has no credential here.
    const called = connectors.filter(({ accessKind }) => accessKind !== 'agent').map(({ id }) => id)
    expect(fakes.map(({ id }) => id).toSorted()).toEqual(called.toSorted())
  })

  it('names no operation twice, and none that could change anything', ({ expect }) => {
    for (const { id, operations } of connectors) {
      const names = operations.map(({ name }) => name)
      expect([id, new Set(names).size]).toEqual([id, names.length])
      for (const name of names)
        expect(`${id}_${name}`).not.toMatch(/_(create|delete|update|put|write|set|remove|run|execute)_/)
    }
  })
})

describe.for(fakes)('$id', (fake) => {
  const base = `/api/connectors/${fake.id}`

  it('connects, shows its status, and keeps its secrets to itself', async ({ expect }) => {
    const { org, client } = await anOrgFor(fake)
    expect(await connect(fake, client)).toBe(200)
    const status = await client.get(`${base}/status`)
    expect(status.body).toMatchObject({
      provider: fake.id,
      connected: true,
      status: 'connected',
      connections: [{ account_id: accountOf(fake, org), status: 'connected', status_reason: null }],
    })
    const texts = [
      status.text,
      (await client.get('/api/connectors/status?validate=true')).text,
      (await client.get(`${base}/resources`)).text,
      (await client.get('/api/user_connections')).text,
      (await client.get('/user_tokens')).text,
      (await client.get(`/api/connected-accounts/${org.userId}`)).text,
      (await client.get(`${base}/status?validate=true`)).text,
      (await client.get('/api/connectors')).text,
    ]
    expect(leaksIn(texts.join('\n'), fake.secrets)).toEqual([])
    expect(leaksIn(logs.join('\n'), fake.secrets)).toEqual([])
    expect(network.strays).toEqual([])
  })

  it.skipIf(fake.form === null)('stores nothing of a credential that is refused', async ({ expect }) => {
    const refused = fake.form?.refused ?? {}
    const { org, client } = await anOrgFor(fake)
    const answer = await client.post(`${base}/connect`, refused)
    expect([answer.status, answer.body.code]).toEqual([400, 'credential_refused'])
    expect(await storedConnection(org, fake.id)).toBeNull()
    const secrets = secretsIn(refused)
    for (const text of [answer.text, logs.join('\n')]) expect(leaksIn(text, secrets)).toEqual([])
  })

  it('is refused to a viewer, and its form names what is missing', async ({ expect }) => {
    const { org } = await anOrgFor(fake)
    const viewer = await org.member('viewer')
    const client = apiWith(variablesOf(fake), bearer(viewer.token))
    for (const path of ['connect', 'authorize', 'disconnect'])
      expect([path, (await client.post(`${base}/${path}`, {})).status]).toEqual([path, 403])
    expect((await client.put(`${base}/selection`, { selections: [{ id: 'x', enabled: true }] })).status).toBe(
      403,
    )
    expect((await client.get(`${base}/status`)).body).toMatchObject({
      connected: false,
      status: 'not_connected',
    })
  })

  it.skipIf(fake.resources === null)('lists pages of resources, with what was chosen', async ({ expect }) => {
    if (fake.resources === null) throw new Error('no resources')
    const { client } = await anOrgFor(fake)
    await connect(fake, client)
    const [chosen = ''] = fake.resources.first
    const selected = await client.put(`${base}/selection`, {
      selections: [{ id: chosen, enabled: false, is_root: true }],
    })
    expect(selected.body).toEqual({ success: true })
    const first = await client.get(`${base}/resources`)
    const idsOf = (body: { resources: { id: string }[] }) => body.resources.map(({ id }) => id)
    expect(idsOf(first.body)).toEqual(fake.resources.first)
    expect(first.body.resources[0]).toMatchObject({ id: chosen, enabled: false, is_root: true })
    expect(first.body.resources[1]).toMatchObject({ enabled: true, is_root: false })
    if (fake.resources.second === null) return expect(first.body.next_cursor).toBeNull()
    const cursor = encodeURIComponent(first.body.next_cursor)
    const second = await client.get(`${base}/resources?cursor=${cursor}`)
    expect(idsOf(second.body)).toEqual(fake.resources.second)
    expect(second.body.next_cursor).toBeNull()
  })

  const troubles: readonly (readonly [Trouble, number, string])[] = [
    ['rate_limited', 429, 'vendor_rate_limited'],
    ['error', 502, 'upstream_error'],
    ['hang', 502, 'upstream_error'],
    ['gone', 502, 'upstream_error'],
  ]
  it('keeps the credential when the vendor is in trouble, of whatever kind', async ({ expect }) => {
    const { org, client } = await anOrgFor(fake)
    await connect(fake, client)
    const before = await storedConnection(org, fake.id)
    for (const [trouble, status, code] of troubles) {
      network.trouble = trouble
      await env.DB.prepare('UPDATE connections SET checked_at = NULL WHERE org_id = ?').bind(org.orgId).run()
      expect((await client.get(`${base}/status?validate=true`)).body).toMatchObject({ connected: true })
      const listed = await client.get(`${base}/resources`)
      expect([trouble, listed.status, listed.body.code]).toEqual([trouble, status, code])
      if (trouble === 'rate_limited') expect(listed.headers.get('retry-after')).toBe('17')
      expect(listed.text).not.toContain('words of the vendor')
      expect(await storedConnection(org, fake.id)).toEqual(before)
    }
  })

  it.skipIf(fake.isTokenRequest !== undefined)(
    'is in trouble, and still there, when the vendor refuses its credential one day',
    async ({ expect }) => {
      const { org, client } = await anOrgFor(fake)
      await connect(fake, client)
      const before = await storedConnection(org, fake.id)
      network.trouble = 'unauthorized'
      await env.DB.prepare('UPDATE connections SET checked_at = NULL WHERE org_id = ?').bind(org.orgId).run()
      const status = await client.get(`${base}/status?validate=true`)
      expect(status.body).toMatchObject({ connected: false, status: 'error' })
      const after = await storedConnection(org, fake.id)
      expect(after).toMatchObject({ status: 'error', ciphertext: before?.ciphertext, secret_version: 1 })
      expect(['expired', 'credential_refused']).toContain(after?.status_reason)
      network.trouble = null
      expect(await connect(fake, client)).toBe(200)
      expect((await client.get(`${base}/status`)).body.connected).toBe(true)
    },
  )

  it.skipIf(fake.isTokenRequest === undefined)(
    'asks for one token when twenty callers need it at once',
    async ({ expect }) => {
      const { client } = await anOrgFor(fake)
      await connect(fake, client)
      const before = network.seen.length
      await Promise.all(Array.from({ length: 20 }, () => client.get(`${base}/resources`)))
      expect(network.seen.slice(before).filter((seen) => fake.isTokenRequest?.(seen))).toHaveLength(1)
    },
  )

  it('disconnects twice with the same answer, also when the vendor is down', async ({ expect }) => {
    const { org, client } = await anOrgFor(fake)
    await connect(fake, client)
    const first = await client.post(`${base}/disconnect`, {})
    expect(first.body).toMatchObject({
      success: true,
      disconnected: [accountOf(fake, org)],
      revocation: fake.revocation,
    })
    expect(await storedConnection(org, fake.id)).toMatchObject({ status: 'not_connected', ciphertext: null })
    const second = await client.post(`${base}/disconnect`, {})
    expect([second.status, second.body.disconnected]).toEqual([200, []])
    await connect(fake, client)
    network.trouble = 'gone'
    const third = await client.post(`${base}/disconnect`, {})
    expect([third.status, third.body.disconnected]).toEqual([200, [accountOf(fake, org)]])
    expect(third.body.revocation).not.toBe('revoked')
    expect(third.body.hint).toBeTypeOf('string')
    expect(await storedConnection(org, fake.id)).toMatchObject({ status: 'not_connected', ciphertext: null })
    const gone = await client.get(`${base}/resources`)
    expect([gone.status, gone.body.code]).toEqual([404, 'not_connected'])
  })

  it('does not exist for another organisation, nor without a credential', async ({ expect }) => {
    const { client } = await anOrgFor(fake)
    const stranger = await anOrgFor(fake)
    await connect(fake, client)
    expect((await stranger.client.get(`${base}/status`)).body).toMatchObject({
      connected: false,
      connections: [],
    })
    expect((await stranger.client.get(`${base}/resources`)).status).toBe(404)
    expect((await stranger.client.post(`${base}/disconnect`, {})).body.disconnected).toEqual([])
    expect((await client.get(`${base}/status`)).body.connected).toBe(true)
    expect((await api().get(`${base}/status`)).status).toBe(401)
  })

  it('says in the catalogue whether this deployment can connect it', async ({ expect }) => {
    const { org, client } = await anOrgFor(fake)
    const entryOf = async (of: typeof client) =>
      (await of.get('/api/connectors')).body.connectors.find(({ id }: { id: string }) => id === fake.id)
    expect(await entryOf(client)).toMatchObject({ enabled: true, disabled_reason: null })
    if (fake.form !== null) return
    const bare = await entryOf(apiWith({}, bearer(org.token)))
    expect(bare).toMatchObject({ enabled: false, disabled_reason: expect.stringContaining('OAuth client') })
    const refused = await apiWith({}, bearer(org.token)).post(`${base}/authorize`, {})
    expect([refused.status, refused.body.code]).toEqual([503, 'provider_not_configured'])
  })
})

describe('the database', () => {
  it('holds no secret of any provider in the end, taken or refused', async ({ expect }) => {
    const text = await databaseText()
    expect(text.length).toBeGreaterThan(100_000)
    for (const { id, form, secrets } of fakes)
      expect([id, leaksIn(text, [...secrets, ...secretsIn(form?.refused ?? {})])]).toEqual([id, []])
  })
})
