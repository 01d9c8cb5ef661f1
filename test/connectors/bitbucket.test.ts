import { afterEach, beforeEach, describe, it, vi } from 'vitest'
import { apiWith } from '../support/api'
import { bearer } from '../support/org'
import { fakes } from './fakes'
import { bitbucket } from './fakes/bitbucket'
import { plugIn, type Network } from './fakes/network'
import { anOrgFor, captureLogs, leaksIn, storedConnection, variablesOf } from './support'

let network: Network

beforeEach(() => {
  captureLogs()
  network = plugIn(fakes)
})
afterEach(() => {
  vi.restoreAllMocks()
})

/** Goes through the login in one browser; answers the page that it ends on. */
async function logIn(
  client: Awaited<ReturnType<typeof anOrgFor>>['client'],
  change: Record<string, string> = {},
) {
  const begun = await client.post('/bitbucket/login', {})
  const authorize = new URL(begun.body.oauth_url)
  const search = new URLSearchParams({
    code: bitbucket.oauth?.consent(authorize) ?? '',
    state: authorize.searchParams.get('state') ?? '',
    ...change,
  })
  const cookie = (begun.headers.get('set-cookie') ?? '').split(';')[0] ?? ''
  const page = await apiWith(variablesOf(bitbucket)).get(`/bitbucket/callback?${search.toString()}`, {
    cookie,
  })
  return { begun, page, search }
}

describe('/bitbucket with an API token', () => {
  it('connects, shows itself with the scopes it lacks, and disconnects', async ({ expect }) => {
    const { client } = await anOrgFor(bitbucket)
    const shown = {
      username: 'ops',
      display_name: 'Ops',
      auth_type: 'api_token',
      missing_scopes: ['read:issue:bitbucket'],
    }
    expect((await client.get('/bitbucket/status')).body).toEqual({
      connected: false,
      username: null,
      display_name: null,
      auth_type: null,
      incident_prevention_enabled: false,
    })
    expect((await client.post('/bitbucket/login', bitbucket.form?.good)).body).toEqual({
      success: true,
      ...shown,
    })
    expect((await client.get('/bitbucket/status')).body).toEqual({
      connected: true,
      ...shown,
      incident_prevention_enabled: false,
    })
    expect((await client.post('/bitbucket/disconnect', {})).body).toMatchObject({
      success: true,
      message: 'Bitbucket account disconnected',
      revocation: 'unsupported',
    })
  })

  it('says what is wrong in the documented words', async ({ expect }) => {
    const { client } = await anOrgFor(bitbucket)
    const say = async (form: object) => {
      const { status, body } = await client.post('/bitbucket/login', form)
      return [status, body.error]
    }
    const both = 'Both email and API token are required for API token authentication'
    expect(await say({ email: 'a@example.com' })).toEqual([400, both])
    expect(await say({ api_token: 'x' })).toEqual([400, both])
    expect(await say(bitbucket.form?.refused ?? {})).toEqual([
      400,
      'Invalid Bitbucket credentials. Check your email and API token.',
    ])
  })
})

describe('/bitbucket with a login', () => {
  it('connects through a pop-up and refreshes with the client in the header', async ({ expect }) => {
    const { org, client } = await anOrgFor(bitbucket)
    const { page } = await logIn(client)
    expect(page.text).toContain('{"type":"bitbucket_auth_success"}')
    expect((await client.get('/bitbucket/status')).body).toMatchObject({
      connected: true,
      auth_type: 'oauth',
    })
    expect((await client.get('/bitbucket/workspaces')).body).toEqual({
      workspaces: [{ slug: 'example', name: 'example', uuid: '{w1}' }],
    })
    const refresh = network.seen.filter(({ body }) => body.includes('grant_type=refresh_token'))
    expect(refresh).toHaveLength(1)
    expect(await storedConnection(org, 'bitbucket')).toMatchObject({ status: 'connected' })
    expect(leaksIn(page.text, bitbucket.secrets)).toEqual([])
  })

  it('spends no code on a callback that nobody asked for', async ({ expect }) => {
    const { client } = await anOrgFor(bitbucket)
    const { page, search } = await logIn(client, { state: 'forged' })
    expect(page.text).toContain('bitbucket_auth_error')
    expect(network.seen).toEqual([])
    expect(search.get('code')).toMatch(/^bb-code-/)
  })

  it('says when this deployment has no such login', async ({ expect }) => {
    const { org } = await anOrgFor(bitbucket)
    const refused = await apiWith({}, bearer(org.token)).post('/bitbucket/login', {})
    expect([refused.status, refused.body.error_code]).toEqual([400, 'OAUTH_NOT_CONFIGURED'])
  })
})

describe('the repositories of Bitbucket', () => {
  it('are browsed as Bitbucket has them', async ({ expect }) => {
    const { client } = await anOrgFor(bitbucket)
    const bare = await client.get('/bitbucket/repos/example')
    expect([bare.status, bare.body.code, bare.body.action]).toEqual([
      401,
      'not_connected',
      'CONNECT_REQUIRED',
    ])
    await client.post('/bitbucket/login', bitbucket.form?.good)
    const list = async (path: string) => (await client.get(`/bitbucket/${path}`)).body
    expect((await list('repos/example')).repositories).toHaveLength(120)
    expect(await list('projects/example')).toEqual({ projects: [{ key: 'OPS', name: 'Ops' }] })
    expect((await list('branches/example/repo-1')).branches).toMatchObject([{ name: 'main' }])
    expect((await list('pull-requests/example/repo-1')).pull_requests).toMatchObject([{ id: 1 }])
    expect((await list('issues/example/repo-1')).issues).toMatchObject([{ id: 7 }])
    expect((await client.get('/bitbucket/issues/example/none')).body.code).toBe('no_resources')
    const blocked = await client.get('/api/connectors/bitbucket/resources?cursor=/../evil')
    expect([blocked.status, blocked.body.code]).toEqual([400, 'egress_blocked'])
  })

  it('are chosen by workspace, and forgotten with the connection', async ({ expect }) => {
    const { client } = await anOrgFor(bitbucket)
    const path = '/bitbucket/workspace-selection'
    await client.post('/bitbucket/login', bitbucket.form?.good)
    const say = async (form: object) => (await client.post(path, form)).body.error
    expect(await say({})).toBe('Workspace is required')
    expect(await say({ workspace: 'example', repositories: [] })).toBe('At least one repository is required')
    expect(await say({ workspace: 'example', repositories: [7] })).toBe('At least one repository is required')
    const first = { workspace: 'example', repositories: ['repo-1', { full_name: 'example/repo-2' }] }
    expect((await client.post(path, first)).body).toMatchObject({ added: 2, removed: 0 })
    expect((await client.put(path, { workspace: 'example', repositories: ['repo-2'] })).body).toMatchObject({
      workspace: 'example',
      repositories: [{ full_name: 'example/repo-2' }],
      added: 0,
      removed: 1,
    })
    expect((await client.get(path)).body).toEqual({
      workspace: 'example',
      workspaces: [{ slug: 'example', name: 'example', uuid: '{w1}' }],
      repositories: [{ full_name: 'example/repo-2' }],
    })
    await client.post('/bitbucket/disconnect', {})
    await client.post('/bitbucket/login', bitbucket.form?.good)
    expect((await client.get(path)).body.repositories).toEqual([])
    expect((await client.delete(path)).body).toEqual({ message: 'Workspace selection cleared' })
  })
})
