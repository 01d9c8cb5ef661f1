import { challengeOf } from '../../../src/services/connectors/begin-login'
import { json, type Fake } from './fake'
import { appAnswer } from './github-app'

const CLIENT_ID = 'Iv1.0123456789abcdef'
const CLIENT_SECRET = 'github-client-secret-0123456789'
const TOKEN = 'gho_0123456789abcdefghijklmnopqrstuv'
const repositories = Array.from({ length: 130 }, (_, index) => ({
  id: index + 1,
  full_name: `example/repo-${index + 1}`,
  private: true,
  default_branch: 'main',
}))

interface Code {
  readonly redirectUri: string
  readonly challenge: string
  readonly scope: string
}
const codes = new Map<string, Code>()
let issued = 0

/** GitHub's token endpoint tells its errors with HTTP 200. */
const refuse = (error: string) =>
  json({ error, error_description: 'words of the vendor that nobody may see' })

export const github: Fake = {
  id: 'github',
  hosts: ['github.com', 'api.github.com'],
  form: null,
  secrets: [TOKEN, CLIENT_SECRET],
  accountId: 'octo',
  resources: {
    first: repositories.slice(0, 100).map((it) => it.full_name),
    second: repositories.slice(100).map((it) => it.full_name),
  },
  revocation: 'revoked',
  oauth: {
    variables: {
      GITHUB_OAUTH_CLIENT_ID: CLIENT_ID,
      GITHUB_OAUTH_CLIENT_SECRET: CLIENT_SECRET,
      GITHUB_AUTH_MODE: 'oauth',
    },
    consent: (authorize) => {
      const given = (name: string): string => authorize.searchParams.get(name) ?? ''
      if (given('client_id') !== CLIENT_ID || given('code_challenge_method') !== 'S256') return 'refused'
      const code = `github-code-${++issued}`
      codes.set(code, {
        redirectUri: given('redirect_uri'),
        challenge: given('code_challenge'),
        scope: given('scope'),
      })
      return code
    },
  },
  answer: async (seen) => {
    const { method, url, headers, body } = seen
    const ofApp = await appAnswer(seen)
    if (ofApp !== null) return ofApp
    if (url.hostname === 'github.com') {
      if (method !== 'POST' || url.pathname !== '/login/oauth/access_token') return json({}, 404)
      if (!(headers.get('content-type') ?? '').startsWith('application/x-www-form-urlencoded'))
        return json({}, 415)
      if (headers.get('accept') !== 'application/json') return new Response('access_token=nothing')
      const form = new URLSearchParams(body)
      if (form.get('client_id') !== CLIENT_ID || form.get('client_secret') !== CLIENT_SECRET)
        return refuse('incorrect_client_credentials')
      const code = codes.get(form.get('code') ?? '')
      codes.delete(form.get('code') ?? '')
      if (code === undefined) return refuse('bad_verification_code')
      if (form.get('redirect_uri') !== code.redirectUri) return refuse('redirect_uri_mismatch')
      if ((await challengeOf(form.get('code_verifier') ?? '')) !== code.challenge)
        return refuse('bad_verification_code')
      return json({ access_token: TOKEN, token_type: 'bearer', scope: code.scope.replaceAll(' ', ',') })
    }
    if (headers.get('user-agent') === null || headers.get('x-github-api-version') !== '2022-11-28')
      return json({}, 400)
    if (method === 'DELETE' && url.pathname === `/applications/${CLIENT_ID}/token`) {
      const right = headers.get('authorization') === `Basic ${btoa(`${CLIENT_ID}:${CLIENT_SECRET}`)}`
      return right && JSON.parse(body).access_token === TOKEN
        ? new Response(null, { status: 204 })
        : json({}, 404)
    }
    if (headers.get('authorization') !== `Bearer ${TOKEN}`) return json({ message: 'Bad credentials' }, 401)
    if (url.pathname === '/user') return json({ login: 'octo' }, 200, { 'x-oauth-scopes': 'repo, read:user' })
    if (url.pathname === '/repos/example/repo-1/branches')
      return json([{ name: 'main', protected: true, commit: { sha: 'a1' } }])
    if (url.pathname !== '/user/repos') return json({ message: 'Not Found' }, 404)
    const page = Number(url.searchParams.get('page') ?? '1')
    const next = new URL(url)
    next.searchParams.set('page', String(page + 1))
    return json(
      repositories.slice((page - 1) * 100, page * 100),
      200,
      page * 100 < repositories.length ? { link: `<${next.href}>; rel="next"` } : {},
    )
  },
}
