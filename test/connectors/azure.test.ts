import { afterEach, beforeEach, describe, it, vi } from 'vitest'
import { azure as connector } from '../../src/connectors/azure'
import { connectAccount } from '../../src/services/connectors/connect'
import { askVendor } from '../../src/services/connectors/operations'
import { apiWith } from '../support/api'
import { anOrg, bearer } from '../support/org'
import { UNLIMITED } from '../support/routes'
import { deploymentOf, someone } from './deployment'
import {
  anAzure,
  azure as fake,
  CLIENT,
  READER,
  READER_SECRET,
  SECRET,
  subscriptionId,
  TENANT,
  type AzureTrouble,
} from './fakes/azure'
import { fetchOf } from './fakes/fake'
import { plugIn, type Network } from './fakes/network'
import { captureLogs, databaseText, leaksIn } from './support'

const MAIN = { tenantId: TENANT, clientId: CLIENT, clientSecret: SECRET }
const READ = { clientId: READER, clientSecret: READER_SECRET }

describe('the paths of the original product', () => {
  let network: Network
  let logs: string[]
  const troubles: Record<string, AzureTrouble> = {}

  beforeEach(() => {
    for (const client of Object.keys(troubles)) delete troubles[client]
    logs = captureLogs()
    network = plugIn([{ ...fake, answer: anAzure(troubles).answer }])
  })
  afterEach(() => {
    vi.restoreAllMocks()
  })

  const deployed = async () => {
    const org = await anOrg()
    return { org, client: apiWith(UNLIMITED, bearer(org.token)) }
  }

  it('connect with the output of the command line, to the first subscription that is enabled', async ({
    expect,
  }) => {
    const { client } = await deployed()
    const body = {
      tenant: TENANT.toUpperCase(),
      appId: CLIENT,
      password: SECRET,
      displayName: 'aurora-reader',
    }
    expect((await client.post('/azure/login', body)).body).toEqual({
      message: 'Successfully logged in to Azure',
      subscription_id: subscriptionId(2),
      subscription_name: 'Subscription 2',
    })
    const status = await client.get('/azure/status')
    expect(status.body).toEqual({
      connected: true,
      status: 'connected',
      tenantId: TENANT,
      clientId: CLIENT,
      subscriptionId: subscriptionId(2),
      subscriptionName: 'Subscription 2',
      hasReadOnly: false,
    })
    expect((await client.get('/user_tokens')).body).toMatchObject([
      { provider: 'azure', tenant_id: TENANT, client_id: CLIENT, subscription_id: subscriptionId(2) },
    ])
    expect(leaksIn(status.text + logs.join('\n') + (await databaseText()), [SECRET])).toEqual([])
  })

  it('connect to the subscription that was asked for, also on the second page', async ({ expect }) => {
    const { client } = await deployed()
    const wanted = await client.post('/azure/login', { ...MAIN, subscriptionId: subscriptionId(55) })
    expect(wanted.body.subscription_id).toBe(subscriptionId(55))
    for (const id of [subscriptionId(1), subscriptionId(99)]) {
      const none = await client.post('/azure/login', { ...MAIN, subscriptionId: id })
      expect([none.status, none.body]).toMatchObject([
        400,
        { error: 'No enabled subscription found', code: 'no_resources' },
      ])
    }
  })

  it('prove both pairs before anything is stored', async ({ expect }) => {
    const { client } = await deployed()
    const login = (readOnlyCredentials: unknown) =>
      client.post('/azure/login', { ...MAIN, readOnlyCredentials })
    troubles[READER] = { none: true }
    expect((await login(READ)).body.error).toBe('No enabled subscription found')
    delete troubles[READER]
    const refused = await login({ ...READ, clientSecret: 'another' })
    expect([refused.status, refused.body.error]).toEqual([401, 'Invalid Azure credentials'])
    expect((await client.get('/azure/status')).body.connected).toBe(false)
    expect((await login({ appId: READER, password: READER_SECRET })).status).toBe(200)
    expect((await client.get('/azure/status')).body.hasReadOnly).toBe(true)
  })

  it.for([
    [{}, 'Missing required credentials'],
    [{ ...MAIN, clientSecret: ' ' }, 'Missing required credentials'],
    [{ ...MAIN, tenantId: '../common' }, 'Invalid tenantId'],
    [{ ...MAIN, tenantId: 'evil.example/x' }, 'Invalid tenantId'],
    [{ ...MAIN, clientId: 'no-guid' }, 'Invalid clientId'],
    [{ ...MAIN, subscriptionId: 'x/../y' }, 'Invalid subscriptionId'],
    [{ ...MAIN, readOnlyCredentials: 'x' }, 'readOnlyCredentials must be an object'],
    [{ ...MAIN, readOnlyCredentials: {} }, 'readOnlyCredentials must include clientId and clientSecret'],
  ] as const)('refuse what is no credential, and ask nobody (%#)', async ([body, error], { expect }) => {
    const { client } = await deployed()
    const answer = await client.post('/azure/login', body)
    expect([answer.status, answer.body.error]).toEqual([400, error])
    expect(network.seen).toEqual([])
  })

  it.for([
    [7_000_215, 401, 'credential_refused'],
    [700_016, 401, 'credential_refused'],
    [90_002, 401, 'credential_refused'],
    [7_000_222, 401, 'reconnect_required'],
    [50_001, 502, 'upstream_error'],
  ] as const)('answer the code %i of Entra ID with %i', async ([code, status, expected], { expect }) => {
    const { client } = await deployed()
    troubles[CLIENT] = { code }
    const answer = await client.post('/azure/login', MAIN)
    expect([answer.status, answer.body.code]).toEqual([status, expected])
    expect(answer.text).not.toContain('words of the vendor')
  })

  it('accept a domain name as the tenant', async ({ expect }) => {
    const { client } = await deployed()
    // This fake knows one tenant only; that the name got there is the point.
    expect((await client.post('/azure/login', { ...MAIN, tenantId: 'Example.onmicrosoft.com' })).status).toBe(
      401,
    )
    expect(network.seen[0]?.url.pathname).toBe('/example.onmicrosoft.com/oauth2/v2.0/token')
  })

  it('name the identity of nobody but the caller', async ({ expect }) => {
    const { client } = await deployed()
    const answer = await client.post('/azure/login', { ...MAIN, userId: crypto.randomUUID() })
    expect([answer.status, answer.body.code]).toEqual([403, 'identity_mismatch'])
  })

  it('list clusters and subscriptions, and choose some', async ({ expect }) => {
    const { client } = await deployed()
    const errorOf = async (path: string) => {
      const { status, body } = await client.get(path)
      return [status, body.error, body.action]
    }
    const gone = 'Azure credentials not found. Please re-authenticate.'
    const none = 'No Azure credentials found. Please authenticate with Azure.'
    expect(await errorOf('/azure/fetch_data')).toEqual([401, gone, 'CONNECT_REQUIRED'])
    expect(await errorOf('/azure/clusters')).toEqual([401, gone, 'CONNECT_REQUIRED'])
    expect(await errorOf('/api/azure-subscriptions')).toEqual([401, none, 'CONNECT_REQUIRED'])
    await client.post('/azure/login', MAIN)
    expect((await client.get('/azure/fetch_data')).body).toEqual({
      status: 'success',
      subscription_id: subscriptionId(2),
      subscription_name: 'Subscription 2',
    })
    expect((await client.get('/azure/clusters')).body).toEqual([
      { name: 'prod', resourceGroup: 'shop', subscriptionId: subscriptionId(2) },
    ])
    const chosen = await client.post('/azure/subscriptions', {
      projects: [{ projectId: subscriptionId(3), enabled: false }],
    })
    expect(chosen.body).toEqual({ status: 'success' })
    const { projects } = (await client.get('/api/azure-subscriptions')).body
    expect(projects).toHaveLength(60)
    expect(projects.slice(1, 3)).toEqual([
      { projectId: subscriptionId(2), name: 'Subscription 2', enabled: true },
      { projectId: subscriptionId(3), name: 'Subscription 3', enabled: false },
    ])
    expect((await client.post('/api/azure-subscriptions', {})).status).toBe(400)
  })

  it('keep a connection whose secret ended, in trouble', async ({ expect }) => {
    const { client } = await deployed()
    await client.post('/azure/login', MAIN)
    troubles[CLIENT] = { code: 7_000_222 }
    const answer = await client.get('/azure/clusters')
    expect([answer.status, answer.body.action]).toEqual([401, 'RECONNECT_REQUIRED'])
    expect((await client.get('/azure/status')).body).toMatchObject({
      connected: false,
      status: 'error',
      tenantId: TENANT,
    })
    delete troubles[CLIENT]
    expect((await client.post('/azure/login', MAIN)).status).toBe(200)
    expect((await client.get('/azure/clusters')).status).toBe(200)
  })

  it('take no page of another host, whoever names it', async ({ expect }) => {
    const { client } = await deployed()
    await client.post('/azure/login', MAIN)
    for (const cursor of [
      '@evil.example/',
      '//evil.example/subscriptions?',
      '/providers?x=1',
      'https://evil.example',
    ]) {
      const answer = await client.get(`/api/connectors/azure/resources?cursor=${encodeURIComponent(cursor)}`)
      expect([cursor, answer.status, answer.body.code]).toEqual([cursor, 400, 'egress_blocked'])
    }
    expect(network.strays).toEqual([])
  })

  it('hand out scripts that ask for the Reader role and nothing more', async ({ expect }) => {
    const anybody = apiWith(UNLIMITED)
    for (const path of ['/azure/setup-script', '/azure/setup-script-ps1']) {
      const answer = await anybody.get(path)
      expect(answer.headers.get('content-type')).toMatch(/^text\/plain/)
      expect(answer.text).toContain('--role Reader')
      expect(answer.text).not.toMatch(/Owner|Contributor/)
    }
  })
})

describe('a question of an investigation', () => {
  it('is asked with the pair that may only read', async ({ expect }) => {
    const vendor = anAzure()
    const { ports } = deploymentOf(connector, fetchOf(vendor))
    const ctx = await someone()
    const made = await connectAccount(ctx, ports, connector, { ...MAIN, readOnlyCredentials: READ })
    if (made.kind !== 'connection') throw new Error('not connected')
    const resource = `/subscriptions/${subscriptionId(2)}/resourceGroups/shop/providers/Microsoft.Compute/virtualMachines/web-1`
    const args = {
      resource,
      metrics: ['Percentage CPU'],
      from: '2026-01-01T09:00:00Z',
      to: '2026-01-01T10:00:00Z',
    }
    const ask = (changes: object) =>
      askVendor(ctx.db, ports, made.connection, 'query_metrics', { ...args, ...changes })
    expect(await ask({})).toMatchObject({ kind: 'ok', value: { status: 200 } })
    expect(Array.from(vendor.tokens.values()).at(-1)).toBe(READER)
    const url = vendor.asked.at(-1)
    expect(url?.pathname).toBe(`${resource}/providers/microsoft.insights/metrics`)
    expect(url?.searchParams.get('timespan')).toBe(`${args.from}/${args.to}`)
    const logs = (workspace: string) =>
      askVendor(ctx.db, ports, made.connection, 'query_logs', {
        workspace,
        query: 'AppExceptions | take 5',
        from: args.from,
        to: args.to,
      })
    const shop = `/subscriptions/${subscriptionId(2)}/resourceGroups/shop/providers`
    expect(await logs(`${shop}/Microsoft.OperationalInsights/workspaces/logs`)).toMatchObject({
      kind: 'ok',
      value: { data: { asked: { query: 'AppExceptions | take 5', timespan: `${args.from}/${args.to}` } } },
    })
    expect(await logs(`${shop}/Microsoft.Compute/virtualMachines/web-1`)).toMatchObject({
      kind: 'invalid_arguments',
    })
    for (const wrong of [`${resource}/../../x`, '/providers/x', `${resource}?x=1`, 'https://evil.example'])
      expect(await ask({ resource: wrong })).toMatchObject({ kind: 'invalid_arguments' })
  })
})
