import { afterEach, beforeEach, describe, it, vi } from 'vitest'
import { apiWith } from '../support/api'
import { bearer } from '../support/org'
import { fakes } from './fakes'
import { plugIn, type Network } from './fakes/network'
import { DATABASE, notion } from './fakes/notion'
import { anOrgFor, captureLogs, leaksIn, variablesOf } from './support'

let network: Network

beforeEach(() => {
  captureLogs()
  network = plugIn(fakes)
})
afterEach(() => {
  vi.restoreAllMocks()
})

/** Begins a login and consents; answers what the page at Notion's redirect would post. */
async function consented(client: Awaited<ReturnType<typeof anOrgFor>>['client']) {
  const authorize = new URL((await client.post('/notion/connect', {})).body.authUrl)
  return {
    code: notion.oauth?.consent(authorize) ?? '',
    state: authorize.searchParams.get('state') ?? '',
  }
}

describe('/notion with a token', () => {
  it('connects, lists databases and disconnects', async ({ expect }) => {
    const { client } = await anOrgFor(notion)
    expect((await client.get('/notion/status')).body).toEqual({
      connected: false,
      oauthConfigured: true,
      workspaceName: null,
      authType: null,
    })
    expect((await client.get('/notion/databases')).status).toBe(404)
    const form = { token_type: 'iit', ...notion.form?.good }
    expect((await client.post('/notion/connect', form)).body).toEqual({
      success: true,
      connected: true,
      workspaceName: 'Example',
      authType: 'iit',
    })
    expect((await client.get('/notion/databases')).body.databases).toHaveLength(120)
    expect((await client.get(`/notion/databases/${DATABASE}`)).body).toEqual({
      id: DATABASE,
      title: 'Runbooks 1',
      url: 'https://www.notion.so/1',
      properties: { Name: { type: 'title' } },
    })
    expect((await client.get('/notion/databases/none')).body.code).toBe('no_resources')
    expect((await client.delete('/notion/disconnect')).body).toMatchObject({
      success: true,
      revocation: 'unsupported',
    })
  })

  it('asks nobody about a token that cannot be one, and answers 401 for a refused one', async ({
    expect,
  }) => {
    const { client } = await anOrgFor(notion)
    const say = async (token: unknown) => {
      const { status, body } = await client.post('/notion/connect', { token_type: 'iit', token })
      return [status, body.error]
    }
    const text = 'Invalid Notion integration token'
    for (const token of ['', 'ntn_short', 'x'.repeat(50), `ntn_${'x'.repeat(200)}`, 7])
      expect([token, ...(await say(token))]).toEqual([token, 400, text])
    expect(network.seen).toEqual([])
    expect(await say('secret_of-somebody-else-0123456789abcdefghijkl')).toEqual([401, text])
  })
})

describe('/notion with a login', () => {
  it('is completed by the page that posts code and state, and its token is revoked', async ({ expect }) => {
    const { client } = await anOrgFor(notion)
    const answer = await client.post('/notion/oauth/callback', await consented(client))
    expect(answer.body).toEqual({
      success: true,
      connected: true,
      workspaceName: 'Example',
      authType: 'oauth',
    })
    expect(leaksIn(answer.text, notion.secrets)).toEqual([])
    expect((await client.post('/notion/disconnect', {})).body.revocation).toBe('revoked')
  })

  it('takes a state once, from its own user, and for its own provider', async ({ expect }) => {
    const { client, org } = await anOrgFor(notion)
    const colleague = apiWith(variablesOf(notion), bearer((await org.member('editor')).token))
    const posted = await consented(client)
    const stolen = await colleague.post('/notion/oauth/callback', posted)
    expect([stolen.status, stolen.body.code]).toEqual([400, 'oauth_state_invalid'])
    const replayed = await client.post('/notion/oauth/callback', posted)
    expect([replayed.status, replayed.body.code]).toEqual([400, 'oauth_state_invalid'])
    expect(network.seen).toEqual([])
    const { state } = await consented(client)
    const refused = await client.post('/notion/oauth/callback', { code: 'another', state })
    expect([refused.status, refused.body.code]).toEqual([400, 'credential_refused'])
    expect((await client.post('/notion/oauth/callback', {})).body.error).toBe(
      'Missing code or state parameter',
    )
  })

  it('needs an integration of this deployment', async ({ expect }) => {
    const { org } = await anOrgFor(notion)
    const bare = await apiWith({}, bearer(org.token)).post('/notion/connect', {})
    expect([bare.status, bare.body.code]).toEqual([503, 'provider_not_configured'])
  })
})
