/**
 * A second opinion on logins: the real bundle and its real provider, against an OAuth and OpenID server that others maintain.
 * The product's addresses stay as they are; what leaves the Worker is led to the server here, in the test's own process.
 */
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { aServer, listen } from './harness.mjs'

const CLIENT = { id: '1234.apps.googleusercontent.com', secret: 'GOCSPX-second-opinion' }
const ISSUER = 'https://accounts.google.com'
const SCOPE =
  'openid https://www.googleapis.com/auth/userinfo.email https://www.googleapis.com/auth/cloud-platform'

/** Google's addresses and what answers for them here. */
const ROUTES = {
  'https://oauth2.googleapis.com/token': '/token',
  'https://oauth2.googleapis.com/revoke': '/revoke',
  'https://www.googleapis.com/oauth2/v3/certs': '/jwks',
}

const server = aServer({
  vars: { GOOGLE_CLIENT_ID: CLIENT.id, BCRYPT_COST: '4' },
  secrets: { GOOGLE_CLIENT_SECRET: CLIENT.secret },
})

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
const isTooOld = major < 22 || (major === 22 && minor < 12)
const fetchAway = globalThis.fetch
/** What was asked of the token endpoint, and what it answered. */
const asked = []
const revoked = []
let idp = null
let idpUrl = ''

/** Stands for the network behind the Worker. */
async function network(input, init) {
  const request = new Request(input, init)
  const { origin, pathname, hostname } = new URL(request.url)
  const path = ROUTES[`${origin}${pathname}`]
  if (path !== undefined) {
    const { method, headers } = request
    const body = method === 'GET' ? undefined : await request.text()
    if (path === '/revoke') revoked.push(new URLSearchParams(body).get('token'))
    return fetchAway(`${idpUrl}${path}`, { method, headers, body })
  }
  if (hostname === 'cloudresourcemanager.googleapis.com') return projects(request)
  return hostname.endsWith('.googleapis.com')
    ? Response.json({ billingEnabled: true })
    : fetchAway(input, init)
}

/** Google's list of projects, for whoever has a token of this issuer. */
function projects(request) {
  const token = (request.headers.get('authorization') ?? '').replace('Bearer ', '')
  if (!asked.some(({ answer }) => answer.access_token === token)) return Response.json({}, { status: 401 })
  return Response.json({ projects: [{ projectId: 'shop', name: 'Shop', lifecycleState: 'ACTIVE' }] })
}

before(async () => {
  if (isTooOld) return
  const { Events, OAuth2Server } = await import('oauth2-mock-server')
  idp = new OAuth2Server()
  await idp.issuer.keys.generate('RS256')
  await idp.start(0, '127.0.0.1')
  idpUrl = `http://127.0.0.1:${idp.address().port}`
  idp.issuer.url = ISSUER
  // Google tells what it granted; this server does not know what was asked for at its other endpoint.
  idp.service.on(Events.BeforeResponse, ({ body }, { body: given }) => {
    body.scope = SCOPE
    asked.push({ given, answer: body })
  })
  globalThis.fetch = network
  await listen(server)
})
after(async () => {
  await server.close()
  globalThis.fetch = fetchAway
  await idp?.stop()
})

async function call(method, path, { token, body, cookie } = {}) {
  const response = await server.fetch(path, {
    method,
    redirect: 'manual',
    headers: {
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...(cookie === undefined ? {} : { cookie }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    body: body === undefined ? undefined : JSON.stringify(body),
  })
  const text = await response.text()
  return {
    status: response.status,
    headers: response.headers,
    body: text.startsWith('{') || text.startsWith('[') ? JSON.parse(text) : text,
  }
}

/** The session of somebody of an organisation of their own. */
async function someone(name) {
  const account = { email: `${name}@example.com`, password: 'a long password' }
  assert.equal((await call('POST', '/api/auth/register', { body: account })).status, 201)
  return (await call('POST', '/api/auth/login', { body: account })).body.token
}

/** Begins a login; the browser goes to the issuer and comes back with a code. */
async function consent(token) {
  const begun = await call('POST', '/login', { token })
  assert.equal(begun.status, 200, JSON.stringify(begun.body))
  const authorize = new URL(begun.body.login_url)
  assert.equal(authorize.origin, ISSUER)
  const redirect = await fetchAway(`${idpUrl}/authorize${authorize.search}`, { redirect: 'manual' })
  return {
    cookie: (begun.headers.get('set-cookie') ?? '').split(';')[0],
    back: new URL(redirect.headers.get('location') ?? ''),
  }
}

/** Where the login ends: the query of the page that the browser is sent to. */
async function complete({ back, cookie }) {
  const answer = await call('GET', `${back.pathname}${back.search}`, { cookie })
  assert.equal(answer.status, 302)
  return Object.fromEntries(new URL(answer.headers.get('location')).searchParams)
}

/** Makes the next `id_token` another one. */
async function wrongIdentity(change) {
  const { Events } = await import('oauth2-mock-server')
  const handler = ({ body }) => {
    idp.service.off(Events.BeforeResponse, handler)
    body.id_token = change(body.id_token)
  }
  idp.service.on(Events.BeforeResponse, handler)
}

const partsOf = (token) =>
  token.split('.', 2).map((part) => JSON.parse(Buffer.from(part, 'base64url').toString()))
const encode = (value) => Buffer.from(JSON.stringify(value)).toString('base64url')

describe('a login, in the opinion of a server that others wrote', { skip: isTooOld }, () => {
  let token = ''
  before(async () => {
    token = await someone('dana')
  })

  test('is connected, refreshed once for twenty callers, and revoked', async () => {
    const login = await consent(token)
    const end = await complete(login)
    assert.equal(end.login, 'gcp_setup_pending')
    const { given, answer } = asked.at(-1)
    assert.equal(given.grant_type, 'authorization_code')
    assert.match(given.code_verifier, /^[\w-]{64}$/)
    const [, identity] = partsOf(answer.id_token)
    assert.deepEqual([identity.iss, identity.aud], [ISSUER, CLIENT.id])
    const status = await call('GET', '/gcp/status', { token })
    assert.equal(status.body.connected, true)

    const refreshes = () => asked.filter((it) => it.given.grant_type === 'refresh_token')
    const before = refreshes().length
    const lists = await Promise.all(
      Array.from({ length: 20 }, () => call('GET', '/api/connectors/gcp/resources', { token })),
    )
    assert.deepEqual(
      lists.map((list) => [list.status, list.body.resources?.[0]?.id]),
      lists.map(() => [200, 'shop']),
    )
    assert.ok(refreshes().length - before <= 1)
    assert.equal(refreshes().at(-1)?.given.refresh_token, answer.refresh_token)

    const ended = await call('POST', '/api/gcp/force-disconnect', { token })
    assert.equal(ended.body.revocation, 'revoked')
    assert.deepEqual(revoked, [answer.refresh_token])
    assert.deepEqual(await complete(login), { login: 'gcp_failed', reason: 'invalid_state' })
  })

  test('fails with the code of another login, and with one that was used', async () => {
    const [one, other] = [await consent(token), await consent(token)]
    const mixed = new URL(one.back)
    mixed.searchParams.set('code', other.back.searchParams.get('code'))
    const crossed = await complete({ back: mixed, cookie: one.cookie })
    assert.equal(crossed.login, 'failed')
    assert.equal(crossed.reason, 'exchange_failed')
    const again = await complete(other)
    assert.equal(again.reason, 'exchange_failed')
    assert.equal((await call('GET', '/gcp/status', { token })).body.connected, false)
  })

  const signed = (changes) => async () => {
    const { Events } = await import('oauth2-mock-server')
    const handler = ({ payload }) => {
      if (payload.nonce === undefined) return
      idp.service.off(Events.BeforeTokenSigning, handler)
      Object.assign(payload, changes)
    }
    idp.service.on(Events.BeforeTokenSigning, handler)
  }
  const wrongs = {
    'another nonce': signed({ nonce: 'another' }),
    'another audience': signed({ aud: 'another-client' }),
    'another issuer': signed({ iss: 'https://evil.example' }),
    'an end in the past': signed({ exp: 1 }),
    'no signature': () =>
      wrongIdentity((idToken) => `${encode({ alg: 'none' })}.${encode(partsOf(idToken)[1])}.`),
    'a payload that was changed': () =>
      wrongIdentity((idToken) => {
        const [header, , signature] = idToken.split('.')
        return `${header}.${encode({ ...partsOf(idToken)[1], sub: 'somebody-else' })}.${signature}`
      }),
  }
  for (const [what, arrange] of Object.entries(wrongs))
    test(`with ${what} is no identity`, async () => {
      const login = await consent(token)
      await arrange()
      assert.deepEqual(await complete(login), { login: 'gcp_failed', reason: 'identity_invalid' })
      assert.equal((await call('GET', '/gcp/status', { token })).body.connected, false)
    })
})
