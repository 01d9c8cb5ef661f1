import { afterEach, beforeEach, describe, it, vi } from 'vitest'
import { utf8 } from '../../src/lib/hmac'
import { apiWith } from '../support/api'
import { bearer } from '../support/org'
import { UNLIMITED } from '../support/routes'
import { signedHeaders } from '../support/sign'
import { fakes } from './fakes'
import { plugIn, type Network } from './fakes/network'
import { ACCOUNT_TOKEN, pagerduty, SUBSCRIPTION_SECRET } from './fakes/pagerduty'
import { anOrgFor, captureLogs, databaseText, leaksIn, variablesOf, type Client } from './support'

let network: Network

beforeEach(() => {
  captureLogs()
  network = plugIn(fakes)
})
afterEach(() => {
  vi.restoreAllMocks()
})

const TOKEN = pagerduty.secrets[0] ?? ''

/** Begins a login on the original's path and consents; answers where PagerDuty sends the browser, and its cookie. */
async function consent(client: Client) {
  const begun = await client.post('/pagerduty/oauth/login', {})
  const authorize = new URL(begun.body.oauth_url)
  const search = new URLSearchParams({
    code: pagerduty.oauth?.consent(authorize) ?? '',
    state: authorize.searchParams.get('state') ?? '',
  })
  return {
    authorize,
    callback: `/pagerduty/oauth/callback?${search.toString()}`,
    cookie: (begun.headers.get('set-cookie') ?? '').split(';')[0] ?? '',
  }
}

describe('a token', () => {
  it('connects, is shown, is replaced and goes', async ({ expect }) => {
    const { client } = await anOrgFor(pagerduty)
    expect((await client.get('/pagerduty')).body).toEqual({ connected: false })
    expect((await client.patch('/pagerduty', { token: TOKEN })).body).toMatchObject({
      error: 'Not connected',
      code: 'not_connected',
    })
    const made = await client.post('/pagerduty', { token: TOKEN, displayName: 'Ops duty' })
    expect(made.body).toEqual({
      connected: true,
      displayName: 'Ops duty',
      validated_at: expect.stringMatching(/Z$/),
      capabilities: ['teams', 'urgencies'],
      external_user_email: 'ops@example.com',
      external_user_name: 'Ops',
      account_subdomain: 'example',
    })
    expect((await client.get('/pagerduty/')).body).toEqual({
      connected: true,
      displayName: 'Ops duty',
      validatedAt: expect.stringMatching(/Z$/),
      authType: 'api_token',
      capabilities: ['teams', 'urgencies'],
      externalUserEmail: 'ops@example.com',
      externalUserName: 'Ops',
      accountSubdomain: 'example',
    })
    const replaced = await client.patch('/pagerduty', { token: ACCOUNT_TOKEN })
    expect(replaced.body).toEqual({
      connected: true,
      displayName: 'Ops duty',
      validated_at: expect.stringMatching(/Z$/),
      capabilities: ['teams', 'urgencies'],
      account_subdomain: 'example',
    })
    expect((await client.delete('/pagerduty')).body).toMatchObject({
      success: true,
      disconnected: ['example'],
      revocation: 'unsupported',
    })
    expect((await client.get('/pagerduty')).body).toEqual({ connected: false })
  })

  it('is refused with the texts of the original', async ({ expect }) => {
    const { client } = await anOrgFor(pagerduty)
    const missing = await client.post('/pagerduty', {})
    expect([missing.status, missing.body.error]).toEqual([400, 'Token required'])
    const wrong = await client.post('/pagerduty', { token: 'token-of-somebody-else' })
    expect([wrong.status, wrong.body.error]).toEqual([401, 'Invalid or expired API token'])
  })
})

describe('a login', () => {
  it('is disabled where the deployment has no client', async ({ expect }) => {
    const { org } = await anOrgFor(pagerduty)
    const answer = await apiWith(UNLIMITED, bearer(org.token)).post('/pagerduty/oauth/login', {})
    expect([answer.status, answer.body.code, answer.body.error]).toEqual([
      403,
      'feature_disabled',
      'PagerDuty OAuth is not enabled',
    ])
  })

  it('connects with rotating refresh tokens, and its token cannot be replaced by hand', async ({
    expect,
  }) => {
    const { client } = await anOrgFor(pagerduty)
    const { authorize, callback, cookie } = await consent(client)
    expect(`${authorize.origin}${authorize.pathname}`).toBe('https://app.pagerduty.com/oauth/authorize')
    expect(authorize.searchParams.get('scope')).toBe('openid users.read incidents.read services.read')
    const back = await apiWith(variablesOf(pagerduty)).get(callback, { cookie })
    expect([back.status, new URL(back.headers.get('location') ?? '').search]).toEqual([302, '?oauth=success'])
    expect((await client.get('/pagerduty')).body).toMatchObject({
      connected: true,
      displayName: 'Ops',
      authType: 'oauth',
      accountSubdomain: 'example',
    })
    const first = await client.get('/api/connectors/pagerduty/resources')
    expect(first.body.resources).toHaveLength(100)
    const refreshes = network.seen.filter(({ body }) => body.includes('grant_type=refresh_token'))
    expect(refreshes).toHaveLength(1)
    const rotated = await client.patch('/pagerduty', { token: TOKEN })
    expect([rotated.status, rotated.body.error]).toEqual([400, 'Cannot rotate OAuth tokens'])
    expect(await databaseText()).not.toMatch(/pd-(access|refresh)-\d/)
  })

  it('says why it failed, in words of its own', async ({ expect }) => {
    const { client } = await anOrgFor(pagerduty)
    const locationOf = async (path: string) => {
      const back = await apiWith(variablesOf(pagerduty)).get(path)
      return new URL(back.headers.get('location') ?? 'http://nowhere.test')
    }
    const { authorize, callback } = await consent(client)
    const state = authorize.searchParams.get('state') ?? ''
    const denied = await locationOf(`/pagerduty/oauth/callback?error=access_denied&state=${state}`)
    expect([denied.pathname, denied.search]).toEqual([
      '/pagerduty/auth/callback',
      '?oauth=failed&error=access_denied',
    ])
    expect((await locationOf(callback)).searchParams.get('error')).toBe('invalid')
    expect((await locationOf('/pagerduty/oauth/callback')).searchParams.get('error')).toBe('invalid')
    const again = await consent(client)
    const broken = again.callback.replace(/code=[^&]+/, 'code=somebody-elses')
    expect((await locationOf(broken)).searchParams.get('error')).toBe('exchange_failed')
    expect(leaksIn(await databaseText(), pagerduty.secrets)).toEqual([])
  })
})

describe('a sender of a connected account', () => {
  const event = { event: { id: 'E1', event_type: 'incident.triggered', resource_type: 'incident', data: {} } }

  it('is subscribed to its incidents, and signs with the secret that PagerDuty made', async ({ expect }) => {
    const { org } = await anOrgFor(pagerduty)
    const variables = { ...variablesOf(pagerduty), PUBLIC_API_URL: 'https://aurora.example.com' }
    const client = apiWith(variables, bearer(org.token))
    await client.post('/pagerduty', { token: ACCOUNT_TOKEN })
    const { status, body } = await client.post('/api/integrations', { source: 'pagerduty', name: 'Duty' })
    expect([status, body.integration.hasSigningSecret]).toEqual([201, true])
    expect(JSON.stringify(body)).not.toContain(SUBSCRIPTION_SECRET)
    const asked = network.seen.find(({ url }) => url.pathname === '/webhook_subscriptions')
    expect(JSON.parse(asked?.body ?? '{}').webhook_subscription.delivery_method.url).toBe(body.webhookUrl)
    const path = new URL(body.webhookUrl).pathname
    const signed = await signedHeaders('pd-v1', SUBSCRIPTION_SECRET, utf8(JSON.stringify(event)), Date.now())
    expect((await client.post(path, event, Object.fromEntries(signed))).status).toBe(202)
    expect((await client.post(path, { ...event })).status).toBe(401)
  })

  it('is left to a person where the key may not write, or nothing is connected', async ({ expect }) => {
    const { org } = await anOrgFor(pagerduty)
    const variables = { ...variablesOf(pagerduty), PUBLIC_API_URL: 'https://aurora.example.com' }
    const client = apiWith(variables, bearer(org.token))
    const create = async (name: string) =>
      (await client.post('/api/integrations', { source: 'pagerduty', name })).body.integration
    expect((await create('Before')).hasSigningSecret).toBe(false)
    await client.post('/pagerduty', { token: TOKEN })
    expect((await create('After')).hasSigningSecret).toBe(false)
    // Nor does PagerDuty post to an address without TLS, or one nobody reaches.
    const { client: local } = await anOrgFor(pagerduty)
    await local.post('/pagerduty', { token: ACCOUNT_TOKEN })
    const made = await local.post('/api/integrations', { source: 'pagerduty', name: 'Local' })
    expect([made.status, made.body.integration.hasSigningSecret]).toEqual([201, false])
    network.trouble = 'error'
    expect((await create('Trouble')).hasSigningSecret).toBe(false)
  })
})
