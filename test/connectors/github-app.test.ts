import { env } from 'cloudflare:workers'
import { afterEach, beforeEach, describe, it, vi } from 'vitest'
import { backgroundPorts } from '../../src/jobs/connectors'
import { hmacSha256Hex } from '../../src/lib/hmac'
import { advanceJob } from '../../src/services/connectors/advance-job'
import { openTenant } from '../../src/store/tenant-db'
import { apiWith } from '../support/api'
import { anOrg, bearer, type Org } from '../support/org'
import { UNLIMITED } from '../support/routes'
import { fakes } from './fakes'
import { github } from './fakes/github'
import {
  APP_VARIABLES,
  githubAppSeen,
  goThrough,
  installed,
  removeInstallation,
  STRANGE_KEY,
  suspend,
  WEBHOOK_SECRET,
} from './fakes/github-app'
import { plugIn, type Network } from './fakes/network'
import { captureLogs, databaseText, leaksIn, type Client } from './support'

const VARIABLES = { ...UNLIMITED, ...APP_VARIABLES, FRONTEND_URL: 'https://app.example' }
const HYBRID = { ...VARIABLES, ...github.oauth?.variables, GITHUB_AUTH_MODE: 'hybrid' }
let network: Network
let logs: string[]
let accounts = 0

beforeEach(() => {
  logs = captureLogs()
  network = plugIn(fakes)
})
afterEach(() => {
  vi.restoreAllMocks()
})

const anAccount = (): string => `acme-${++accounts}`

async function aTeam(variables: Partial<Env> = VARIABLES) {
  const org = await anOrg()
  return { org, client: apiWith(variables, bearer(org.token)) }
}

interface Trip {
  readonly reaches?: readonly number[]
  readonly number?: number | null
  readonly withCookie?: boolean
  readonly state?: string
}

/** Goes to GitHub's page for an installation and comes back. */
async function comeBack(client: Client, id: number, trip: Trip = {}) {
  const begun = await client.get('/github/app/install')
  const page = new URL(begun.body.install_url)
  return callback(page, begun.headers.get('set-cookie') ?? '', { reaches: [id], number: id, ...trip })
}

async function callback(
  page: URL,
  cookies: string,
  { reaches = [], number = null, withCookie = true, state }: Trip,
) {
  const search = new URLSearchParams({
    code: goThrough(page, reaches),
    state: state ?? page.searchParams.get('state') ?? '',
    ...(number === null ? {} : { installation_id: String(number), setup_action: 'install' }),
  })
  const path = `/github/app/install/callback?${search.toString()}`
  const cookie = cookies.split(';')[0] ?? ''
  return { path, ...(await apiWith(VARIABLES).get(path, withCookie ? { cookie } : {})) }
}

const linked = async (client: Client): Promise<readonly number[]> => {
  const { body } = await client.get('/github/app/installations')
  return body.installations.map((it: { installation_id: number }) => it.installation_id)
}

describe('installing the App', () => {
  it('links the installation that the person controls, and forgets the person', async ({ expect }) => {
    const { client } = await aTeam()
    const login = anAccount()
    const id = installed(login)
    const back = await comeBack(client, id)
    expect([back.status, back.text]).toEqual([200, expect.stringContaining('github_auth_success')])
    expect(back.headers.get('content-security-policy')).toMatch(/^default-src 'none'; script-src 'nonce-/)
    expect((await client.get('/github/app/installations')).body.installations).toEqual([
      {
        installation_id: id,
        account_login: login,
        account_id: id - 1,
        account_type: 'Organization',
        target_type: 'Organization',
        permissions: { contents: 'read', metadata: 'read' },
        events: ['push'],
        repository_selection: 'selected',
        suspended_at: null,
        linked_at: expect.any(String),
        is_primary: true,
      },
    ])
    expect((await client.get('/github/status')).body).toEqual({
      connected: true,
      username: login,
      auth_method: 'app',
    })
    expect(githubAppSeen.userTokensLeft()).toBe(0)
    expect((await client.get(back.path)).text).toContain('github_auth_error')
  })

  it('gives twenty callers one token, which stands nowhere', async ({ expect }) => {
    const { client } = await aTeam()
    const id = installed(anAccount())
    await comeBack(client, id)
    const before = githubAppSeen.minted
    const pages = await Promise.all(
      Array.from({ length: 20 }, () => client.get('/api/connectors/github/resources')),
    )
    expect(githubAppSeen.minted).toBe(before + 1)
    expect(pages.map(({ body }) => body.resources.length)).toEqual(Array.from({ length: 20 }, () => 100))
    expect((await client.get('/github/user-repos')).body.repos).toHaveLength(120)
    const secrets = [...githubAppSeen.secrets(), APP_VARIABLES.GITHUB_APP_CLIENT_SECRET, WEBHOOK_SECRET]
    for (const text of [await databaseText(), logs.join('\n'), JSON.stringify(pages)])
      expect(leaksIn(text, secrets)).toEqual([])
  })

  it('believes no number that the person cannot reach, and none of another organisation', async ({
    expect,
  }) => {
    const { client } = await aTeam()
    const [own, foreign] = [installed(anAccount()), installed(anAccount())]
    const forged = await comeBack(client, own, { number: foreign })
    expect(forged.text).toContain('does not control this installation')
    expect(await linked(client)).toEqual([])
    const other = await aTeam()
    await comeBack(other.client, foreign)
    const taken = await comeBack(client, foreign)
    expect(taken.text).toContain('belongs to another organization')
    expect([await linked(client), await linked(other.client)]).toEqual([[], [foreign]])
    const told = (await client.get('/api/audit-log')).text
    for (const reason of ['ownership_unproved', 'cross_org_claim_refused']) expect(told).toContain(reason)
  })

  it('takes no state of the login at GitHub, nor the other way round', async ({ expect }) => {
    const { client } = await aTeam(HYBRID)
    const id = installed(anAccount())
    const login = new URL((await client.post('/github/login', {})).body.oauth_url)
    const mixed = await comeBack(client, id, { state: login.searchParams.get('state') ?? '' })
    expect(mixed.text).toContain('github_auth_error')
    const page = new URL((await client.get('/github/app/install')).body.install_url)
    const wrong = await client.get(`/github/callback?code=x&state=${page.searchParams.get('state')}`)
    expect(wrong.text).toContain('github_auth_error')
    expect(await linked(client)).toEqual([])
  })

  it('from a browser that was not proved waits for whoever began', async ({ expect }) => {
    const { client, org } = await aTeam()
    const id = installed(anAccount())
    const back = await comeBack(client, id, { withCookie: false })
    const ticket = /"task_id":"([^"]+)"/.exec(back.text)?.[1] ?? ''
    expect(await linked(client)).toEqual([])
    const colleague = await org.member('admin')
    expect((await colleague.get(`/api/connectors/jobs/${ticket}`)).status).toBe(404)
    expect((await client.get(`/api/connectors/jobs/${ticket}`)).body).toMatchObject({ state: 'SUCCESS' })
    expect(await linked(client)).toEqual([id])
    expect((await client.get('/github/status')).body.auth_method).toBe('app')
  })

  it('needs an App, and a key that is its own', async ({ expect }) => {
    const { org, client } = await aTeam()
    const bare = apiWith(UNLIMITED, bearer(org.token))
    expect((await bare.get('/github/app/install')).status).toBe(503)
    expect((await bare.get('/github/auth-config')).body).toMatchObject({ mode: 'app', app_enabled: false })
    expect((await client.get('/github/auth-config')).body).toMatchObject({ app_enabled: true })
    const id = installed(anAccount())
    await comeBack(client, id)
    const broken = apiWith({ ...VARIABLES, GITHUB_APP_PRIVATE_KEY: STRANGE_KEY }, bearer(org.token))
    expect((await broken.get('/api/connectors/github/resources')).status).toBe(502)
    expect((await client.get('/github/status')).body.connected).toBe(true)
  })

  it('is what the uniform family begins where there is nothing but the App', async ({ expect }) => {
    const { client, org } = await aTeam()
    const catalogue = (await client.get('/api/connectors')).body.connectors
    expect(catalogue.find((it: { id: string }) => it.id === 'github')).toMatchObject({ enabled: true })
    const id = installed(anAccount())
    const begun = await client.post('/api/connectors/github/authorize', { redirect_after: '/settings' })
    const page = new URL(begun.body.authorization_url)
    expect(page.pathname).toBe(`/apps/${APP_VARIABLES.GITHUB_APP_SLUG}/installations/new`)
    const back = await callback(page, begun.headers.get('set-cookie') ?? '', { reaches: [id], number: id })
    expect(back.headers.get('location')).toBe(
      'https://app.example/settings?connector=github&result=connected',
    )
    const off = apiWith({ ...VARIABLES, GITHUB_AUTH_MODE: 'oauth' }, bearer(org.token))
    expect((await off.post('/api/connectors/github/authorize', {})).status).toBe(503)
  })
})

describe('discovering and claiming', () => {
  const claim = (client: Client, id: number) => client.post(`/github/app/installations/${id}/claim`, {})

  it('want a proof of the person, which lasts ten minutes and is theirs alone', async ({ expect }) => {
    const { client, org } = await aTeam()
    const [first, second] = [installed(anAccount()), installed(anAccount())]
    const unproved = await client.get('/github/app/discover-installations')
    expect([unproved.status, unproved.body.code]).toEqual([403, 'ownership_unproved'])
    const page = new URL(unproved.body.authorization_url)
    expect(page.searchParams.get('code_challenge_method')).toBe('S256')
    const cookies = unproved.headers.get('set-cookie') ?? ''
    const stolen = await callback(page, cookies, { reaches: [first], withCookie: false })
    expect(stolen.text).toContain('github_auth_error')
    const again = await client.get('/github/app/discover-installations')
    const back = await callback(
      new URL(again.body.authorization_url),
      again.headers.get('set-cookie') ?? '',
      { reaches: [first, second] },
    )
    expect(back.text).toContain('github_auth_success')
    const { installations } = (await client.get('/github/app/discover-installations')).body
    expect(installations.map((it: { installation_id: number }) => it.installation_id)).toEqual([
      first,
      second,
    ])
    expect(installations[0]).toMatchObject({ linked_at: null, is_primary: false })

    const viewer = apiWith(VARIABLES, bearer((await org.member('viewer')).token))
    expect((await viewer.get('/github/app/discover-installations')).body.authorization_url).toBeUndefined()
    expect((await claim(viewer, first)).status).toBe(403)
    const stranger = await aTeam()
    expect((await claim(stranger.client, first)).body.code).toBe('ownership_unproved')

    expect((await claim(client, first)).body).toEqual({ success: true, installation_id: first })
    expect(await linked(client)).toEqual([first])
    const left = (await client.get('/github/app/discover-installations')).body.installations
    expect(left).toHaveLength(1)
    removeInstallation(second)
    expect((await claim(client, second)).status).toBe(404)
    await env.DB.prepare('UPDATE github_ownership_proofs SET expires_at = 1 WHERE org_id = ?')
      .bind(org.orgId)
      .run()
    expect((await claim(client, first)).body.code).toBe('ownership_unproved')
  })

  it('stop at an installation of another organisation', async ({ expect }) => {
    const [owner, other] = [await aTeam(), await aTeam()]
    const id = installed(anAccount())
    await comeBack(owner.client, id)
    const begun = await other.client.get('/github/app/discover-installations')
    const page = new URL(begun.body.authorization_url)
    await callback(page, begun.headers.get('set-cookie') ?? '', { reaches: [id] })
    expect((await other.client.get('/github/app/discover-installations')).body.installations).toEqual([])
    const refused = await claim(other.client, id)
    expect([refused.status, refused.body.code]).toEqual([403, 'cross_org_claim_refused'])
    expect((await owner.client.delete(`/github/app/installations/${id}`)).body).toEqual({
      success: true,
      installation_id: id,
    })
    expect((await claim(other.client, id)).status).toBe(200)
    const gone = await owner.client.delete(`/github/app/installations/${id}`)
    expect([gone.status, gone.body.error]).toEqual([404, 'Installation link not found'])
    expect((await owner.client.delete('/github/app/installations/none')).status).toBe(404)
  })
})

describe('what GitHub tells the App', () => {
  async function tell(event: string, body: object, change: { key?: string; id?: string } = {}) {
    const text = JSON.stringify(body)
    const digest = await hmacSha256Hex(change.key ?? WEBHOOK_SECRET, text)
    return apiWith(VARIABLES).call('POST', '/github/app/webhook', text, {
      'x-hub-signature-256': `sha256=${digest}`,
      'x-github-event': event,
      'x-github-delivery': change.id ?? crypto.randomUUID(),
    })
  }

  /** Runs the looks at GitHub that were started. */
  async function look(org: Org) {
    const { results } = await env.DB.prepare(
      "SELECT id FROM connector_jobs WHERE org_id = ? AND state = 'PENDING'",
    )
      .bind(org.orgId)
      .all<{ id: string }>()
    const ports = backgroundPorts({ ...env, ...VARIABLES })
    for (const { id } of results) await advanceJob(openTenant(env.DB, org.orgId), ports, id)
    return results.length
  }

  it('is taken only with its signature, and once', async ({ expect }) => {
    const { client, org } = await aTeam()
    const id = installed(anAccount())
    await comeBack(client, id)
    expect((await tell('ping', { zen: 'x' })).status).toBe(200)
    const forged = await tell('installation', { action: 'deleted', installation: { id } }, { key: 'x' })
    expect([forged.status, forged.body.code]).toEqual([401, 'invalid_token'])
    expect(await look(org)).toBe(0)
    const news = { action: 'suspend', installation: { id } }
    await tell('installation', news, { id: 'd1' })
    await tell('installation', news, { id: 'd1' })
    expect(await look(org)).toBe(1)
    expect((await apiWith(UNLIMITED).post('/github/app/webhook', {})).status).toBe(503)
  })

  it('ends nothing by itself: GitHub is asked, and its answer stands in the status', async ({ expect }) => {
    const { client, org } = await aTeam()
    const id = installed(anAccount())
    await comeBack(client, id)
    const status = async () => (await client.get('/api/connectors/github/status')).body.connections[0]
    await tell('installation', { action: 'deleted', installation: { id } })
    await look(org)
    expect(await status()).toMatchObject({ status: 'connected' })
    suspend(id, true)
    await tell('installation', { action: 'suspend', installation: { id } })
    await look(org)
    expect((await status()).status).toBe('connected')
    expect((await client.get('/api/connectors/github/resources')).body.code).toBe('insufficient_permission')
    suspend(id, false)
    expect((await client.get('/api/connectors/github/resources')).status).toBe(200)
    removeInstallation(id)
    await tell('installation', { action: 'deleted', installation: { id } })
    await look(org)
    expect(await status()).toMatchObject({ status: 'error', status_reason: 'expired' })
    expect(await linked(client)).toEqual([id])
  })
})

describe('a login beside installations', () => {
  it('sees its own repositories, and each owner is asked through its own account', async ({ expect }) => {
    const { client } = await aTeam(HYBRID)
    const login = anAccount()
    const id = installed(login)
    await comeBack(client, id)
    const begun = await client.post('/github/login', {})
    const authorize = new URL(begun.body.oauth_url)
    const search = new URLSearchParams({
      code: github.oauth?.consent(authorize) ?? '',
      state: authorize.searchParams.get('state') ?? '',
    })
    const cookie = (begun.headers.get('set-cookie') ?? '').split(';')[0] ?? ''
    await client.get(`/github/callback?${search.toString()}`, { cookie })
    expect(await linked(client)).toEqual([id])
    expect((await client.get('/github/user-repos')).body.repos).toHaveLength(250)
    for (const name of [`${login}/service-1`, 'example/repo-1'])
      expect((await client.get(`/github/user-branches/${name}`)).body.branches).toHaveLength(1)
    await client.post('/github/repo-selections', {
      repositories: [{ full_name: `${login}/service-1` }, { full_name: 'example/repo-1' }],
    })
    const { repositories } = (await client.get('/github/repo-selections')).body
    expect(repositories).toMatchObject([
      { installation_id: id, auth_method: 'app' },
      { installation_id: null, auth_method: 'oauth' },
    ])
    expect((await client.post('/github/disconnect', { also_uninstall: true })).body).toEqual({
      success: true,
      removed_installations: 1,
      uninstalled_on_github: 1,
      uninstall_failures: 0,
      oauth_token_removed: true,
    })
    expect(removeInstallation(id)).toBe(false)
    expect((await client.get('/github/status')).body).toEqual({ connected: false })
    expect((await client.post('/github/disconnect')).body).toMatchObject({ removed_installations: 0 })
    expect(network.strays).toEqual([])
  })

  it('describes a chosen repository out of its front page', async ({ expect }) => {
    const { client, org } = await aTeam()
    const login = anAccount()
    await comeBack(client, installed(login))
    const name = `${login}/service-1`
    const generate = (repo: unknown) =>
      client.post('/github/repo-metadata/generate', { repo_full_name: repo })
    expect((await generate(name)).status).toBe(404)
    expect((await generate('../..')).status).toBe(400)
    await client.post('/github/repo-selections', { repositories: [{ full_name: name }] })
    expect((await generate(name)).body).toEqual({ message: 'Metadata generation started' })
    const job = await env.DB.prepare(
      "SELECT id FROM connector_jobs WHERE org_id = ? AND kind = 'repo_metadata'",
    )
      .bind(org.orgId)
      .first<{ id: string }>()
    await advanceJob(openTenant(env.DB, org.orgId), backgroundPorts({ ...env, ...VARIABLES }), job?.id ?? '')
    const [repository] = (await client.get('/github/repo-selections')).body.repositories
    expect(repository).toMatchObject({ metadata_status: 'ready' })
    expect(repository.metadata_summary).toBe(
      'Takes the money.\nLanguages: TypeScript, Shell.\nTopics: checkout.\nDefault branch: main.\nThe service that every checkout of the shop goes through.',
    )
  })
})
