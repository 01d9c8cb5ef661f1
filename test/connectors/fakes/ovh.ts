import { challengeOf } from '../../../src/services/connectors/begin-login'
import { json, type Fake, type Seen } from './fake'

const CLIENT = { id: 'ovhclient0123456789', secret: 'ovhclientsecret0123456789' }
const REDIRECT = 'http://aurora.test/ovh_api/ovh/oauth2/callback'
const ids = Array.from({ length: 25 }, (_, index) => `p${index + 1}`)

const codes = new Map<string, string>()
const accessTokens = new Set<string>()
const refreshTokens = new Set<string>()
let issued = 0

export const ovh: Fake = {
  id: 'ovh',
  hosts: ['www.ovh.com', 'eu.api.ovh.com'],
  form: null,
  secrets: [CLIENT.secret, 'ovh-refresh-0123456789', 'ovh-access-0123456789'],
  accountId: 'ovh-eu',
  resources: { first: ids.slice(0, 20), second: ids.slice(20) },
  revocation: 'unsupported',
  isTokenRequest: ({ body }) => body.includes('grant_type=refresh_token'),
  oauth: {
    variables: { OVH_EU_CLIENT_ID: CLIENT.id, OVH_EU_CLIENT_SECRET: CLIENT.secret },
    consent: (authorize) => {
      const given = (name: string): string | null => authorize.searchParams.get(name)
      if (authorize.hostname !== 'www.ovh.com' || given('client_id') !== CLIENT.id) return 'refused'
      if (given('redirect_uri') !== REDIRECT || given('scope') !== 'all') return 'refused'
      if (given('code_challenge_method') !== 'S256') return 'refused'
      const code = `ovh-code-${++issued}`
      codes.set(code, given('code_challenge') ?? '')
      return code
    },
  },
  answer: (seen) => (seen.url.hostname === 'www.ovh.com' ? oauth(seen) : rest(seen)),
}

async function oauth({ method, url, headers, body }: Seen) {
  if (method !== 'POST' || url.pathname !== '/auth/oauth2/token') return json({}, 404)
  if (!(headers.get('content-type') ?? '').startsWith('application/x-www-form-urlencoded'))
    return json({ error: 'invalid_request' }, 400)
  const form = new URLSearchParams(body)
  if (form.get('client_id') !== CLIENT.id || form.get('client_secret') !== CLIENT.secret)
    return json({ error: 'invalid_client' }, 401)
  if (form.get('grant_type') === 'refresh_token')
    return refreshTokens.has(form.get('refresh_token') ?? '')
      ? grant()
      : json({ error: 'invalid_grant' }, 400)
  const challenge = codes.get(form.get('code') ?? '')
  codes.delete(form.get('code') ?? '')
  const right =
    challenge !== undefined &&
    form.get('redirect_uri') === REDIRECT &&
    (await challengeOf(form.get('code_verifier') ?? '')) === challenge
  return right ? grant() : json({ error: 'invalid_grant' }, 400)
}

function grant() {
  const access = `ovh-access-0123456789-${++issued}`
  const refresh = `ovh-refresh-0123456789-${issued}`
  accessTokens.add(access)
  refreshTokens.add(refresh)
  return json({ access_token: access, refresh_token: refresh, token_type: 'Bearer', expires_in: 3600 })
}

function rest({ url, headers }: Seen) {
  if (!accessTokens.has((headers.get('authorization') ?? '').replace('Bearer ', '')))
    return json({ message: 'words of the vendor that nobody may see' }, 401)
  const [, version, , , id, kind] = url.pathname.split('/')
  if (version !== '1.0') return json({}, 404)
  if (id === undefined) return json(ids)
  if (!ids.includes(id)) return json({}, 404)
  // One project that this login may list but not read.
  if (id === 'p2') return json({}, 403)
  if (kind !== 'instance') return json({ project_id: id, description: `Project ${id}` })
  return json(
    id === 'p1'
      ? [
          {
            id: 'i1',
            name: 'web',
            status: 'ACTIVE',
            region: 'GRA11',
            ipAddresses: [{ ip: '203.0.113.7', type: 'public', version: 4 }],
            image: { name: 'Debian 13' },
          },
        ]
      : [],
  )
}
