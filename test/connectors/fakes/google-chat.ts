import { decodeJwt, exportPKCS8, generateKeyPair, jwtVerify } from 'jose'
import { challengeOf } from '../../../src/services/connectors/begin-login'
import { json, type Fake, type Seen } from './fake'

const CLIENT = { id: 'chat.apps.googleusercontent.com', secret: 'GOCSPX-chat-0123456789' }
const REDIRECT = 'http://aurora.test/google-chat/callback'
const ACCOUNT = 'chat@aurora-app.iam.gserviceaccount.com'
const TOKEN_URL = 'https://oauth2.googleapis.com/token'
const { publicKey, privateKey } = await generateKeyPair('RS256', { extractable: true })
const pem = await exportPKCS8(privateKey)

interface FakeSpace {
  readonly name: string
  readonly displayName: string
  hasApp: boolean
}
const spacesAt = (): FakeSpace[] =>
  Array.from({ length: 130 }, (_, index) => ({
    name: `spaces/AAA${index + 1}`,
    displayName: index === 129 ? 'Incidents' : `Space ${index + 1}`,
    hasApp: true,
  }))

/** The customer's spaces, and what the next login grants other than it asks for. */
export const googleChatApp = { spaces: spacesAt(), scope: '' }
export const resetSpaces = (): void => {
  googleChatApp.spaces = spacesAt()
}

const codes = new Map<string, { readonly challenge: string; readonly scope: string }>()
/** Who an access is: the person who logged in, or the app. */
const accessTokens = new Map<string, 'person' | 'app'>()
let issued = 0

const failed = (status: number) =>
  json({ error: { code: status, message: 'words of the vendor that nobody may see' } }, status)
const refuse = (error: string, status = 400) => json({ error }, status)

export const googleChat: Fake = {
  id: 'google_chat',
  hosts: ['oauth2.googleapis.com', 'chat.googleapis.com'],
  form: null,
  // A line of the key is enough to know it by.
  secrets: [CLIENT.secret, pem.split('\n')[1] ?? pem],
  accountId: 'spaces/AAA130',
  resources: {
    first: spacesAt()
      .slice(0, 100)
      .map(({ name }) => name),
    second: spacesAt()
      .slice(100)
      .map(({ name }) => name),
  },
  revocation: 'unsupported',
  isTokenRequest: ({ url }) => url.href === TOKEN_URL,
  takes: ({ url, body }) => {
    if (url.hostname === 'chat.googleapis.com') return true
    const form = new URLSearchParams(body)
    const assertion = form.get('assertion')
    return form.get('client_id') === CLIENT.id || (assertion !== null && decodeJwt(assertion).iss === ACCOUNT)
  },
  variables: {
    GOOGLE_CHAT_SERVICE_ACCOUNT_KEY: JSON.stringify({
      type: 'service_account',
      client_email: ACCOUNT,
      private_key: pem,
      private_key_id: 'chat-key-1',
    }),
  },
  oauth: {
    variables: { GOOGLE_CHAT_CLIENT_ID: CLIENT.id, GOOGLE_CHAT_CLIENT_SECRET: CLIENT.secret },
    consent: (authorize) => {
      const given = (name: string): string => authorize.searchParams.get(name) ?? ''
      if (given('client_id') !== CLIENT.id || given('redirect_uri') !== REDIRECT) return 'refused'
      if (given('code_challenge_method') !== 'S256') return 'refused'
      const code = `4/chat-code-${++issued}`
      codes.set(code, { challenge: given('code_challenge'), scope: googleChatApp.scope || given('scope') })
      return code
    },
  },
  answer: (seen) => (seen.url.href === TOKEN_URL ? token(seen) : chat(seen)),
}

async function token({ method, headers, body }: Seen): Promise<Response> {
  if (method !== 'POST') return failed(404)
  if (!(headers.get('content-type') ?? '').startsWith('application/x-www-form-urlencoded'))
    return refuse('invalid_request')
  const form = new URLSearchParams(body)
  if (form.get('grant_type') === 'urn:ietf:params:oauth:grant-type:jwt-bearer') {
    try {
      const { payload } = await jwtVerify(form.get('assertion') ?? '', publicKey, {
        algorithms: ['RS256'],
        issuer: ACCOUNT,
        audience: TOKEN_URL,
      })
      return payload['scope'] === 'https://www.googleapis.com/auth/chat.bot'
        ? grant('app')
        : refuse('invalid_scope')
    } catch {
      return refuse('invalid_grant')
    }
  }
  if (form.get('client_secret') !== CLIENT.secret) return refuse('invalid_client', 401)
  const code = codes.get(form.get('code') ?? '')
  codes.delete(form.get('code') ?? '')
  if (code === undefined || form.get('redirect_uri') !== REDIRECT) return refuse('invalid_grant')
  if ((await challengeOf(form.get('code_verifier') ?? '')) !== code.challenge) return refuse('invalid_grant')
  return grant('person', { scope: code.scope })
}

function grant(who: 'person' | 'app', extra: object = {}): Response {
  const access = `ya29.chat-${who}-${++issued}-0123456789`
  accessTokens.set(access, who)
  return json({ access_token: access, expires_in: 3599, token_type: 'Bearer', ...extra })
}

function chat({ method, url, headers, body }: Seen): Response {
  const who = accessTokens.get((headers.get('authorization') ?? '').replace('Bearer ', ''))
  if (who === undefined) return failed(401)
  const { spaces } = googleChatApp
  const path = url.pathname.replace('/v1/', '')
  if (path === 'spaces' && method === 'GET') {
    const seen = spaces.filter(({ hasApp }) => who === 'person' || hasApp)
    const from = Number(url.searchParams.get('pageToken') ?? '0')
    const end = from + Number(url.searchParams.get('pageSize') ?? '100')
    const shown = seen.slice(from, end).map(({ name, displayName }) => ({ name, displayName }))
    return json({ spaces: shown, ...(end < seen.length ? { nextPageToken: String(end) } : {}) })
  }
  if (path === 'spaces' && method === 'POST' && who === 'person') {
    const space = { name: `spaces/NEW${++issued}`, displayName: JSON.parse(body).displayName, hasApp: false }
    spaces.push(space)
    return json({ name: space.name, displayName: space.displayName })
  }
  const [, name = '', members = ''] = /^(spaces\/[\w-]+)(\/members)?$/.exec(path) ?? []
  const space = spaces.find((it) => it.name === name)
  if (space === undefined) return failed(404)
  if (members !== '' && method === 'POST') {
    if (who !== 'person' || JSON.parse(body).member.name !== 'users/app') return failed(403)
    if (space.hasApp) return failed(409)
    space.hasApp = true
    return json({ name: `${name}/members/app` })
  }
  return who === 'app' && !space.hasApp ? failed(403) : json({ name, displayName: space.displayName })
}
