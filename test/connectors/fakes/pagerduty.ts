import { challengeOf } from '../../../src/services/connectors/begin-login'
import { json, type Fake, type Seen } from './fake'

const TOKEN = 'u+0123456789abcdefghij'
/** A token of the whole account, which belongs to nobody. */
export const ACCOUNT_TOKEN = 'account+0123456789abcdef'
/** The secret of every subscription that is made here. */
export const SUBSCRIPTION_SECRET = 'pd-signing-secret-0123456789'
const CLIENT = { id: 'pd-client-0123456789', secret: 'pd-client-secret-0123456789' }
const services = Array.from({ length: 140 }, (_, index) => ({
  id: `PSVC${index + 1}`,
  name: `Service ${index + 1}`,
  status: 'active',
  html_url: `https://example.pagerduty.com/services/PSVC${index + 1}`,
}))

const codes = new Map<string, { readonly redirectUri: string; readonly challenge: string }>()
const accessTokens = new Set<string>()
const refreshTokens = new Set<string>()
let issued = 0

const failed = (status: number, message: string) => json({ error: { message, code: 2000 + status } }, status)

export const pagerduty: Fake = {
  id: 'pagerduty',
  hosts: ['api.pagerduty.com', 'app.pagerduty.com'],
  form: { good: { token: TOKEN }, refused: { token: 'token-of-somebody-else' } },
  secrets: [TOKEN, CLIENT.secret, ACCOUNT_TOKEN, SUBSCRIPTION_SECRET],
  accountId: 'example',
  resources: {
    first: services.slice(0, 100).map(({ id }) => id),
    second: services.slice(100).map(({ id }) => id),
  },
  revocation: 'unsupported',
  oauth: {
    variables: { PAGERDUTY_CLIENT_ID: CLIENT.id, PAGERDUTY_CLIENT_SECRET: CLIENT.secret },
    consent: (authorize) => {
      const given = (name: string): string => authorize.searchParams.get(name) ?? ''
      if (given('client_id') !== CLIENT.id || given('code_challenge_method') !== 'S256') return 'refused'
      const code = `pd-code-${++issued}`
      codes.set(code, { redirectUri: given('redirect_uri'), challenge: given('code_challenge') })
      return code
    },
  },
  answer: (seen) => (seen.url.hostname === 'app.pagerduty.com' ? oauth(seen) : rest(seen)),
}

function rest({ method, url, headers, body }: Seen) {
  const authorization = headers.get('authorization') ?? ''
  const isAccount = authorization === `Token token=${ACCOUNT_TOKEN}`
  const known =
    isAccount ||
    authorization === `Token token=${TOKEN}` ||
    accessTokens.has(authorization.replace('Bearer ', ''))
  if (!known) return failed(401, 'Unauthorized')
  if (headers.get('accept') !== 'application/vnd.pagerduty+json;version=2') return failed(406, 'Version')
  switch (url.pathname) {
    case '/users/me':
      return isAccount
        ? failed(400, 'A user token is needed')
        : json({
            user: {
              id: 'PUSER1',
              name: 'Ops',
              email: 'ops@example.com',
              html_url: 'https://example.pagerduty.com/users/PUSER1',
            },
          })
    case '/webhook_subscriptions': {
      if (method !== 'POST') return failed(405, 'Method not allowed')
      // A read-only key and a login with our scopes may not.
      if (!isAccount) return failed(403, 'Access denied')
      const { webhook_subscription: asked } = JSON.parse(body)
      return asked.type === 'webhook_subscription' &&
        asked.filter.type === 'account_reference' &&
        asked.delivery_method.type === 'http_delivery_method' &&
        String(asked.delivery_method.url).startsWith('https://') &&
        asked.events.includes('incident.triggered')
        ? json(
            {
              webhook_subscription: {
                ...asked,
                id: 'PSUB1',
                active: true,
                delivery_method: { ...asked.delivery_method, secret: SUBSCRIPTION_SECRET },
              },
            },
            201,
          )
        : failed(400, 'Invalid Input Provided')
    }
    case '/abilities':
      return json({ abilities: ['teams', 'urgencies'] })
    case '/services': {
      const offset = Number(url.searchParams.get('offset') ?? '0')
      const limit = Number(url.searchParams.get('limit') ?? '25')
      const page = services.slice(offset, offset + limit)
      return json({ services: page, limit, offset, more: offset + limit < services.length })
    }
    default:
      return failed(404, 'Not Found')
  }
}

async function oauth({ method, url, headers, body }: Seen) {
  if (method !== 'POST' || url.pathname !== '/oauth/token') return failed(404, 'Not Found')
  if (!(headers.get('content-type') ?? '').startsWith('application/x-www-form-urlencoded'))
    return json({ error: 'invalid_request' }, 400)
  const form = new URLSearchParams(body)
  if (form.get('client_id') !== CLIENT.id || form.get('client_secret') !== CLIENT.secret)
    return json({ error: 'invalid_client' }, 401)
  if (form.get('grant_type') === 'refresh_token')
    // Each refresh token works once.
    return refreshTokens.delete(form.get('refresh_token') ?? '')
      ? grant()
      : json({ error: 'invalid_grant' }, 400)
  const code = codes.get(form.get('code') ?? '')
  codes.delete(form.get('code') ?? '')
  const right =
    code !== undefined &&
    form.get('redirect_uri') === code.redirectUri &&
    (await challengeOf(form.get('code_verifier') ?? '')) === code.challenge
  return right ? grant() : json({ error: 'invalid_grant' }, 400)
}

function grant() {
  const access = `pd-access-${++issued}-0123456789`
  const refresh = `pd-refresh-${issued}-0123456789`
  accessTokens.add(access)
  refreshTokens.add(refresh)
  return json({
    access_token: access,
    refresh_token: refresh,
    token_type: 'bearer',
    expires_in: 864_000,
    scope: 'openid users.read incidents.read services.read',
  })
}
