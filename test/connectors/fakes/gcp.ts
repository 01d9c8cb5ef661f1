import { exportJWK, exportPKCS8, generateKeyPair, jwtVerify, SignJWT, type JWTPayload } from 'jose'
import { challengeOf } from '../../../src/services/connectors/begin-login'
import { fetchOf, json, type Fake, type Seen } from './fake'

const CLIENT_ID = '1234.apps.googleusercontent.com'
const CLIENT_SECRET = 'GOCSPX-0123456789abcdef'
const TOKEN_URL = 'https://oauth2.googleapis.com/token'
const CLOUD = 'https://www.googleapis.com/auth/cloud-platform'
export const EMAIL = 'aurora@demo-project.iam.gserviceaccount.com'
export const GOOGLE_VARIABLES = { GOOGLE_CLIENT_ID: CLIENT_ID, GOOGLE_CLIENT_SECRET: CLIENT_SECRET } as const

const [own, stranger, signing] = await Promise.all(
  [0, 1, 2].map(() => generateKeyPair('RS256', { extractable: true })),
)
if (own === undefined || stranger === undefined || signing === undefined) throw new Error('no keys')
const [ownPem, strangerPem] = await Promise.all([
  exportPKCS8(own.privateKey),
  exportPKCS8(stranger.privateKey),
])
const { publicKey: ownPublic } = own
const { publicKey: signingPublic, privateKey: signingPrivate } = signing

/** An uploaded key. Whoever calls its `token_uri` meets a host without a fake. */
export const keyJson = (changes: Readonly<Record<string, unknown>> = {}): string =>
  JSON.stringify({
    type: 'service_account',
    project_id: 'demo-project',
    private_key_id: 'key-1',
    private_key: ownPem,
    client_email: EMAIL,
    token_uri: 'https://evil.example.com/token',
    ...changes,
  })
export const strangersKey = keyJson({ private_key: strangerPem })

/** What Google signs besides the identities of logins. */
export const signedByGoogle = (claims: JWTPayload): Promise<string> =>
  new SignJWT(claims).setProtectedHeader({ alg: 'RS256', kid: 'g1' }).sign(signingPrivate)

export interface FakeProject {
  readonly projectId: string
  readonly name: string
  readonly billed: boolean
  readonly readable: boolean
  readonly lifecycleState: string
}

export const projects = (count: number, changes: Partial<FakeProject> = {}): readonly FakeProject[] =>
  Array.from({ length: count }, (_, index) => ({
    projectId: `project-${String(index + 1).padStart(3, '0')}`,
    name: `Project ${String(index + 1).padStart(3, '0')}`,
    billed: true,
    readable: true,
    lifecycleState: 'ACTIVE',
    ...changes,
  }))

interface Code {
  readonly redirectUri: string
  readonly challenge: string
  readonly nonce: string
  readonly scope: string
  readonly withRefresh: boolean
}

/** Google, with these projects. */
export function aGoogle(has: readonly FakeProject[]) {
  const codes = new Map<string, Code>()
  const refreshTokens = new Set<string>()
  const accessTokens = new Set<string>()
  const revoked: string[] = []
  const counts = { tokens: 0 }
  /** The id of the account that logs in here. */
  const sub = String(crypto.getRandomValues(new BigUint64Array(1))[0])
  let issued = 0

  const consent = (
    authorize: URL,
    wrong: { readonly scope?: string; readonly noRefresh?: boolean } = {},
  ): string => {
    const given = (name: string): string => authorize.searchParams.get(name) ?? ''
    if (given('client_id') !== CLIENT_ID || given('code_challenge_method') !== 'S256') return 'refused'
    // Without these two Google gives a refresh token once only, or never.
    const withRefresh = given('access_type') === 'offline' && given('prompt') === 'consent'
    const code = `4/google-code-${++issued}`
    codes.set(code, {
      redirectUri: given('redirect_uri'),
      challenge: given('code_challenge'),
      nonce: given('nonce'),
      scope: wrong.scope ?? given('scope'),
      withRefresh: withRefresh && wrong.noRefresh !== true,
    })
    return code
  }

  const granted = (extra: object = {}) => {
    const token = `ya29.access-${++issued}-0123456789`
    accessTokens.add(token)
    return json({ access_token: token, expires_in: 3599, token_type: 'Bearer', ...extra })
  }
  const refuse = (error: string, status = 400) =>
    json({ error, error_description: 'words of the vendor that nobody may see' }, status)

  async function exchange(form: URLSearchParams): Promise<Response> {
    const code = codes.get(form.get('code') ?? '')
    codes.delete(form.get('code') ?? '')
    if (code === undefined) return refuse('invalid_grant')
    if (form.get('redirect_uri') !== code.redirectUri) return refuse('redirect_uri_mismatch')
    if ((await challengeOf(form.get('code_verifier') ?? '')) !== code.challenge)
      return refuse('invalid_grant')
    const now = Math.floor(Date.now() / 1000)
    const idToken = await new SignJWT({ nonce: code.nonce, email: 'dana@example.com', email_verified: true })
      .setProtectedHeader({ alg: 'RS256', kid: 'g1' })
      .setIssuer('https://accounts.google.com')
      .setAudience(CLIENT_ID)
      .setSubject(sub)
      .setIssuedAt(now)
      .setExpirationTime(now + 3600)
      .sign(signingPrivate)
    const refresh = `1//google-refresh-${++issued}-0123456789`
    if (code.withRefresh) refreshTokens.add(refresh)
    return granted({
      scope: code.scope,
      id_token: idToken,
      ...(code.withRefresh ? { refresh_token: refresh } : {}),
    })
  }

  async function token({ method, headers, body }: Seen): Promise<Response> {
    if (method !== 'POST') return json({}, 404)
    if (!(headers.get('content-type') ?? '').startsWith('application/x-www-form-urlencoded'))
      return refuse('invalid_request')
    counts.tokens++
    const form = new URLSearchParams(body)
    if (form.get('grant_type') === 'urn:ietf:params:oauth:grant-type:jwt-bearer') {
      try {
        const { payload, protectedHeader } = await jwtVerify(form.get('assertion') ?? '', ownPublic, {
          algorithms: ['RS256'],
          issuer: EMAIL,
          audience: TOKEN_URL,
          requiredClaims: ['iat', 'exp', 'scope'],
        })
        const life = (payload.exp ?? 0) - (payload.iat ?? 0)
        const right = protectedHeader.kid === 'key-1' && payload['scope'] === CLOUD && life <= 3600
        return right ? granted() : refuse('invalid_grant')
      } catch {
        return refuse('invalid_grant')
      }
    }
    if (form.get('client_id') !== CLIENT_ID || form.get('client_secret') !== CLIENT_SECRET)
      return refuse('invalid_client', 401)
    if (form.get('grant_type') === 'authorization_code') return exchange(form)
    if (form.get('grant_type') !== 'refresh_token') return refuse('unsupported_grant_type')
    return refreshTokens.has(form.get('refresh_token') ?? '')
      ? granted({ scope: CLOUD })
      : refuse('invalid_grant')
  }

  const show = ({ projectId, name, lifecycleState }: FakeProject) => ({
    projectId,
    name,
    lifecycleState,
    projectNumber: '4'.repeat(12),
  })

  function listed(url: URL): Response {
    const size = Math.min(Number(url.searchParams.get('pageSize') ?? '500'), 500)
    const from = Number(url.searchParams.get('pageToken') ?? '0')
    const more = from + size < has.length
    return json({
      projects: has.slice(from, from + size).map(show),
      ...(more ? { nextPageToken: String(from + size) } : {}),
    })
  }

  async function answer(seen: Seen): Promise<Response> {
    const { url, method, headers, body } = seen
    if (url.href === TOKEN_URL) return token(seen)
    if (url.href === 'https://oauth2.googleapis.com/revoke' && method === 'POST') {
      const ended = new URLSearchParams(body).get('token') ?? ''
      if (!refreshTokens.delete(ended)) return refuse('invalid_token')
      revoked.push(ended)
      return json({})
    }
    if (url.href === 'https://www.googleapis.com/oauth2/v3/certs')
      return json({ keys: [{ ...(await exportJWK(signingPublic)), kid: 'g1', alg: 'RS256', use: 'sig' }] })
    if (!accessTokens.has((headers.get('authorization') ?? '').replace(/^Bearer /, '')))
      return json({ error: { code: 401, status: 'UNAUTHENTICATED' } }, 401)
    if (url.hostname === 'logging.googleapis.com' && url.pathname === '/v2/entries:list' && method === 'POST')
      return json({ entries: [{ asked: JSON.parse(body) }] })
    if (url.hostname === 'monitoring.googleapis.com') return json({ timeSeries: [] })
    const match = /^\/v1\/projects(?:\/([^/:]+))?(:testIamPermissions|\/billingInfo)?$/.exec(url.pathname)
    if (match === null) return json({ error: { code: 404 } }, 404)
    const [, id, action] = match
    if (id === undefined) return listed(url)
    const found = has.find(({ projectId }) => projectId === id)
    // Google does not tell whether a project that may not be read exists.
    if (found === undefined) return json({ error: { code: 403, status: 'PERMISSION_DENIED' } }, 403)
    if (action === undefined) return json(show(found))
    if (action === '/billingInfo')
      return url.hostname === 'cloudbilling.googleapis.com'
        ? json({ projectId: id, billingEnabled: found.billed })
        : json({}, 404)
    if (method !== 'POST') return json({}, 404)
    return json(found.readable ? { permissions: JSON.parse(body).permissions } : {})
  }

  return {
    answer,
    http: fetchOf({ answer }),
    consent,
    sub,
    codes,
    refreshTokens,
    accessTokens,
    revoked,
    counts,
  }
}

const many = projects(130)
const google = aGoogle(many)

export const gcp: Fake = {
  id: 'gcp',
  hosts: [
    'oauth2.googleapis.com',
    'www.googleapis.com',
    'cloudresourcemanager.googleapis.com',
    'cloudbilling.googleapis.com',
    'logging.googleapis.com',
    'monitoring.googleapis.com',
  ],
  form: {
    good: { service_account_json: keyJson() },
    refused: { service_account_json: strangersKey },
  },
  variables: GOOGLE_VARIABLES,
  // A line of the key is enough to know it by, and survives any escaping of line ends.
  secrets: [ownPem.split('\n')[1] ?? ownPem, CLIENT_SECRET],
  accountId: EMAIL,
  resources: {
    first: many.slice(0, 100).map(({ projectId }) => projectId),
    second: many.slice(100).map(({ projectId }) => projectId),
  },
  revocation: 'unsupported',
  isTokenRequest: ({ url }) => url.href === TOKEN_URL,
  answer: google.answer,
}
