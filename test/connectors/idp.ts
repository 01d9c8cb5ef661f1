/** A provider with everything that logins can have: OpenID, PKCE, rotating refresh tokens, revocation; and its protocol-true fake. */
import { exportJWK, generateKeyPair, SignJWT } from 'jose'
import * as z from 'zod'
import { bearer, headersOf } from '../../src/connectors/access'
import { ask } from '../../src/connectors/ask'
import { connector, noSettings } from '../../src/connectors/connector'
import { mapOk, ok } from '../../src/connectors/outcome'
import { challengeOf } from '../../src/services/connectors/begin-login'

export const CLIENT = { SLACK_CLIENT_ID: 'idp-client', SLACK_CLIENT_SECRET: 'idp-client-secret' } as const
const BASE = 'https://idp.example.com'

const granted = z.object({ access_token: z.string(), refresh_token: z.string(), expires_in: z.number() })

export const idp = connector({
  id: 'idp',
  name: 'Identity',
  category: 'chat',
  kinds: ['oauth_code'],
  multiAccount: false,
  hosts: ['idp.example.com'],
  revokeHint: 'Remove the application in Identity.',
  oauth: {
    endpoints: { authorize: `${BASE}/authorize`, token: `${BASE}/token` },
    client: () => ({ id: 'SLACK_CLIENT_ID', secret: 'SLACK_CLIENT_SECRET' }),
    clientAuth: 'form',
    body: 'form',
    pkce: true,
    openid: { issuers: [BASE], jwksUri: `${BASE}/keys` },
    scopes: () => ['openid', 'read'],
    requiredScopes: ['read'],
    redirect: { base: 'api', path: '/api/connectors/idp/callback' },
    needsRefreshToken: true,
    read: ({ refreshToken }, _endpoint, stored) =>
      ok({ secret: { refreshToken: refreshToken ?? stored?.refreshToken ?? '' }, settings: {} }),
  },
  secret: z.object({ refreshToken: z.string() }),
  settings: noSettings,
  details: z.object({ email: z.string() }),
  prove: async (ctx, _candidate, access) =>
    mapOk(
      await ask(
        ctx.fetch,
        `${BASE}/me`,
        { headers: headersOf(access) },
        z.object({ sub: z.string(), email: z.string() }),
      ),
      ({ sub, email }) => ({ accountId: sub, accountName: email, details: { email } }),
    ),
  access: {
    kind: 'minted',
    mint: async (ctx, { secret }) =>
      mapOk(
        await ask(
          ctx.fetch,
          `${BASE}/token`,
          {
            method: 'POST',
            headers: { 'content-type': 'application/x-www-form-urlencoded' },
            body: new URLSearchParams({
              grant_type: 'refresh_token',
              refresh_token: secret.refreshToken,
              client_id: ctx.settings['SLACK_CLIENT_ID'] ?? '',
              client_secret: ctx.settings['SLACK_CLIENT_SECRET'] ?? '',
            }),
          },
          granted,
          { 400: { kind: 'expired' } },
        ),
        (it) => ({
          access: bearer(it.access_token),
          expiresAt: ctx.now() + it.expires_in * 1000,
          rotated: { refreshToken: it.refresh_token },
        }),
      ),
  },
  revoke: async (ctx, { secret }) => {
    const body = new URLSearchParams({ token: secret.refreshToken })
    const answer = await ctx.fetch(`${BASE}/revoke`, { method: 'POST', body })
    return answer.kind === 'ok' && answer.value.status === 200 ? 'revoked' : 'failed'
  },
  jobs: {
    setup: {
      texts: { pending: 'Starting', started: 'Started' },
      steps: [
        async () => ok({ next: 'step', memory: { seen: 1 }, status: 'Looked', progress: 40 }),
        async (_vendor, job) =>
          ok({
            next: 'done',
            result: { status: 'SUCCESS', seen: job.memory['seen'] },
            selections: [{ id: 'p1', name: 'P1', type: 'project', enabled: true, isRoot: true }],
          }),
      ],
    },
  },
  jobAfterLogin: 'setup',
})

/** What one login of the fake can be made to do wrong. */
export interface Wrong {
  claims?: Readonly<Record<string, unknown>>
  alg?: 'none' | 'stranger' | 'symmetric'
  scope?: string
  noIdToken?: boolean
  noRefreshToken?: boolean
}

/** Made once: RSA keys take their time. */
let pairs: readonly [CryptoKeyPair, CryptoKeyPair] | null = null

export async function anIdp() {
  pairs ??= await Promise.all([
    generateKeyPair('RS256', { extractable: true }),
    generateKeyPair('RS256', { extractable: true }),
  ])
  const [keys, stranger] = pairs
  const codes = new Map<string, { challenge: string; redirectUri: string; nonce: string; wrong: Wrong }>()
  const live = new Set<string>()
  const revoked: string[] = []
  const counts = { token: 0, exchanges: 0 }
  const life = { seconds: 3600 }
  const down = { refresh: false }
  let serial = 0

  const consent = (authorize: URL, wrong: Wrong = {}): string => {
    const given = (name: string): string => authorize.searchParams.get(name) ?? ''
    const code = `idp-code-${++serial}`
    codes.set(code, {
      challenge: given('code_challenge'),
      redirectUri: given('redirect_uri'),
      nonce: given('nonce'),
      wrong,
    })
    return code
  }

  const idToken = async (nonce: string, { claims, alg }: Wrong): Promise<string> => {
    const now = Math.floor(Date.now() / 1000)
    const payload = {
      iss: BASE,
      aud: CLIENT.SLACK_CLIENT_ID,
      sub: 'user-1',
      iat: now,
      exp: now + 300,
      nonce,
      ...claims,
    }
    // Whoever takes any algorithm takes the client's own secret, or a public key, for a key to sign with.
    if (alg === 'symmetric')
      return new SignJWT(payload)
        .setProtectedHeader({ alg: 'HS256', kid: 'k1' })
        .sign(new TextEncoder().encode(CLIENT.SLACK_CLIENT_SECRET.padEnd(32, '.')))
    if (alg !== 'none')
      return new SignJWT(payload)
        .setProtectedHeader({ alg: 'RS256', kid: 'k1' })
        .sign(alg === 'stranger' ? stranger.privateKey : keys.privateKey)
    const part = (value: unknown) =>
      btoa(JSON.stringify(value)).replaceAll('=', '').replaceAll('+', '-').replaceAll('/', '_')
    return `${part({ alg: 'none' })}.${part(payload)}.`
  }

  const tokens = async (extra: object, scope: string, withRefresh = true) => {
    const refresh = `idp-refresh-${crypto.randomUUID()}`
    if (withRefresh) live.add(refresh)
    return Response.json({
      access_token: `idp-access-${crypto.randomUUID()}`,
      token_type: 'Bearer',
      expires_in: life.seconds,
      scope,
      ...(withRefresh ? { refresh_token: refresh } : {}),
      ...extra,
    })
  }

  const http: typeof fetch = async (input, init) => {
    const request = new Request(input, init)
    const url = new URL(request.url)
    const form = new URLSearchParams(new TextDecoder().decode(await request.arrayBuffer()))
    if (url.hostname !== 'idp.example.com') return new Response('no such host', { status: 599 })
    switch (url.pathname) {
      case '/keys':
        return Response.json({
          keys: [{ ...(await exportJWK(keys.publicKey)), kid: 'k1', alg: 'RS256', use: 'sig' }],
        })
      case '/me':
        return (request.headers.get('authorization') ?? '').startsWith('Bearer idp-access-')
          ? Response.json({ sub: 'user-1', email: 'dana@example.com' })
          : Response.json({}, { status: 401 })
      case '/revoke':
        revoked.push(form.get('token') ?? '')
        live.delete(form.get('token') ?? '')
        return Response.json({})
      case '/token':
        break
      default:
        return new Response('not found', { status: 404 })
    }
    counts.token++
    const fail = () =>
      Response.json({ error: 'invalid_grant', error_description: 'words of the vendor' }, { status: 400 })
    if (
      form.get('client_id') !== CLIENT.SLACK_CLIENT_ID ||
      form.get('client_secret') !== CLIENT.SLACK_CLIENT_SECRET
    )
      return fail()
    if (form.get('grant_type') === 'refresh_token') {
      if (down.refresh) return new Response('down', { status: 503 })
      if (!live.delete(form.get('refresh_token') ?? '')) return fail()
      return tokens({}, 'openid read')
    }
    counts.exchanges++
    const code = codes.get(form.get('code') ?? '')
    codes.delete(form.get('code') ?? '')
    if (code === undefined || code.redirectUri !== form.get('redirect_uri')) return fail()
    if ((await challengeOf(form.get('code_verifier') ?? '')) !== code.challenge) return fail()
    const { wrong, nonce } = code
    const extra = wrong.noIdToken === true ? {} : { id_token: await idToken(nonce, wrong) }
    return tokens(extra, wrong.scope ?? 'openid read', wrong.noRefreshToken !== true)
  }

  return { http, consent, live, revoked, counts, life, down }
}
