import { env } from 'cloudflare:workers'
import { afterEach, beforeEach, describe, it, vi } from 'vitest'
import { apiWith } from '../support/api'
import { anOrg, bearer } from '../support/org'
import { UNLIMITED } from '../support/routes'
import { fakes } from './fakes'
import { atlassian, atlassianApp, CLOUD, endGrants, SITE } from './fakes/atlassian'
import { CLOUD_WIKI, confluence, RUNBOOK, WIKI } from './fakes/confluence'
import { CLOUD_JIRA, jira, JIRA } from './fakes/jira'
import { plugIn, type Network } from './fakes/network'
import { JSM, opsgenie } from './fakes/opsgenie'
import { anOrgFor, beginAndConsent, captureLogs, errorOf, leaksIn, variablesOf, type Client } from './support'

let network: Network

beforeEach(() => {
  captureLogs()
  atlassianApp.scope = ''
  atlassianApp.broken.clear()
  atlassianApp.issues.length = 0
  network = plugIn(fakes)
})
afterEach(() => {
  vi.restoreAllMocks()
})

/** Begins a login and consents; answers what the page at Atlassian's redirect would post. */
async function consented(client: Client, products?: readonly string[], path = '/atlassian/connect') {
  const authorize = new URL((await client.post(path, { products })).body.authUrl)
  return {
    scopes: (authorize.searchParams.get('scope') ?? '').split(' '),
    posted: {
      code: atlassian.oauth?.consent(authorize) ?? '',
      state: authorize.searchParams.get('state') ?? '',
    },
  }
}

const login = async (client: Client, products?: readonly string[], path?: string) =>
  client.post(path ?? '/atlassian/connect', (await consented(client, products, path)).posted)

const rowsOf = async (orgId: string) =>
  (
    await env.DB.prepare(
      'SELECT c.provider, c.status, c.status_reason, c.parent_id IS NOT NULL AS shared, s.connection_id IS NOT NULL AS sealed FROM connections c LEFT JOIN connection_secrets s ON s.connection_id = c.id WHERE c.org_id = ? ORDER BY c.provider, c.rowid',
    )
      .bind(orgId)
      .all()
  ).results

const oauth = { connected: true, authType: 'oauth', baseUrl: SITE, cloudId: CLOUD }
const operations = { ...oauth, authType: 'jsm_oauth' }

describe('the login at Atlassian', () => {
  it('asks for nothing but to read, unless an export is wished for', async ({ expect }) => {
    const { client } = await anOrgFor(atlassian)
    const { scopes } = await consented(client, ['confluence', 'jira', 'jsm_ops'])
    expect(scopes).toEqual([
      'offline_access',
      'read:page:confluence',
      'read:space:confluence',
      'read:user:confluence',
      'search:confluence',
      'read:jira-work',
      'read:jira-user',
      'read:ops-alert:jira-service-management',
      'read:ops-config:jira-service-management',
    ])
    const writing = (await consented(client, ['jira_export'])).scopes
    expect(writing.filter((it) => it.startsWith('write:'))).toEqual(['write:jira-work'])
    const unknown = await client.post('/atlassian/connect', { products: ['trello'] })
    expect(errorOf(unknown).slice(0, 2)).toEqual([400, 'validation_failed'])
    const uniform = await client.post('/api/connectors/atlassian/authorize', { products: ['trello'] })
    expect(uniform.status).toBe(400)
  })

  it('opens its products as connections that share one secret', async ({ expect }) => {
    const { org, client } = await anOrgFor(atlassian)
    const answer = await login(client, ['confluence', 'jira', 'jsm_ops'])
    expect(answer.body).toEqual({
      success: true,
      connected: true,
      results: { confluence: oauth, jira: oauth, jsm_ops: operations },
    })
    expect(leaksIn(answer.text, atlassian.secrets)).toEqual([])
    expect(await rowsOf(org.orgId)).toMatchObject([
      { provider: 'atlassian', status: 'connected', shared: 0, sealed: 1 },
      { provider: 'confluence', status: 'connected', shared: 1, sealed: 0 },
      { provider: 'jira', status: 'connected', shared: 1, sealed: 0 },
      { provider: 'opsgenie', status: 'connected', shared: 1, sealed: 0 },
    ])
    const status = { confluence: oauth, jira: oauth, jsm_ops: operations }
    expect((await client.get('/atlassian/status')).body).toEqual(status)
    expect((await client.get('/confluence/status?validate=true')).body).toEqual({
      ...oauth,
      userDisplayName: 'Dana',
      userEmail: 'dana@example.com',
    })
    expect((await client.get('/opsgenie/status?validate=true')).body).toMatchObject({
      connected: true,
      authType: 'jsm_oauth',
    })
  })

  it('fetches one token for all products, and uses each refresh token once', async ({ expect }) => {
    const { client } = await anOrgFor(atlassian)
    await login(client, ['confluence', 'jira'])
    const before = network.seen.length
    const asks = Array.from({ length: 10 }, () => [
      client.post('/jira/search', { jql: 'project = OPS' }),
      client.get('/api/connectors/confluence/resources'),
    ])
    const answers = await Promise.all(asks.flat())
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]))
    expect(network.seen.slice(before).filter((seen) => atlassian.isTokenRequest?.(seen))).toHaveLength(1)
  })

  it('connects what answers, and says of the rest that it does not', async ({ expect }) => {
    const { org, client } = await anOrgFor(atlassian)
    atlassianApp.broken.add('jira')
    expect((await login(client, ['confluence', 'jira'])).body.results).toEqual({
      confluence: oauth,
      jira: { connected: false, error: 'Token lacks jira access' },
    })
    atlassianApp.broken.add('confluence')
    const none = await login((await anOrgFor(atlassian)).client, ['confluence', 'jira'])
    expect(errorOf(none).slice(0, 2)).toEqual([400, 'credential_refused'])
    expect((await rowsOf(org.orgId)).map(({ provider }) => provider)).toEqual(['atlassian', 'confluence'])
  })

  it('asks for what an earlier login opened as well, so that nothing is lost', async ({ expect }) => {
    const { client } = await anOrgFor(atlassian)
    await login(client, ['confluence_export'])
    const { scopes, posted } = await consented(client, ['jira'])
    expect(scopes).toContain('write:page:confluence')
    await client.post('/atlassian/connect', posted)
    expect((await client.get('/atlassian/status')).body).toEqual({
      confluence: oauth,
      jira: oauth,
      jsm_ops: { connected: false },
    })
  })

  it('in another browser waits with its products until its starter claims it', async ({ expect }) => {
    const { org, client } = await anOrgFor(atlassian)
    const { callback } = await beginAndConsent(atlassian, client, { products: ['confluence', 'jira'] })
    const back = new URL((await client.get(callback)).headers.get('location') ?? '')
    expect(back.searchParams.get('result')).toBe('pending')
    expect(await rowsOf(org.orgId)).toEqual([])
    await client.get(`/api/connectors/jobs/${back.searchParams.get('task_id')}`)
    expect((await rowsOf(org.orgId)).map(({ provider, status }) => [provider, status])).toEqual([
      ['atlassian', 'connected'],
      ['confluence', 'connected'],
      ['jira', 'connected'],
    ])
  })

  it('takes a state once, and from its own user', async ({ expect }) => {
    const { org, client } = await anOrgFor(atlassian)
    const colleague = apiWith(variablesOf(atlassian), bearer((await org.member('editor')).token))
    const { posted } = await consented(client)
    const invalid = [400, 'oauth_state_invalid', 'Invalid or expired OAuth state']
    expect(errorOf(await colleague.post('/atlassian/connect', posted))).toEqual([
      400,
      'oauth_state_invalid',
      'OAuth state mismatch',
    ])
    expect(errorOf(await client.post('/atlassian/connect', posted))).toEqual(invalid)
    expect(errorOf(await client.post('/atlassian/connect', { code: 'x', state: 'y' }))).toEqual(invalid)
    expect(errorOf(await client.post('/atlassian/connect', { code: 'x' })).at(-1)).toBe(
      'Missing OAuth state parameter',
    )
    expect(network.seen).toEqual([])
    const bare = apiWith(UNLIMITED, bearer((await anOrg()).token))
    expect(errorOf(await bare.post('/atlassian/connect', {})).slice(0, 2)).toEqual([
      503,
      'provider_not_configured',
    ])
  })

  it('ends with its grant: every product says so, and a new login brings all back', async ({ expect }) => {
    const { org, client } = await anOrgFor(atlassian)
    await login(client, ['confluence', 'jira'])
    endGrants()
    const refused = await client.post('/jira/search', { jql: 'x' })
    expect(errorOf(refused).slice(0, 2)).toEqual([409, 'reconnect_required'])
    expect(await rowsOf(org.orgId)).toMatchObject([
      { provider: 'atlassian', status: 'error', status_reason: 'expired', sealed: 1 },
      { provider: 'confluence', status: 'error', status_reason: 'expired' },
      { provider: 'jira', status: 'error', status_reason: 'expired' },
    ])
    expect((await client.get('/confluence/status')).body).toEqual({ connected: false })
    const before = network.seen.length
    expect((await client.get('/api/connectors/confluence/resources')).status).toBe(409)
    expect(network.seen).toHaveLength(before)
    await login(client, ['confluence', 'jira'])
    expect((await client.post('/jira/search', { jql: 'x' })).status).toBe(200)
    expect((await client.get('/api/connectors/confluence/resources')).status).toBe(200)
  })
})

describe('a grant that is refused for a while', () => {
  it('takes its products along, and brings them back', async ({ expect }) => {
    const { org, client } = await anOrgFor(atlassian)
    await login(client, ['confluence', 'jira'])
    const validated = async () => {
      await env.DB.prepare('UPDATE connections SET checked_at = NULL WHERE org_id = ?').bind(org.orgId).run()
      await client.get('/api/connectors/atlassian/status?validate=true')
      return (await rowsOf(org.orgId)).map(({ status }) => status)
    }
    atlassianApp.broken.add('sites')
    expect(await validated()).toEqual(['error', 'error', 'error'])
    atlassianApp.broken.clear()
    expect(await validated()).toEqual(['connected', 'connected', 'connected'])
  })
})

describe('the end of a product', () => {
  it('leaves the login to the others; the last one takes it along', async ({ expect }) => {
    const { org, client } = await anOrgFor(atlassian)
    await login(client, ['confluence', 'jira'])
    expect((await client.post('/atlassian/disconnect', { product: 'confluence' })).body).toMatchObject({
      success: true,
      deleted: 1,
      disconnected: [SITE],
      revocation: 'kept',
    })
    expect((await client.post('/jira/search', { jql: 'x' })).status).toBe(200)
    expect((await client.delete('/jira/disconnect')).body).toMatchObject({
      message: 'Jira disconnected successfully',
      deleted: 1,
      revocation: 'unsupported',
    })
    expect(await rowsOf(org.orgId)).toMatchObject(
      ['atlassian', 'confluence', 'jira'].map((provider) => ({
        provider,
        status: 'not_connected',
        sealed: 0,
      })),
    )
    expect((await client.post('/jira/disconnect')).body).toMatchObject({ deleted: 0, disconnected: [] })
  })

  it('comes with that of the login', async ({ expect }) => {
    for (const end of [
      (client: Client) => client.post('/atlassian/disconnect', { product: 'all' }),
      (client: Client) => client.post('/api/connectors/atlassian/disconnect', {}),
    ]) {
      const { org, client } = await anOrgFor(atlassian)
      await login(client, ['confluence', 'jira', 'jsm_ops'])
      await client.post('/api/integrations', { source: 'opsgenie', name: 'Ops' })
      expect((await end(client)).status).toBe(200)
      const rows = await rowsOf(org.orgId)
      expect(rows.map(({ status }) => status)).toEqual(rows.map(() => 'not_connected'))
      expect((await client.get('/api/integrations')).body.integrations).toMatchObject([{ enabled: false }])
    }
  })

  it('comes with a token in its place, and takes the login along when it was the last', async ({
    expect,
  }) => {
    const { org, client } = await anOrgFor(atlassian)
    await login(client, ['jira'])
    await client.post('/api/connectors/jira/connect', jira.form?.good)
    expect(await rowsOf(org.orgId)).toMatchObject([
      { provider: 'atlassian', status: 'not_connected', sealed: 0 },
      { provider: 'jira', status: 'not_connected', sealed: 0 },
      { provider: 'jira', status: 'connected', shared: 0, sealed: 1 },
    ])
    await login(client, ['jira'])
    expect((await client.get('/jira/status')).body).toMatchObject({ authType: 'oauth', baseUrl: SITE })
    const sealed = (await rowsOf(org.orgId)).filter((row) => row['sealed'] === 1)
    expect(sealed.map(({ provider }) => provider)).toEqual(['atlassian'])
  })

  it('does not end an account of Opsgenie, which is no product of Atlassian', async ({ expect }) => {
    const { client } = await anOrgFor(opsgenie)
    await client.post('/opsgenie/connect', opsgenie.form?.good)
    await client.post('/atlassian/disconnect', { product: 'jsm_ops' })
    expect((await client.get('/opsgenie/status')).body.connected).toBe(true)
    expect(errorOf(await client.post('/atlassian/disconnect', {})).at(-1)).toBe(
      "product must be one of confluence, jira, jsm_ops or 'all'",
    )
  })
})

describe('tokens in place of a login', () => {
  it('connect a product each, and one that is refused keeps no other out', async ({ expect }) => {
    const { client } = await anOrgFor(confluence)
    const form = {
      authType: 'pat',
      products: ['confluence', 'jira', 'jsm_ops'],
      confluenceBaseUrl: WIKI,
      confluencePatToken: 'nobody-knows-this-token',
      ...Object.fromEntries(
        Object.entries(jira.form?.good ?? {}).map(([name, value]) => [
          `jira${name.charAt(0).toUpperCase()}${name.slice(1)}`,
          value,
        ]),
      ),
      jsm_opsEmail: JSM.email,
      jsm_opsPatToken: JSM.apiToken,
      jsm_opsBaseUrl: SITE,
    }
    expect((await client.post('/atlassian/connect', form)).body).toEqual({
      success: true,
      connected: true,
      results: {
        confluence: { connected: false, error: 'Failed to validate Confluence PAT' },
        jira: { connected: true, authType: 'pat', baseUrl: JIRA, cloudId: null },
        jsm_ops: { connected: true, authType: 'jsm_basic', baseUrl: SITE, cloudId: JSM.cloudId },
      },
    })
  })

  it.for([
    ['confluence', CLOUD_WIKI, 'https://docs.atlassian.net/wiki', 'S130'],
    ['jira', CLOUD_JIRA, 'https://shop.atlassian.net', 'P130'],
  ] as const)(
    'with an address are API tokens of the cloud: %s',
    async ([provider, form, baseUrl, last], { expect }) => {
      const { client } = await anOrgFor(confluence)
      const made = await client.post(`/api/connectors/${provider}/connect`, form)
      expect(made.body.connection).toMatchObject({ account_id: baseUrl, details: { baseUrl, cloudId: null } })
      const ids: string[] = []
      let cursor: string | null = ''
      for (let page = 0; page < 5 && cursor !== null; page++) {
        const { body } = await client.get(
          `/api/connectors/${provider}/resources?cursor=${cursor}`.replace(/cursor=$/, ''),
        )
        ids.push(...body.resources.map(({ id }: { id: string }) => id))
        cursor = body.next_cursor
      }
      expect([ids.length, new Set(ids).size, ids.at(-1)]).toEqual([130, 130, last])
    },
  )

  it('are asked for, and a refused one of Confluence is 401', async ({ expect }) => {
    const { client } = await anOrgFor(confluence)
    const say = async (form: object) =>
      errorOf(await client.post('/confluence/connect', { authType: 'pat', ...form }))
    expect(await say({})).toEqual([400, 'validation_failed', 'Confluence baseUrl is required for PAT auth'])
    expect((await say({ base_url: WIKI })).at(-1)).toBe('Confluence PAT token is required')
    expect(await say(confluence.form?.refused ?? {})).toEqual([
      401,
      'credential_refused',
      'Failed to validate Confluence PAT',
    ])
    expect((await say({ baseUrl: 'https://10.0.0.1', patToken: 'x' })).slice(0, 2)).toEqual([
      400,
      'egress_blocked',
    ])
    const all = { products: ['confluence'], authType: 'pat', ...confluence.form?.refused }
    expect((await client.post('/atlassian/connect', all)).status).toBe(401)
    expect((await client.post('/confluence/connect', { authType: 'basic' })).body.error).toBe(
      "Unsupported authType. Use 'oauth' or 'pat'.",
    )
  })
})

describe('/confluence', () => {
  it('connects with a token, and reads a page by its address as a runbook', async ({ expect }) => {
    const { client } = await anOrgFor(confluence)
    const url = `${WIKI}/pages/viewpage.action?pageId=4711`
    expect((await client.post('/confluence/fetch', { url })).status).toBe(404)
    const connected = await client.post('/confluence/connect', { authType: 'pat', ...confluence.form?.good })
    expect(connected.body).toEqual({
      success: true,
      connected: true,
      authType: 'pat',
      baseUrl: WIKI,
      cloudId: null,
      userDisplayName: 'Dana',
      userEmail: null,
    })
    const page = await client.post('/confluence/fetch', { pageUrl: url })
    expect(page.body).toEqual({
      id: '4711',
      title: 'Checkout',
      version: { number: 3 },
      body: { storage: { value: RUNBOOK, representation: 'storage' } },
      url,
    })
    const { body: parsed } = await client.post('/confluence/parse', { page_url: url })
    expect(parsed).toMatchObject({ title: 'Checkout', pageId: '4711', pageUrl: url, baseUrl: WIKI })
    expect(Object.keys(parsed.sections)).toEqual(['Checkout & payments', 'Symptoms', 'Steps'])
    expect(parsed.markdown).not.toContain('alert')
    expect(parsed.steps).toMatchObject([
      { step_id: 'step_1', text: 'Latency over 2 s', command: null, classification: 'manual' },
      {
        command: 'kubectl get pods -n shop',
        tool_hint: 'kubectl',
        classification: 'safe_automated',
        required_approval: false,
        evidence_required: true,
      },
      {
        command: 'kubectl rollout restart deploy/checkout',
        classification: 'risky_automated',
        required_approval: true,
      },
      { text: 'Open the dashboard', command: null, classification: 'manual' },
    ])
  })

  it('reads no page that is elsewhere', async ({ expect }) => {
    const { client } = await anOrgFor(confluence)
    await client.post('/confluence/connect', { authType: 'pat', ...confluence.form?.good })
    const say = async (url?: unknown) => errorOf(await client.post('/confluence/fetch', { url })).at(-1)
    expect(await say()).toBe('Confluence page URL is required')
    expect(await say('not an address')).toBe('Invalid Confluence page URL')
    expect(await say('https://evil.example/pages/4711')).toBe(
      'Confluence page URL does not match configured base URL',
    )
    expect(await say(`${WIKI}/display/OPS/Home`)).toBe('Unable to parse Confluence page ID from URL')
    expect(errorOf(await client.post('/confluence/fetch', { url: `${WIKI}/pages/99` })).slice(0, 2)).toEqual([
      400,
      'no_resources',
    ])
  })

  it('connects with a login of its own', async ({ expect }) => {
    const { client } = await anOrgFor(atlassian)
    const answer = await login(client, undefined, '/confluence/connect')
    expect(answer.body).toMatchObject({ success: true, ...oauth, userDisplayName: 'Dana' })
    expect((await client.get('/atlassian/status')).body.jira).toEqual({ connected: false })
  })
})

describe('/jira', () => {
  it('searches and reads issues', async ({ expect }) => {
    const { client } = await anOrgFor(atlassian)
    expect((await client.post('/jira/search', { jql: 'x' })).body.code).toBe('not_connected')
    await login(client, ['jira'])
    const found = await client.post('/jira/search', { jql: 'project = OPS', maxResults: 5000 })
    expect(found.body.issues[0].asked).toMatchObject({ jql: 'project = OPS', maxResults: 100 })
    expect((await client.post('/jira/search', { jql: 'x', maxResults: 'many' })).body.error).toBe(
      'maxResults must be a number',
    )
    expect((await client.get('/jira/issue/OPS-1')).body.fields).toEqual({ summary: 'Broken' })
    expect((await client.get('/jira/issue/OPS-7')).status).toBe(404)
    expect((await client.get('/jira/issue/..%2Fmyself')).status).toBe(400)
  })

  it('is written to by nobody until the login allows it, and more than comments until a person does', async ({
    expect,
  }) => {
    const { org, client } = await anOrgFor(atlassian)
    const comment = { body: 'Seen in *Aurora*.' }
    const issue = { projectKey: 'OPS', summary: 'Broken', description: '# What\n- one\n- two' }
    await login(client, ['jira'])
    expect(errorOf(await client.post('/jira/issue/OPS-1/comment', comment)).slice(0, 2)).toEqual([
      403,
      'insufficient_permission',
    ])
    await login(client, ['jira_export'])
    expect((await client.get('/jira/settings')).body).toEqual({ jiraMode: 'comment_only' })
    const written = await client.post('/jira/issue/OPS-1/comment', comment)
    expect([written.status, written.body]).toEqual([201, { id: '20001' }])
    expect(errorOf(await client.post('/jira/issue', issue)).slice(0, 2)).toEqual([403, 'feature_disabled'])
    expect((await client.put('/jira/settings', { jiraMode: 'all' })).body.error).toBe(
      'jiraMode must be one of: comment_only, full',
    )
    await client.put('/jira/settings', { jiraMode: 'full' })
    expect((await client.get('/jira/settings')).body).toEqual({ jiraMode: 'full' })
    expect((await client.get('/jira/status?validate=true')).body).toMatchObject({ connected: true })
    const made = await client.post('/jira/issue', issue)
    expect([made.status, made.body]).toEqual([
      201,
      { id: '10001', key: 'OPS-2', url: `${SITE}/browse/OPS-2` },
    ])
    const link = { inwardKey: 'OPS-1', outwardKey: 'OPS-2' }
    expect((await client.post('/jira/issue/link', link)).body).toEqual({ success: true })
    expect(atlassianApp.issues).toMatchObject([
      { body: { type: 'doc', content: [{ type: 'paragraph' }] } },
      {
        fields: {
          issuetype: { name: 'Task' },
          description: { content: [{ type: 'heading' }, { type: 'bulletList' }] },
        },
      },
      { type: { name: 'Relates' }, inwardIssue: { key: 'OPS-1' } },
    ])
    const log = await env.DB.prepare(
      "SELECT json_extract(after, '$.action') AS action FROM audit_log WHERE org_id = ? AND event = 'connector.write' ORDER BY rowid",
    )
      .bind(org.orgId)
      .all<{ action: string }>()
    expect(log.results.map(({ action }) => action)).toEqual(['add_comment', 'create_issue', 'link_issues'])
  })

  it('says what is missing, and what Jira does not take', async ({ expect }) => {
    const { client } = await anOrgFor(atlassian)
    await login(client, ['jira_export'])
    await client.put('/jira/settings', { jiraMode: 'full' })
    const say = async (path: string, form: object) => errorOf(await client.post(path, form))
    expect((await say('/jira/issue', { summary: 'x' })).at(-1)).toBe('projectKey and summary are required')
    expect((await say('/jira/issue/link', { inwardKey: 'OPS-1' })).at(-1)).toBe(
      'inwardKey and outwardKey are required',
    )
    expect((await say('/jira/issue/OPS-1/comment', {})).at(-1)).toBe('body is required')
    expect((await say('/jira/issue/OPS/comment', { body: 'x' })).at(-1)).toBe('Invalid issue key')
    expect((await say('/jira/issue', { projectKey: 'NONE', summary: 'x' })).slice(0, 2)).toEqual([
      400,
      'no_resources',
    ])
    expect((await client.put('/jira/settings', {})).status).toBe(400)
  })

  it('takes text as it is at a server of one’s own', async ({ expect }) => {
    const { client } = await anOrgFor(jira)
    await client.post('/api/connectors/jira/connect', jira.form?.good)
    expect((await client.post('/jira/issue/OPS-1/comment', { body: 'Seen.' })).body).toEqual({ id: '1' })
  })
})
