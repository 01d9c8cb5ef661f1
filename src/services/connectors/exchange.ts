/** From a code to tokens, through the OAuth client library, over the guarded `fetch`. */
import { createLocalJWKSet, jwtVerify, type JSONWebKeySet } from 'jose'
import * as oauth from 'oauth4webapi'
import * as z from 'zod'
import { ask, basic } from '../../connectors/ask'
import type { VendorCtx } from '../../connectors/vendor-ctx'
import type { VendorInit } from '../../connectors/egress'
import type { Endpoints, LoginFailure, OAuthData, OpenId, Tokens } from '../../connectors/oauth'
import type { Refusal } from '../../connectors/outcome'
import { sha256Hex } from '../../lib/hmac'

export interface Exchange {
  readonly ctx: VendorCtx
  readonly data: OAuthData
  readonly endpoints: Endpoints
  readonly clientId: string
  readonly clientSecret: string
  readonly code: string
  readonly redirectUri: string
  readonly verifier: string
  /** SHA-256 of the nonce; null without OpenID. */
  readonly nonceHash: string | null
  readonly scopes: readonly string[]
}

export type Exchanged =
  | { readonly ok: true; readonly tokens: Tokens }
  | { readonly ok: false; readonly reason: LoginFailure }

const answer = z.looseObject({
  access_token: z.string().min(1),
  refresh_token: z.string().min(1).nullish(),
  expires_in: z.coerce.number().positive().nullish().catch(null),
  scope: z.string().nullish(),
})

/** Exchanges a code. The vendor's words stay behind: only a reason from our closed list comes out. */
export async function exchangeCode(it: Exchange): Promise<Exchanged> {
  const server: oauth.AuthorizationServer = {
    issuer: new URL(it.endpoints.token).origin,
    authorization_endpoint: it.endpoints.authorize,
    token_endpoint: it.endpoints.token,
  }
  const client: oauth.Client = { client_id: it.clientId }
  const authentication =
    it.data.clientAuth === 'basic' ? plainBasic(it.clientSecret) : oauth.ClientSecretPost(it.clientSecret)
  const trouble = { refusal: null as Refusal | null, idToken: null as string | null }
  try {
    const parameters = oauth.validateAuthResponse(
      server,
      client,
      new URLSearchParams({ code: it.code }),
      oauth.expectNoState,
    )
    const response = await oauth.authorizationCodeGrantRequest(
      server,
      client,
      authentication,
      parameters,
      it.redirectUri,
      it.data.pkce ? it.verifier : oauth.nopkce,
      { [oauth.customFetch]: (url, init) => sendForm(it, url, init, trouble) },
    )
    const recognizedTokenTypes = Object.fromEntries(
      (it.data.tokenTypes ?? []).map((type) => [type, () => undefined]),
    )
    const granted = answer.parse(
      await oauth.processAuthorizationCodeResponse(server, client, response, { recognizedTokenTypes }),
    )
    return await finish(it, granted, trouble.idToken)
  } catch {
    return { ok: false, reason: trouble.refusal === null ? 'exchange_failed' : 'upstream_error' }
  }
}

/** Vendors take the pair as it is, not form-encoded first as RFC 6749 has it: that would break every hyphen. */
const plainBasic =
  (secret: string): oauth.ClientAuth =>
  (_server, client, _body, headers) =>
    headers.set('authorization', basic(client.client_id, secret))

async function finish(
  it: Exchange,
  granted: z.infer<typeof answer>,
  idToken: string | null,
): Promise<Exchanged> {
  const { openid } = it.data
  const identity = openid === null ? null : await verifyIdToken(it, openid, idToken)
  if (identity === 'unreachable') return { ok: false, reason: 'upstream_error' }
  if (openid !== null && identity === null) return { ok: false, reason: 'identity_invalid' }
  // RFC 6749, section 5.1: an absent scope means that all that was asked for is granted.
  const scopes =
    granted.scope == null ? it.scopes : granted.scope.split(/[\s,]+/).filter((scope) => scope !== '')
  if (it.data.requiredScopes.some((scope) => !scopes.includes(scope)))
    return { ok: false, reason: 'scope_missing' }
  return {
    ok: true,
    tokens: {
      accessToken: granted.access_token,
      refreshToken: granted.refresh_token ?? null,
      expiresIn: granted.expires_in ?? null,
      scopes,
      identity,
      raw: granted,
    },
  }
}

/**
 * Sends what the library built; `form` or `json` as the vendor wants it. An `id_token` is taken out of the answer: it is
 * verified by itself, against the provider's keys.
 */
async function sendForm(
  { ctx, data }: Exchange,
  url: string,
  init: oauth.CustomFetchOptions<'POST', URLSearchParams>,
  trouble: { refusal: Refusal | null; idToken: string | null },
): Promise<Response> {
  const json = data.body === 'json'
  const request: VendorInit = {
    method: 'POST',
    headers: {
      ...init.headers,
      accept: 'application/json',
      'content-type': json ? 'application/json' : 'application/x-www-form-urlencoded',
    },
    body: json ? JSON.stringify(Object.fromEntries(init.body)) : init.body.toString(),
  }
  const sent = await ctx.fetch(url, request)
  if (sent.kind !== 'ok') {
    trouble.refusal = sent
    throw new Error(sent.kind)
  }
  const parsed = z.looseObject({ id_token: z.string().optional() }).safeParse(JSON.parse(sent.value.text))
  if (!parsed.success) throw new Error('no object')
  const { id_token, ...rest } = parsed.data
  trouble.idToken = id_token ?? null
  return Response.json(rest, { status: sent.value.status })
}

const keySet = z.object({
  keys: z.array(z.looseObject({ kty: z.string() })),
})
const identityClaims = z.looseObject({ sub: z.string().min(1), nonce: z.string() })

/** The claims of an `id_token` that this provider signed for this client and this login; null for any other. */
async function verifyIdToken(
  { ctx, clientId, nonceHash }: Pick<Exchange, 'ctx' | 'clientId' | 'nonceHash'>,
  openid: OpenId,
  idToken: string | null,
): Promise<Readonly<Record<string, unknown>> | null | 'unreachable'> {
  if (idToken === null || nonceHash === null) return null
  const keys = await ask(ctx.fetch, openid.jwksUri, {}, keySet)
  if (keys.kind !== 'ok') return 'unreachable'
  try {
    const set: JSONWebKeySet = keys.value
    const { payload } = await jwtVerify(idToken, createLocalJWKSet(set), {
      issuer: [...openid.issuers],
      audience: clientId,
      algorithms: ['RS256'],
      requiredClaims: ['exp', 'iat', 'sub', 'nonce'],
      currentDate: new Date(ctx.now()),
    })
    const claims = identityClaims.parse(payload)
    return (await sha256Hex(claims.nonce)) === nonceHash ? claims : null
  } catch {
    return null
  }
}
