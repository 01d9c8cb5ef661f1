import { env } from 'cloudflare:workers'
import { describe, it } from 'vitest'
import { github } from '../../src/connectors/github'
import { beginLogin, bindingName, challengeOf } from '../../src/services/connectors/begin-login'
import { completeLogin } from '../../src/services/connectors/complete-login'
import type { Browser, Callback } from '../../src/services/connectors/login'
import { readJob } from '../../src/services/connectors/read-job'
import { listConnections } from '../../src/services/connectors/status'
import { tendConnections } from '../../src/services/connectors/tend'
import type { Ctx } from '../../src/services/context'
import { ConnectionDispatch } from '../../src/store/connection-dispatch'
import { deploymentOf, someone } from './deployment'
import { anIdp, CLIENT, idp, type Wrong } from './idp'
import { databaseText, leaksIn } from './support'

const MINUTE = 60_000
const uniform = { style: 'uniform', redirectAfter: '/after', products: [], note: null } as const
const stranger: Browser = { cookie: () => null, session: async () => null, poster: null }

/** A login under way: begun, and consented to at the vendor. */
async function aLogin(wrong: Wrong = {}, ctx?: Ctx, variables: Readonly<Record<string, string>> = {}) {
  const vendor = await anIdp()
  const { ports, jobs } = deploymentOf(idp, vendor.http, { ...CLIENT, ...variables })
  const who = ctx ?? (await someone())
  const begun = await beginLogin(who, ports, idp, { origin: uniform })
  const url = new URL(begun.authorizationUrl)
  const callback: Callback = {
    code: vendor.consent(url, wrong),
    state: url.searchParams.get('state'),
    error: null,
    issuer: null,
  }
  const own: Browser = {
    ...stranger,
    cookie: (name) => (name === begun.binding.name ? begun.binding.value : null),
  }
  const complete = (given: Partial<Callback> = {}, browser = own, now = Date.now()) =>
    completeLogin(ports, idp, { ...callback, ...given }, browser, now)
  return { vendor, ports, jobs, ctx: who, begun, url, callback, own, complete }
}

describe('the beginning of a login', () => {
  it('asks for exactly what it needs, with PKCE, state and nonce of its own', async ({ expect }) => {
    const { url } = await aLogin()
    expect(Object.fromEntries(url.searchParams)).toEqual({
      response_type: 'code',
      client_id: 'idp-client',
      redirect_uri: 'https://aurora.example/api/connectors/idp/callback',
      scope: 'openid read',
      state: expect.stringMatching(/^[\w-]{43}$/),
      nonce: expect.stringMatching(/^[\w-]{22}$/),
      code_challenge: expect.stringMatching(/^[\w-]{43}$/),
      code_challenge_method: 'S256',
    })
  })

  it('computes the challenge of the standard', async ({ expect }) => {
    expect(await challengeOf('dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk')).toBe(
      'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
    )
  })

  it('stores neither state nor binding nor nonce, only what recognises them', async ({ expect }) => {
    const { url, begun } = await aLogin()
    const secrets = [
      url.searchParams.get('state') ?? '',
      url.searchParams.get('nonce') ?? '',
      begun.binding.value,
    ]
    expect(leaksIn(await databaseText(), secrets)).toEqual([])
  })

  it('is not for viewers, and not without a client', async ({ expect }) => {
    const viewer = await someone('viewer')
    const { ports } = deploymentOf(idp, (await anIdp()).http, CLIENT)
    await expect(beginLogin(viewer, ports, idp, { origin: uniform })).rejects.toMatchObject({
      code: 'forbidden',
    })
    const bare = deploymentOf(idp, (await anIdp()).http)
    await expect(beginLogin(await someone(), bare.ports, idp, { origin: uniform })).rejects.toMatchObject({
      code: 'provider_not_configured',
    })
  })

  it('keeps ten of one user; the oldest gives way', async ({ expect }) => {
    const first = await aLogin()
    for (let i = 0; i < 10; i++)
      await beginLogin({ ...first.ctx, now: first.ctx.now + i + 1 }, first.ports, idp, { origin: uniform })
    expect(await first.complete()).toMatchObject({ kind: 'failed', reason: 'invalid_state' })
  })
})

describe('a login in the browser that began it', () => {
  it('is connected at once and starts its job', async ({ expect }) => {
    const { complete, ctx, jobs } = await aLogin()
    const result = await complete()
    expect(result).toMatchObject({
      kind: 'connected',
      connection: { accountId: 'user-1', method: 'oauth_code' },
    })
    expect(jobs).toEqual([result.kind === 'connected' ? result.jobId : null])
    expect(await listConnections(ctx)).toMatchObject([{ provider: 'idp', status: 'connected' }])
  })

  it('is proved by the session of its user, and by nobody else’s', async ({ expect }) => {
    const mine = await aLogin()
    const { userId, orgId } = mine.ctx.actor
    const session = (person: { userId: string; orgId: string }): Browser => ({
      ...stranger,
      session: async () => person,
    })
    expect(await mine.complete({}, session({ userId, orgId }))).toMatchObject({ kind: 'connected' })
    const other = await aLogin()
    expect(await other.complete({}, session({ userId, orgId }))).toMatchObject({ kind: 'pending' })
  })

  it('is proved by an authenticated post of its user, and refused from another', async ({ expect }) => {
    const mine = await aLogin()
    const { userId, orgId } = mine.ctx.actor
    expect(await mine.complete({}, { ...stranger, poster: { userId, orgId } })).toMatchObject({
      kind: 'connected',
    })
    const other = await aLogin()
    const result = await other.complete({}, { ...stranger, poster: { userId, orgId } })
    expect(result).toMatchObject({ kind: 'failed', reason: 'invalid_state' })
    expect(other.vendor.counts.exchanges).toBe(0)
  })

  it('keeps the refresh token it has when the vendor gives none again', async ({ expect }) => {
    const first = await aLogin({ noRefreshToken: true })
    expect(await first.complete()).toMatchObject({ kind: 'failed', reason: 'no_refresh_token' })
    const { ctx, ports, vendor, complete } = await aLogin()
    await complete()
    const again = await beginLogin(ctx, ports, idp, { origin: uniform })
    const url = new URL(again.authorizationUrl)
    const callback = {
      code: vendor.consent(url, { noRefreshToken: true }),
      state: url.searchParams.get('state'),
      error: null,
      issuer: null,
    }
    const browser: Browser = { ...stranger, cookie: () => again.binding.value }
    expect(await completeLogin(ports, idp, callback, browser, Date.now())).toMatchObject({
      kind: 'connected',
    })
  })
})

describe('a state', () => {
  it('works once: a replay spends no code', async ({ expect }) => {
    const { complete, vendor } = await aLogin()
    await complete()
    expect(await complete()).toMatchObject({ kind: 'failed', reason: 'invalid_state' })
    expect(vendor.counts.exchanges).toBe(1)
  })

  it('works once under ten parallel callbacks', async ({ expect }) => {
    const { complete, vendor } = await aLogin()
    const results = await Promise.all(Array.from({ length: 10 }, () => complete()))
    expect(results.filter(({ kind }) => kind === 'connected')).toHaveLength(1)
    expect(vendor.counts.exchanges).toBe(1)
  })

  it('that is missing, unknown or expired is refused before the code is touched', async ({ expect }) => {
    const { complete, vendor, own } = await aLogin()
    expect(await complete({ state: null })).toEqual({ kind: 'incomplete', missing: 'state' })
    expect(await complete({ code: null })).toEqual({ kind: 'incomplete', missing: 'code' })
    expect(await complete({ state: 'somebody-elses' })).toMatchObject({
      kind: 'failed',
      reason: 'invalid_state',
    })
    expect(await complete({}, own, Date.now() + 11 * MINUTE)).toMatchObject({
      kind: 'failed',
      reason: 'invalid_state',
    })
    expect(vendor.counts.exchanges).toBe(0)
  })

  it('of one provider is worth nothing at another, and stays good at its own', async ({ expect }) => {
    const { complete, callback, own, ports } = await aLogin()
    const mixed = await completeLogin(ports, github, callback, own, Date.now())
    expect(mixed).toMatchObject({ kind: 'failed', reason: 'invalid_state' })
    expect(await complete()).toMatchObject({ kind: 'connected' })
  })

  it('whose answer names another issuer is a mix-up', async ({ expect }) => {
    const { complete, vendor } = await aLogin()
    expect(await complete({ issuer: 'https://evil.example' })).toMatchObject({
      kind: 'failed',
      reason: 'identity_invalid',
    })
    expect(vendor.counts.exchanges).toBe(0)
  })

  it('has its verifier: with another one the vendor refuses the code', async ({ expect }) => {
    const one = await aLogin()
    const begun = await beginLogin(one.ctx, one.ports, idp, { origin: uniform })
    const state = new URL(begun.authorizationUrl).searchParams.get('state')
    const browser: Browser = { ...stranger, cookie: () => begun.binding.value }
    const result = await completeLogin(one.ports, idp, { ...one.callback, state }, browser, Date.now())
    expect(result).toMatchObject({ kind: 'failed', reason: 'exchange_failed' })
  })

  it('whose sealed verifier was moved from another login is refused', async ({ expect }) => {
    const one = await aLogin()
    const other = await aLogin({}, one.ctx)
    await env.DB.prepare(
      'UPDATE oauth_states SET verifier_sealed = (SELECT verifier_sealed FROM oauth_states WHERE user_id = ?1 ORDER BY rowid DESC LIMIT 1) WHERE user_id = ?1',
    )
      .bind(one.ctx.actor.userId)
      .run()
    expect(await one.complete()).toMatchObject({ kind: 'failed', reason: 'invalid_state' })
    expect(other.begun.binding.name).not.toBe(one.begun.binding.name)
  })

  it('whose verifier is missing is refused before the code is touched', async ({ expect }) => {
    const { complete, ctx, vendor } = await aLogin()
    await env.DB.prepare("UPDATE oauth_states SET verifier_sealed = '' WHERE user_id = ?")
      .bind(ctx.actor.userId)
      .run()
    expect(await complete()).toMatchObject({ kind: 'failed', reason: 'invalid_state' })
    expect(vendor.counts.exchanges).toBe(0)
  })

  it('of one organisation connects nothing in another, whoever brings it', async ({ expect }) => {
    const { complete, ctx } = await aLogin()
    const other = await someone('admin')
    const poster = { userId: ctx.actor.userId, orgId: other.actor.orgId }
    expect(await complete({}, { ...stranger, poster })).toMatchObject({
      kind: 'failed',
      reason: 'invalid_state',
    })
    expect([await listConnections(ctx), await listConnections(other)]).toEqual([[], []])
  })

  it('does not take the code of another provider for its own', async ({ expect }) => {
    const mine = await aLogin()
    const other = await anIdp()
    const code = other.consent(new URL(mine.begun.authorizationUrl))
    expect(await mine.complete({ code: `${code}-elsewhere` })).toMatchObject({
      kind: 'failed',
      reason: 'exchange_failed',
    })
    expect(other.counts.exchanges).toBe(0)
  })
})

describe('the vendor’s answer', () => {
  it.for([
    ['access_denied', 'access_denied'],
    ['server_error', 'provider_error'],
  ] as const)('%s ends the login as %s', async ([error, reason], { expect }) => {
    const { complete } = await aLogin()
    expect(await complete({ code: null, error })).toMatchObject({
      kind: 'failed',
      reason,
      origin: { redirectAfter: '/after' },
    })
  })

  it('to a made-up code ends it', async ({ expect }) => {
    const { complete, ctx } = await aLogin()
    expect(await complete({ code: 'made-up' })).toMatchObject({ kind: 'failed', reason: 'exchange_failed' })
    expect(await listConnections(ctx)).toEqual([])
  })

  it('to a code that was used already ends it, though the state is fresh', async ({ expect }) => {
    const { ports, ctx, complete, callback, vendor } = await aLogin()
    await complete()
    const begun = await beginLogin(ctx, ports, idp, { origin: uniform })
    const state = new URL(begun.authorizationUrl).searchParams.get('state')
    const browser: Browser = { ...stranger, cookie: () => begun.binding.value }
    const again = await completeLogin(ports, idp, { ...callback, state }, browser, Date.now())
    expect(again).toMatchObject({ kind: 'failed', reason: 'exchange_failed' })
    expect(vendor.counts.exchanges).toBe(2)
    expect(await listConnections(ctx)).toMatchObject([{ status: 'connected', secretVersion: 1 }])
  })

  it('that denied access spends the state, so that no code can follow', async ({ expect }) => {
    const { complete, vendor } = await aLogin()
    await complete({ code: null, error: 'access_denied' })
    expect(await complete()).toMatchObject({ kind: 'failed', reason: 'invalid_state' })
    expect(vendor.counts.exchanges).toBe(0)
  })

  it('with code and error at once counts as an error', async ({ expect }) => {
    const { complete, vendor } = await aLogin()
    expect(await complete({ error: 'access_denied' })).toMatchObject({ reason: 'access_denied' })
    expect(vendor.counts.exchanges).toBe(0)
  })

  it.for([
    ['another nonce', { claims: { nonce: 'another' } }],
    ['no nonce', { claims: { nonce: undefined } }],
    ['another audience', { claims: { aud: 'another-client' } }],
    ['another issuer', { claims: { iss: 'https://evil.example' } }],
    ['an end in the past', { claims: { exp: 1 } }],
    ['no signature', { alg: 'none' }],
    ['the signature of an unknown key', { alg: 'stranger' }],
    ['a signature that needs no key of the issuer', { alg: 'symmetric' }],
    ['no end', { claims: { exp: undefined } }],
    ['nobody it is about', { claims: { sub: undefined } }],
    ['no id_token at all', { noIdToken: true }],
  ] as const satisfies readonly (readonly [string, Wrong])[])(
    'with %s is no identity',
    async ([, wrong], { expect }) => {
      const { complete, ctx } = await aLogin(wrong)
      expect(await complete()).toMatchObject({ kind: 'failed', reason: 'identity_invalid' })
      expect(await listConnections(ctx)).toEqual([])
    },
  )

  it('without a scope that is needed connects nothing', async ({ expect }) => {
    const { complete, ctx } = await aLogin({ scope: 'openid' })
    expect(await complete()).toMatchObject({ kind: 'failed', reason: 'scope_missing' })
    expect(await listConnections(ctx)).toEqual([])
  })

  it('is not asked for when the starter is gone', async ({ expect }) => {
    const { complete, ctx, vendor } = await aLogin()
    await env.DB.prepare('DELETE FROM users WHERE id = ?').bind(ctx.actor.userId).run()
    expect(await complete()).toMatchObject({ kind: 'failed', reason: 'forbidden' })
    expect(vendor.counts.exchanges).toBe(0)
  })

  it('is not asked for when the starter lost the right meanwhile', async ({ expect }) => {
    const { complete, ctx, vendor } = await aLogin()
    await env.DB.prepare("UPDATE users SET role = 'viewer' WHERE id = ?").bind(ctx.actor.userId).run()
    expect(await complete()).toMatchObject({ kind: 'failed', reason: 'forbidden' })
    expect(vendor.counts.exchanges).toBe(0)
  })
})

describe('a login in another browser', () => {
  const pending = async () => {
    const login = await aLogin()
    const result = await login.complete({}, stranger)
    if (result.kind !== 'pending') throw new Error(`not pending: ${result.kind}`)
    return { ...login, ticket: result.ticket }
  }

  it('touches no connection, and its tokens are sealed', async ({ expect }) => {
    const { ctx, ticket, vendor } = await pending()
    expect(await listConnections(ctx)).toEqual([])
    expect(ticket).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4/)
    expect(leaksIn(await databaseText(), [...vendor.live])).toEqual([])
  })

  it('is claimed by its starter with the ticket, once', async ({ expect }) => {
    const { ctx, ports, ticket, jobs } = await pending()
    const looks = await Promise.all([readJob(ctx, ports, ticket), readJob(ctx, ports, ticket)])
    expect(looks.every(({ claimedAt }) => claimedAt !== null)).toBe(true)
    expect(await listConnections(ctx)).toMatchObject([
      { provider: 'idp', status: 'connected', secretVersion: 1 },
    ])
    expect(jobs).toEqual([ticket])
  })

  it('is claimed neither by a colleague, nor by a stranger, nor after ten minutes', async ({ expect }) => {
    const { ctx, ports, ticket } = await pending()
    const colleague = await someone('admin', ctx.actor.orgId)
    for (const other of [colleague, await someone('admin'), { ...ctx, now: ctx.now + 11 * MINUTE }])
      await expect(readJob(other, ports, ticket)).rejects.toMatchObject({
        code: 'not_found',
        message: 'Task not found',
      })
    expect(await listConnections(ctx)).toEqual([])
  })

  it('that nobody claims is revoked and deleted', async ({ expect }) => {
    const { ctx, ports, ticket, vendor } = await pending()
    const [refresh] = vendor.live
    await tendConnections(ports, new ConnectionDispatch(env.DB), Date.now() + 11 * MINUTE)
    expect(vendor.revoked).toContain(refresh)
    await expect(readJob(ctx, ports, ticket)).rejects.toMatchObject({ code: 'not_found' })
  })

  it('counts as proved when the proof is off, but on a loopback name only', async ({ expect }) => {
    const vendor = await anIdp()
    const variables = { ...CLIENT, OAUTH_BROWSER_PROOF: 'off' }
    for (const [origin, kind] of [
      ['http://localhost:5080', 'connected'],
      ['https://aurora.example', 'pending'],
    ] as const) {
      const { ports } = deploymentOf(idp, vendor.http, variables, origin)
      const begun = await beginLogin(await someone(), ports, idp, { origin: uniform })
      const url = new URL(begun.authorizationUrl)
      const callback = {
        code: vendor.consent(url),
        state: url.searchParams.get('state'),
        error: null,
        issuer: null,
      }
      expect([origin, (await completeLogin(ports, idp, callback, stranger, Date.now())).kind]).toEqual([
        origin,
        kind,
      ])
    }
  })
})

it('names the cookie after the state, so that logins do not disturb each other', ({ expect }) => {
  expect(bindingName('0123456789abcdef')).toBe('aurora_oauth_01234567')
})
