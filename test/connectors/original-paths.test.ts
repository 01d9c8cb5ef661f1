import { env } from 'cloudflare:workers'
import { afterEach, beforeEach, describe, it, vi } from 'vitest'
import { apiWith } from '../support/api'
import { anOrg, bearer } from '../support/org'
import { UNLIMITED } from '../support/routes'
import { fakes } from './fakes'
import { cloudflare } from './fakes/cloudflare'
import { datadog } from './fakes/datadog'
import { github } from './fakes/github'
import { grafana } from './fakes/grafana'
import { plugIn, type Network } from './fakes/network'
import { prometheus } from './fakes/prometheus'
import { anOrgFor, captureLogs, errorOf } from './support'

let network: Network

beforeEach(() => {
  captureLogs()
  network = plugIn(fakes)
})
afterEach(() => {
  vi.restoreAllMocks()
})

describe('/datadog', () => {
  it('connects, shows itself and disconnects as it always did', async ({ expect }) => {
    const { client } = await anOrgFor(datadog)
    const shown = {
      site: 'datadoghq.eu',
      baseUrl: 'https://api.datadoghq.eu',
      org: 'Example GmbH',
      serviceAccountName: null,
      validated: true,
    }
    expect((await client.get('/datadog/status')).body).toEqual({ connected: false })
    expect((await client.post('/datadog/connect', datadog.form?.good)).body).toEqual({
      success: true,
      ...shown,
    })
    expect((await client.get('/datadog/status/')).body).toEqual({
      connected: true,
      ...shown,
      validatedAt: expect.any(String),
    })
    expect((await client.delete('/datadog/disconnect')).body).toEqual({
      success: true,
      message: 'Datadog disconnected successfully',
      disconnected: ['datadoghq.eu'],
      revocation: 'unsupported',
      hint: 'Delete the API and application key in Datadog.',
      tokensDeleted: 1,
      eventsDeleted: 0,
    })
  })

  it('says what is wrong with a form in the documented words', async ({ expect }) => {
    const { client } = await anOrgFor(datadog)
    const say = async (form: object) => errorOf(await client.post('/datadog/connect', form))
    expect(await say({})).toEqual([400, 'validation_failed', 'Datadog API key is required'])
    expect(await say({ apiKey: 'x' })).toEqual([
      400,
      'validation_failed',
      'Datadog application key is required',
    ])
    expect((await say({ apiKey: 'x', appKey: 'y', site: 'datadoghq.evil' }))[0]).toBe(400)
    expect(await say(datadog.form?.refused ?? {})).toEqual([
      400,
      'credential_refused',
      'Unable to validate Datadog credentials',
    ])
    expect((await say({ apiKey: 1, appKey: [] }))[0]).toBe(400)
  })

  it('refuses a body that names another user', async ({ expect }) => {
    const { org, client } = await anOrgFor(datadog)
    const form = { ...datadog.form?.good, userId: crypto.randomUUID() }
    expect(errorOf(await client.post('/datadog/connect', form))).toEqual([
      403,
      'identity_mismatch',
      'User identity mismatch',
    ])
    expect((await client.post('/datadog/connect', { ...form, userId: org.userId })).status).toBe(200)
  })

  it('takes ten connects a minute, and bodies of 64 KB', async ({ expect }) => {
    const org = await anOrg()
    const client = apiWith({}, bearer(org.token))
    const big = await client.post('/datadog/connect', { apiKey: 'x'.repeat(70_000) })
    expect(errorOf(big).slice(0, 2)).toEqual([413, 'payload_too_large'])
    const statuses: number[] = []
    for (let i = 0; i < 11; i++) statuses.push((await client.post('/datadog/connect', {})).status)
    expect(statuses).toEqual([...Array.from({ length: 10 }, () => 400), 429])
  })
})

describe('/grafana', () => {
  it('without a token is its webhook, which a disconnect silences and a connect wakes', async ({
    expect,
  }) => {
    const { org, client } = await anOrgFor(grafana)
    const enabled = async () =>
      (
        await env.DB.prepare("SELECT name, enabled FROM integrations WHERE org_id = ? AND source = 'grafana'")
          .bind(org.orgId)
          .all()
      ).results
    expect((await client.post('/grafana/connect', {})).body).toEqual({ success: true })
    expect(await enabled()).toEqual([{ name: 'default', enabled: 1 }])
    expect((await client.get('/grafana/status')).body).toEqual({ connected: true })
    expect((await client.post('/grafana/disconnect')).body).toMatchObject({
      success: true,
      message: 'No connection to disconnect',
    })
    expect(await enabled()).toEqual([{ name: 'default', enabled: 0 }])
    expect((await client.get('/grafana/status')).body).toEqual({ connected: false })
    await client.post('/grafana/connect', {})
    expect(await enabled()).toEqual([{ name: 'default', enabled: 1 }])
    expect(network.seen).toEqual([])
  })

  it('with a token wakes exactly what its disconnect silenced', async ({ expect }) => {
    const { org, client } = await anOrgFor(grafana)
    for (const name of ['A', 'B']) await client.post('/api/integrations', { source: 'grafana', name })
    await env.DB.prepare("UPDATE integrations SET enabled = 0 WHERE org_id = ? AND name = 'B'")
      .bind(org.orgId)
      .run()
    const enabled = async () =>
      (
        await env.DB.prepare('SELECT name FROM integrations WHERE org_id = ? AND enabled = 1')
          .bind(org.orgId)
          .all()
      ).results
    await client.post('/grafana/connect', grafana.form?.good)
    expect((await client.post('/grafana/disconnect')).body).toMatchObject({
      message: 'Grafana disconnected successfully',
    })
    expect((await client.delete('/grafana/disconnect')).body.message).toBe('Already disconnected')
    expect(await enabled()).toEqual([])
    await client.post('/grafana/connect', grafana.form?.good)
    expect(await enabled()).toEqual([{ name: 'A' }])
  })
})

describe('/prometheus', () => {
  it('takes many accounts, and one of them can go', async ({ expect }) => {
    const { org, client } = await anOrgFor(prometheus)
    const connected = await client.post('/prometheus/connect', prometheus.form?.good)
    expect(connected.body).toEqual({
      success: true,
      baseUrl: 'https://prometheus.example.com/prefix',
      tenantId: 'team-a',
    })
    await env.DB.prepare(
      "INSERT INTO connections (id, org_id, user_id, provider, account_id, account_name, method, multi_account, status) SELECT 'other-' || id, org_id, user_id, provider, 'https://other.example.com', 'other', method, 1, 'connected' FROM connections WHERE org_id = ?",
    )
      .bind(org.orgId)
      .run()
    const gone = await client.delete('/api/user_connections', {
      provider: 'prometheus',
      account_id: prometheus.accountId,
    })
    expect(gone.body).toEqual({ status: 'disconnected' })
    expect((await client.get('/api/user_connections')).body).toMatchObject([
      { account_id: 'https://other.example.com' },
    ])
  })

  it.for([
    'http://prometheus.example.com',
    'https://10.0.0.7:9090',
    'https://localhost',
    'https://a:b@prometheus.example.com',
    'https://aurora.test',
  ])('does not call %s', async (baseUrl, { expect }) => {
    const { client } = await anOrgFor(prometheus)
    const answer = await client.post('/prometheus/connect', { baseUrl, authType: 'none' })
    expect([answer.status, answer.body.code]).toEqual([400, 'egress_blocked'])
    expect(network.seen).toEqual([])
  })
})

describe('/cloudflare_api/cloudflare', () => {
  it('connects with either spelling and answers 401 for a refused token', async ({ expect }) => {
    const { client } = await anOrgFor(cloudflare)
    const base = '/cloudflare_api/cloudflare'
    const say = async (form: object) => errorOf(await client.post(`${base}/connect`, form))
    expect(await say({})).toEqual([400, 'validation_failed', 'API token is required'])
    expect(await say({ apiToken: 7 })).toEqual([400, 'validation_failed', 'API token must be a string'])
    expect(await say({ apiToken: 'short' })).toEqual([400, 'validation_failed', 'Invalid API token format'])
    expect((await say(cloudflare.form?.refused ?? {})).slice(0, 2)).toEqual([401, 'credential_refused'])
    const zones = await client.get(`${base}/zones`)
    expect([zones.status, zones.body.code, zones.body.action]).toEqual([
      401,
      'not_connected',
      'CONNECT_REQUIRED',
    ])
    expect((await client.post(`${base}/connect`, cloudflare.form?.good)).body).toEqual({
      success: true,
      message: 'Cloudflare connected successfully',
      accountName: 'Example GmbH',
      email: null,
      zonesCount: 60,
      permissions: [],
      tokenType: 'user',
    })
    expect((await client.get(`${base}/status`)).body).toEqual({
      connected: true,
      provider: 'cloudflare',
      accountName: 'Example GmbH',
      email: null,
      permissions: [],
      tokenType: 'user',
      expiresAt: '2036-01-01T00:00:00.000Z',
      validatedAt: expect.any(String),
    })
  })

  it('lists all zones with what was saved of them', async ({ expect }) => {
    const { client } = await anOrgFor(cloudflare)
    const path = '/cloudflare_api/cloudflare/zones'
    await client.post('/cloudflare_api/cloudflare/connect', cloudflare.form?.good)
    const id = cloudflare.resources?.second?.[0]
    expect((await client.post(path, { zones: [{ id, enabled: false }] })).body).toEqual({
      success: true,
      message: 'Zones saved',
    })
    expect((await client.post(path, { zones: 'x' })).body.error).toBe('zones must be a list')
    const { zones } = (await client.get(path)).body
    expect(zones).toHaveLength(60)
    expect(
      zones.filter(({ enabled }: { enabled: boolean }) => !enabled).map((zone: { id: string }) => zone.id),
    ).toEqual([id])
    expect((await client.post(path, { zones: [] })).body.success).toBe(true)
    expect((await client.get(`${path}?accountId=another`)).body.zones).toEqual([])
  })
})

describe('/github', () => {
  it('logs in through a pop-up that tells its opener, and nobody else, without any token', async ({
    expect,
  }) => {
    const { client } = await anOrgFor(github)
    const begun = await client.post('/github/login', {})
    expect(begun.body.message).toBe('Redirect to GitHub for authentication')
    const authorize = new URL(begun.body.oauth_url)
    expect(authorize.searchParams.get('redirect_uri')).toBe('http://aurora.test/github/callback')
    const search = new URLSearchParams({
      code: github.oauth?.consent(authorize) ?? '',
      state: authorize.searchParams.get('state') ?? '',
    })
    const cookie = (begun.headers.get('set-cookie') ?? '').split(';')[0] ?? ''
    const page = await apiWith({
      ...UNLIMITED,
      ...github.oauth?.variables,
      FRONTEND_URL: 'https://app.example',
    }).get(`/github/callback?${search.toString()}`, { cookie })
    const policy = page.headers.get('content-security-policy') ?? ''
    const nonce = /'nonce-([\w-]+)'/.exec(policy)?.[1] ?? 'none'
    expect(page.text).toContain(`<script nonce="${nonce}">`)
    expect(page.text).toContain('{"type":"github_auth_success"}, "https://app.example"')
    expect((await client.get('/github/status')).body).toEqual({
      connected: true,
      username: 'octo',
      auth_method: 'oauth',
    })
    expect((await client.post('/github/disconnect', {})).body).toMatchObject({
      success: true,
      oauth_token_removed: true,
    })
  })

  it('ends in a plain page whatever the callback brings', async ({ expect }) => {
    const { client } = await anOrgFor(github)
    for (const search of ['', 'code=x', 'code=x&state=y', 'error=%3Cscript%3E&state=%3C/script%3E']) {
      const page = await client.get(`/github/callback?${search}`)
      expect([search, page.status]).toEqual([search, 200])
      expect(page.text).toContain('github_auth_error')
      expect(page.text.match(/<script/g)).toHaveLength(1)
    }
  })

  it('says when this deployment has no such login', async ({ expect }) => {
    const org = await anOrg()
    const off = await apiWith(UNLIMITED, bearer(org.token)).post('/github/login', {})
    expect([off.status, off.body.error_code]).toEqual([404, 'GITHUB_OAUTH_DISABLED'])
    const bare = await apiWith({ ...UNLIMITED, GITHUB_AUTH_MODE: 'oauth' }, bearer(org.token)).post(
      '/github/login',
      {},
    )
    expect([bare.status, bare.body.error_code]).toEqual([400, 'GITHUB_NOT_CONFIGURED'])
  })
})

describe('the older views', () => {
  it('show the same rows', async ({ expect }) => {
    const { org, client } = await anOrgFor(datadog)
    await client.post('/datadog/connect', datadog.form?.good)
    expect((await client.get('/api/connectors/status')).body.connectors).toMatchObject({
      datadog: { connected: true, site: 'datadoghq.eu' },
      github: { connected: false },
    })
    expect((await client.get(`/api/connected-accounts/${org.userId}`)).body).toEqual({
      accounts: {
        datadog: {
          isConnected: true,
          name: 'Datadog',
          displayText: 'Example GmbH',
          accountId: 'datadoghq.eu',
        },
      },
    })
    expect((await client.get('/api/user_connections')).body).toMatchObject([
      { provider: 'datadog', connection_method: 'api_key' },
    ])
    expect((await client.get('/user_tokens')).body).toMatchObject([{ provider: 'datadog', email: null }])
    expect((await client.get('/api/user/tokens')).body).toHaveLength(1)
    expect((await client.get('/api/getUserId')).body).toEqual({ userId: org.userId })
  })

  it('remove what they show', async ({ expect }) => {
    const { org, client } = await anOrgFor(datadog)
    await client.post('/datadog/connect', datadog.form?.good)
    const path = `/api/connected-accounts/${org.userId}/datadog`
    expect((await client.delete(path)).body).toEqual({
      success: true,
      message: 'Removed datadog credentials',
    })
    expect((await client.delete(path)).body).toEqual({
      success: true,
      message: 'No tokens found for provider – nothing to delete',
    })
    expect(errorOf(await client.delete('/api/user_connections', {})).at(-1)).toBe(
      'provider and account_id required',
    )
    const other = await client.get(`/api/connected-accounts/${crypto.randomUUID()}`)
    expect(errorOf(other)).toEqual([404, 'not_found', 'Not found'])
  })
})

it('has no page that hands out credentials, and knows no provider that is not there', async ({ expect }) => {
  const { client } = await anOrgFor(datadog)
  expect((await client.get('/api/credentials/datadog')).status).toBe(404)
  const unknown = await client.get('/api/connectors/nothing/status')
  expect([unknown.status, unknown.body.code]).toEqual([404, 'unknown_provider'])
  const login = await client.post('/api/connectors/datadog/authorize', {})
  expect([login.status, login.body.code]).toEqual([400, 'validation_failed'])
})

it('asks for a redirect to its own frontend only', async ({ expect }) => {
  const { client } = await anOrgFor(github)
  for (const redirect_after of ['//evil.example', 'https://evil.example', '/\\evil.example', 'x', '/a b'])
    expect([
      redirect_after,
      (await client.post('/api/connectors/github/authorize', { redirect_after })).status,
    ]).toEqual([redirect_after, 400])
})
