/** GitHub's side of an App: installations, the people who can reach them, and tokens that last an hour. */
import { exportPKCS8, generateKeyPair, jwtVerify } from 'jose'
import { challengeOf } from '../../../src/services/connectors/begin-login'
import { json, type Seen } from './fake'

const CLIENT = { id: 'Iv23liAURORAAPP', secret: 'github-app-secret-0123456789abcdef' } as const
const SLUG = 'aurora-test'
export const WEBHOOK_SECRET = 'github-webhook-secret-0123456789'
const [pair, stranger] = await Promise.all([
  generateKeyPair('RS256', { extractable: true }),
  generateKeyPair('RS256', { extractable: true }),
])

export const APP_VARIABLES = {
  GITHUB_APP_ID: '12345',
  GITHUB_APP_SLUG: SLUG,
  GITHUB_APP_CLIENT_ID: CLIENT.id,
  GITHUB_APP_CLIENT_SECRET: CLIENT.secret,
  // As it stands in a variable: in one line.
  GITHUB_APP_PRIVATE_KEY: (await exportPKCS8(pair.privateKey)).trim().replaceAll('\n', String.raw`\n`),
  GITHUB_APP_WEBHOOK_SECRET: WEBHOOK_SECRET,
} as const
export const STRANGE_KEY = await exportPKCS8(stranger.privateKey)

interface Installation {
  readonly id: number
  readonly login: string
  suspended: boolean
}
interface Code {
  readonly reaches: readonly number[]
  /** Null where the page carried none: installing. */
  readonly challenge: string | null
}

const installations = new Map<number, Installation>()
const codes = new Map<string, Code>()
const people = new Map<string, readonly number[]>()
const tokens = new Map<string, number>()
let issued = 0

/** Counts and tokens of this fake, for assertions. */
export const githubAppSeen = {
  minted: 0,
  userTokensLeft: () => people.size,
  secrets: (): string[] => [...tokens.keys()],
}

/** Somebody has installed the App on an account. */
export function installed(login: string): number {
  const id = 40_000_000 + Math.floor(Math.random() * 9_000_000_000)
  installations.set(id, { id, login, suspended: false })
  return id
}
export const suspend = (id: number, suspended: boolean): void => {
  const it = installations.get(id)
  if (it !== undefined) it.suspended = suspended
}
export const removeInstallation = (id: number): boolean => installations.delete(id)

/** What GitHub puts behind the callback when a person has gone through this page. */
export function goThrough(page: URL, reaches: readonly number[]): string {
  const code = `github-app-code-${++issued}`
  const given = (name: string): string | null => page.searchParams.get(name)
  if (page.pathname === `/apps/${SLUG}/installations/new`) codes.set(code, { reaches, challenge: null })
  else if (given('client_id') === CLIENT.id && given('code_challenge_method') === 'S256')
    codes.set(code, { reaches, challenge: given('code_challenge') })
  return code
}

/** Answers what is the App's; null for what belongs to others. */
export async function appAnswer(seen: Seen): Promise<Response | null> {
  const { method, url, headers, body } = seen
  if (url.pathname === '/login/oauth/access_token') return exchange(new URLSearchParams(body))
  const authorization = headers.get('authorization') ?? ''
  if (url.pathname === `/applications/${CLIENT.id}/token` && method === 'DELETE')
    return authorization === `Basic ${btoa(`${CLIENT.id}:${CLIENT.secret}`)}` &&
      people.delete(JSON.parse(body).access_token)
      ? new Response(null, { status: 204 })
      : json({}, 404)
  if (url.pathname === '/user/installations') return reached(url, people.get(authorization.slice(7)))
  const one = /^\/app\/installations\/(\d+)(\/access_tokens)?$/.exec(url.pathname)
  if (one !== null) return asApp(seen, Number(one[1]), one[2] !== undefined)
  const installation = tokens.get(authorization.slice(7))
  return installation === undefined ? null : asInstallation(seen, installation)
}

async function exchange(form: URLSearchParams): Promise<Response | null> {
  if (form.get('client_id') !== CLIENT.id) return null
  const code = codes.get(form.get('code') ?? '')
  codes.delete(form.get('code') ?? '')
  const verifier = form.get('code_verifier')
  const fits =
    code?.challenge == null
      ? verifier === null
      : verifier !== null && (await challengeOf(verifier)) === code.challenge
  if (code === undefined || !fits || form.get('client_secret') !== CLIENT.secret)
    return json({ error: 'bad_verification_code', error_description: 'words of the vendor' })
  const token = `ghu_${issued}_0123456789abcdef`
  people.set(token, code.reaches)
  return json({ access_token: token, token_type: 'bearer', scope: '' })
}

const shown = ({ id, login, suspended }: Installation) => ({
  id,
  account: { login, id: id - 1, type: 'Organization' },
  target_type: 'Organization',
  permissions: { contents: 'read', metadata: 'read' },
  events: ['push'],
  repository_selection: 'selected',
  suspended_at: suspended ? '2026-01-01T00:00:00Z' : null,
})

function reached(url: URL, ids: readonly number[] | undefined): Response {
  if (ids === undefined) return json({ message: 'Bad credentials' }, 401)
  const all = ids.flatMap((id) => installations.get(id) ?? []).map(shown)
  const [size, page] = [Number(url.searchParams.get('per_page')), Number(url.searchParams.get('page'))]
  return json({ total_count: all.length, installations: all.slice((page - 1) * size, page * size) })
}

/** The App's own token: RS256, ten minutes at most, issued by the client id. */
async function asApp({ method, headers }: Seen, id: number, mints: boolean): Promise<Response> {
  try {
    const { payload, protectedHeader } = await jwtVerify(
      (headers.get('authorization') ?? '').slice(7),
      pair.publicKey,
      { issuer: CLIENT.id, algorithms: ['RS256'] },
    )
    const { iat = 0, exp = Infinity } = payload
    if (exp - iat > 660 || protectedHeader.alg !== 'RS256') return json({}, 401)
  } catch {
    return json({ message: 'A JSON web token could not be decoded' }, 401)
  }
  const found = installations.get(id)
  if (found === undefined) return json({ message: 'Not Found' }, 404)
  if (method === 'DELETE') {
    installations.delete(id)
    return new Response(null, { status: 204 })
  }
  if (!mints) return json(shown(found))
  if (found.suspended) return json({ message: 'This installation has been suspended' }, 403)
  githubAppSeen.minted++
  const token = `ghs_${githubAppSeen.minted}_0123456789abcdefghij`
  tokens.set(token, id)
  return json({ token, expires_at: new Date(Date.now() + 3_600_000).toISOString() }, 201)
}

function asInstallation({ url, headers }: Seen, id: number): Response | null {
  const { login = '', suspended = false } = installations.get(id) ?? {}
  if (suspended) return json({ message: 'This installation has been suspended' }, 403)
  if (url.pathname === '/installation/repositories') {
    const page = Number(url.searchParams.get('page') ?? '1')
    const all = Array.from({ length: 120 }, (_, index) => ({
      id: index + 1,
      full_name: `${login}/service-${index + 1}`,
      private: true,
      default_branch: 'main',
    }))
    const next = new URL(url)
    next.searchParams.set('page', String(page + 1))
    return json(
      { total_count: 120, repositories: all.slice((page - 1) * 100, page * 100) },
      200,
      page === 1 ? { link: `<${next.href}>; rel="next"` } : {},
    )
  }
  const repository = `/repos/${login}/service-1`
  switch (url.pathname) {
    case repository:
      return json({
        full_name: `${login}/service-1`,
        description: 'Takes the money.',
        topics: ['checkout'],
        default_branch: 'main',
        archived: false,
      })
    case `${repository}/languages`:
      return json({ Shell: 10, TypeScript: 9000 })
    case `${repository}/readme`:
      return headers.get('accept') === 'application/vnd.github.raw+json'
        ? new Response(
            '# Service\n\n![badge](x)\n\nThe service that every checkout of the shop goes through.\n',
          )
        : json({})
    case `${repository}/branches`:
      return json([{ name: 'main', protected: true, commit: { sha: 'a1' } }])
    default:
      return null
  }
}
