import { env } from 'cloudflare:workers'
import { afterEach, beforeEach, describe, it, vi } from 'vitest'
import { apiWith } from '../support/api'
import { bearer } from '../support/org'
import { UNLIMITED } from '../support/routes'
import { fakes } from './fakes'
import { signedByGoogle } from './fakes/gcp'
import { googleChat, googleChatApp, resetSpaces } from './fakes/google-chat'
import { plugIn, type Network } from './fakes/network'
import { anOrgFor, captureLogs, databaseText, leaksIn, variablesOf, type Client } from './support'

let network: Network

beforeEach(() => {
  captureLogs()
  googleChatApp.scope = ''
  resetSpaces()
  network = plugIn(fakes)
})
afterEach(() => {
  vi.restoreAllMocks()
})

/** Begins a login and consents, in one browser; answers where that ends. */
async function login(client: Client, form: object = {}) {
  const begun = await client.post('/google-chat', form)
  const authorize = new URL(begun.body.oauth_url)
  const search = new URLSearchParams({
    code: googleChat.oauth?.consent(authorize) ?? '',
    state: authorize.searchParams.get('state') ?? '',
  })
  const cookie = (begun.headers.get('set-cookie') ?? '').split(';')[0] ?? ''
  const back = await client.get(`/google-chat/callback?${search.toString()}`, { cookie })
  return back.headers.get('location')
}

const DONE = 'http://aurora.test/google-chat/setup?success=true'
const failedWith = (error: string): string => `http://aurora.test/google-chat/setup?error=${error}`

describe('/google-chat', () => {
  it('finds the space for incidents, and keeps nothing of the person who logged in', async ({ expect }) => {
    const { org, client } = await anOrgFor(googleChat)
    expect((await client.get('/google-chat')).body).toEqual({ connected: false, has_service_account: true })
    expect(await login(client)).toBe(DONE)
    expect((await client.get('/google-chat/?validate=true')).body).toEqual({
      connected: true,
      has_service_account: true,
      connected_by: org.userId,
      connected_at: expect.any(String),
      incidents_space_display_name: 'Incidents',
    })
    const person = network.seen.find(({ body }) => body.includes('authorization_code'))
    expect(person).toBeDefined()
    expect(leaksIn(await databaseText(), ['ya29.chat-person', ...googleChat.secrets])).toEqual([])
    expect((await client.delete('/google-chat')).body).toMatchObject({
      success: true,
      message: 'Google Chat disconnected',
      revocation: 'unsupported',
    })
  })

  it('puts the app into the space where it is missing', async ({ expect }) => {
    const space = googleChatApp.spaces.at(-1)
    if (space !== undefined) space.hasApp = false
    expect(await login((await anOrgFor(googleChat)).client)).toBe(DONE)
    expect(space?.hasApp).toBe(true)
  })

  it('creates a space only when that was asked for', async ({ expect }) => {
    googleChatApp.spaces.pop()
    const { client } = await anOrgFor(googleChat)
    expect(await login(client)).toBe(failedWith('space_not_resolved'))
    expect(googleChatApp.spaces).toHaveLength(129)
    expect((await client.get('/google-chat')).body.connected).toBe(false)
    expect(await login(client, { create_space: true })).toBe(DONE)
    expect(googleChatApp.spaces.slice(129)).toMatchObject([{ displayName: 'Aurora Incidents', hasApp: true }])
    expect((await client.get('/google-chat')).body.incidents_space_display_name).toBe('Aurora Incidents')
  })

  it('ends each failure with a word from its list', async ({ expect }) => {
    const { client } = await anOrgFor(googleChat)
    const back = async (search: string) =>
      (await client.get(`/google-chat/callback${search}`)).headers.get('location')
    expect(await back('')).toBe(failedWith('missing_params'))
    expect(await back('?code=x&state=y')).toBe(failedWith('invalid_state'))
    const authorize = new URL((await client.post('/google-chat', {})).body.oauth_url)
    const state = authorize.searchParams.get('state') ?? ''
    expect(await back(`?error=%3Cscript%3E&state=${state}`)).toBe(failedWith('oauth_error'))
    googleChatApp.scope = 'https://www.googleapis.com/auth/chat.spaces'
    expect(await login(client)).toBe(failedWith('insufficient_permissions'))
  })

  it('says what the deployment lacks', async ({ expect }) => {
    const { org, client } = await anOrgFor(googleChat)
    expect((await client.get('/google-chat/env/check')).body).toEqual({
      configured: true,
      hasClientId: true,
      hasClientSecret: true,
      hasServiceAccount: true,
      baseUrl: 'http://aurora.test',
    })
    const bare = apiWith(
      { ...UNLIMITED, ...googleChat.oauth?.variables, GOOGLE_CHAT_SERVICE_ACCOUNT_KEY: 'no key' },
      bearer(org.token),
    )
    expect((await bare.get('/google-chat/env/check')).body).toMatchObject({
      configured: false,
      hasServiceAccount: false,
    })
    const refused = await bare.post('/google-chat', {})
    expect([refused.status, refused.body.error_code]).toEqual([400, 'GOOGLE_CHAT_NOT_CONFIGURED'])
  })
})

describe('events of Google Chat', () => {
  const now = Math.floor(Date.now() / 1000)
  const claims = {
    iss: 'https://accounts.google.com',
    aud: 'http://aurora.test/google-chat/events',
    email: 'chat@system.gserviceaccount.com',
    email_verified: true,
    iat: now,
    exp: now + 300,
  }
  const send = async (changes: object, body: object = { type: 'MESSAGE' }) => {
    const token = await signedByGoogle({ ...claims, ...changes })
    return apiWith(variablesOf(googleChat)).post('/google-chat/events', body, {
      authorization: `Bearer ${token}`,
    })
  }

  it('are taken from Google Chat, for this very app', async ({ expect }) => {
    expect((await send({})).status).toBe(200)
    for (const wrong of [
      { aud: 'https://other.example/google-chat/events' },
      { iss: 'https://evil.example' },
      { email: 'somebody@example.com' },
      { email_verified: false },
      { exp: now - 600 },
    ]) {
      const { status, body } = await send(wrong)
      expect([wrong, status, body.code]).toEqual([wrong, 401, 'invalid_token'])
    }
    const client = apiWith(variablesOf(googleChat))
    for (const authorization of ['', 'Bearer x', 'Bearer e30.e30.e30', 'Basic x'])
      expect((await client.post('/google-chat/events', {}, { authorization })).status).toBe(401)
  })

  it('cost no call to Google when they cannot be right', async ({ expect }) => {
    await send({ aud: 'https://other.example' })
    expect(network.seen).toEqual([])
  })

  it('that put the app out of its space make us look, and end nothing by themselves', async ({ expect }) => {
    const { org, client } = await anOrgFor(googleChat)
    await login(client)
    const told = { type: 'REMOVED_FROM_SPACE', space: { name: 'spaces/AAA130' } }
    expect((await send({}, told)).status).toBe(200)
    const { results } = await env.DB.prepare(
      "SELECT kind FROM connector_jobs WHERE org_id = ? AND provider = 'google_chat'",
    )
      .bind(org.orgId)
      .all()
    expect(results).toEqual([{ kind: 'revalidate' }])
    expect((await client.get('/google-chat')).body.connected).toBe(true)
    expect((await send({}, [])).status).toBe(400)
  })
})
