import { json, type Fake, type Seen } from './fake'

export const TENANT = '11111111-2222-4333-8444-555555555555'
export const CLIENT = 'aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee'
export const READER = 'bbbbbbbb-bbbb-4ccc-8ddd-eeeeeeeeeeee'
export const SECRET = 'abc8Q~azure-client-secret-0123456789'
export const READER_SECRET = 'xyz8Q~azure-reader-secret-0123456789'
const WORDS = 'words of the vendor that nobody may see'
const SIZE = 40

export const subscriptionId = (index: number): string =>
  `00000000-0000-4000-8000-${String(index).padStart(12, '0')}`

/** The second one is the first that is enabled. */
const subscriptions = Array.from({ length: 60 }, (_, index) => ({
  id: `/subscriptions/${subscriptionId(index + 1)}`,
  subscriptionId: subscriptionId(index + 1),
  displayName: `Subscription ${index + 1}`,
  state: index === 0 ? 'Disabled' : 'Enabled',
}))

/** What Entra ID says instead of a token, by client id; `none` sees no subscription. */
export interface AzureTrouble {
  readonly code?: number
  readonly none?: boolean
}

export function anAzure(troubles: Readonly<Record<string, AzureTrouble>> = {}) {
  const tokens = new Map<string, string>()
  const asked: URL[] = []
  let issued = 0
  const refuse = (code: number) =>
    json({ error: 'invalid_client', error_description: `AADSTS${code}: ${WORDS}`, error_codes: [code] }, 401)

  function token({ method, headers, body, url }: Seen): Response {
    if (method !== 'POST') return json({}, 405)
    if (!(headers.get('content-type') ?? '').startsWith('application/x-www-form-urlencoded'))
      return json({ error: 'invalid_request', error_codes: [900_144] }, 400)
    if (url.pathname !== `/${TENANT}/oauth2/v2.0/token`) return refuse(90_002)
    const form = new URLSearchParams(body)
    const client = form.get('client_id') ?? ''
    if (form.get('grant_type') !== 'client_credentials') return json({ error_codes: [70_003] }, 400)
    if (form.get('scope') !== 'https://management.azure.com/.default')
      return json({ error_codes: [70_011] }, 400)
    if (client !== CLIENT && client !== READER) return refuse(700_016)
    if (form.get('client_secret') !== (client === CLIENT ? SECRET : READER_SECRET)) return refuse(7_000_215)
    const { code } = troubles[client] ?? {}
    if (code !== undefined) return refuse(code)
    const made = `eyJ-azure-token-${++issued}`
    tokens.set(made, client)
    return json({ token_type: 'Bearer', expires_in: 3599, access_token: made })
  }

  function answer(seen: Seen): Response {
    const { url, headers, method } = seen
    if (url.hostname === 'login.microsoftonline.com') return token(seen)
    const client = tokens.get((headers.get('authorization') ?? '').replace(/^Bearer /, ''))
    if (client === undefined)
      return json({ error: { code: 'InvalidAuthenticationToken', message: WORDS } }, 401)
    if (method === 'POST' && /\/workspaces\/[^/]+\/query$/.test(url.pathname))
      return url.searchParams.get('api-version') === '2017-10-01'
        ? json({ tables: [], asked: JSON.parse(seen.body) })
        : json({ error: { code: 'InvalidApiVersionParameter' } }, 400)
    if (method !== 'GET') return json({}, 405)
    asked.push(url)
    const version = url.searchParams.get('api-version')
    if (url.pathname === '/subscriptions') {
      if (version !== '2020-01-01') return json({ error: { code: 'InvalidApiVersionParameter' } }, 400)
      if (troubles[client]?.none === true) return json({ value: [] })
      const from = Number(url.searchParams.get('$skiptoken') ?? '0')
      const next = new URL(url)
      next.searchParams.set('$skiptoken', String(from + SIZE))
      return json({
        value: subscriptions.slice(from, from + SIZE),
        ...(from + SIZE < subscriptions.length ? { nextLink: next.href } : {}),
      })
    }
    const cluster =
      /^\/subscriptions\/([0-9a-f-]{36})\/providers\/Microsoft\.ContainerService\/managedClusters$/
    const match = cluster.exec(url.pathname)
    if (match !== null && version === '2023-06-01')
      return json({
        value: [
          {
            id: `/subscriptions/${match[1]}/resourcegroups/shop/providers/Microsoft.ContainerService/managedClusters/prod`,
            name: 'prod',
          },
        ],
      })
    if (url.pathname.endsWith('/providers/microsoft.insights/metrics'))
      return json({ value: [], asked: url.search })
    return json({ error: { code: 'NotFound' } }, 404)
  }
  return { answer, tokens, asked }
}

export const azure: Fake = {
  id: 'azure',
  hosts: ['login.microsoftonline.com', 'management.azure.com'],
  form: {
    good: {
      tenant: TENANT,
      appId: CLIENT,
      password: SECRET,
      readOnlyCredentials: { clientId: READER, clientSecret: READER_SECRET },
    },
    refused: { tenantId: TENANT, clientId: CLIENT, clientSecret: 'abc8Q~secret-of-somebody-else' },
  },
  secrets: [SECRET, READER_SECRET],
  accountId: subscriptionId(2),
  resources: {
    first: subscriptions.slice(0, SIZE).map((it) => it.subscriptionId),
    second: subscriptions.slice(SIZE).map((it) => it.subscriptionId),
  },
  revocation: 'unsupported',
  isTokenRequest: ({ url }) => url.hostname === 'login.microsoftonline.com',
  answer: anAzure().answer,
}
