import { describe, it } from 'vitest'
import { connectors } from '../../src/connectors'
import { apiWith } from '../support/api'
import { anOrg, bearer } from '../support/org'
import { routes, UNLIMITED, type Route } from '../support/routes'

const PREFIXES = [
  '/api/connectors',
  '/api/connected-accounts',
  '/api/user_connections',
  '/api/gcp',
  '/gcp',
  '/login',
  '/callback',
  '/aws',
  '/auth',
  '/get-credentials',
  '/aws_api',
  '/workspaces',
  '/users/',
  '/azure',
  '/api/azure',
  '/github',
  '/slack',
  '/cloudflare_api',
  '/gitlab',
  '/bitbucket',
  '/scaleway_api',
  '/tailscale_api',
  '/ovh_api',
  '/flyio_api',
  '/api/vms',
  '/api/ssh-keys',
  '/notion',
  ...connectors.flatMap(({ original }) => original?.prefixes ?? []),
]
/** GitHub tells of many repositories at once, and an alert webhook has the limit of its kind. */
const LARGE = new Set(['POST /github/app/webhook'])
const INGEST =
  /\/(deployments|webhook|webhook-url|webhooks|alerts|rca-settings|incidents\/resolve|events\/ingested|builds)\b/

const own = routes.filter(
  ({ path, spec }) =>
    spec !== null &&
    PREFIXES.some((prefix) => path === prefix || path.startsWith(`${prefix.replace(/\/$/, '')}/`)),
)
const specOf = ({ spec }: Route) => {
  if (spec === null) throw new Error('no endpoint')
  return spec
}

describe('the routes of connectors', () => {
  it('take bodies of 64 KB at most', ({ expect }) => {
    const larger = own.filter(
      (route) =>
        route.method !== 'GET' &&
        !INGEST.test(route.path) &&
        !LARGE.has(route.name) &&
        !(specOf(route).maxBodyBytes !== undefined && (specOf(route).maxBodyBytes ?? 0) <= 65_536),
    )
    expect(own.length).toBeGreaterThan(150)
    expect(larger.map(({ name }) => name)).toEqual([])
  })

  it('count connecting and disconnecting apart', ({ expect }) => {
    const of = (pattern: RegExp) => own.filter(({ name }) => pattern.test(name) && !/webhook/.test(name))
    const connecting = of(/^POST .*\/(connect|authorize|login|role|reconnect|claim)$/)
    const ending = of(/^(POST|DELETE) .*\/(disconnect|force-disconnect|cleanup)$/)
    expect([connecting.length > 30, ending.length > 30]).toEqual([true, true])
    const uncounted = (list: readonly Route[], bucket: string) =>
      list.filter((route) => specOf(route).alsoCounts !== bucket).map(({ name }) => name)
    expect(uncounted(connecting, 'connect')).toEqual([])
    expect(uncounted(ending, 'disconnect')).toEqual([])
  })

  it('are for editors wherever they change something', ({ expect }) => {
    /** They only look, though they are posted. */
    const looking = /get-credentials$|\/billing$|\/api\/gcp\/projects$/
    const open = own.filter(
      (route) =>
        route.method !== 'GET' &&
        !looking.test(route.path) &&
        !INGEST.test(route.path) &&
        specOf(route).who === 'viewer',
    )
    expect(open.map(({ name }) => name)).toEqual([])
  })

  it('let nobody name another user than themselves', ({ expect }) => {
    const silent = own.filter((route) => specOf(route).who !== 'public' && !INGEST.test(route.path))
    expect(silent.filter((route) => specOf(route).namesUser !== true).map(({ name }) => name)).toEqual([])
  })

  it('refuse a body or a query that names somebody else, and take one that names the caller', async ({
    expect,
  }) => {
    const org = await anOrg()
    const client = apiWith(UNLIMITED, bearer(org.token))
    const stranger = crypto.randomUUID()
    const refused = [403, 'identity_mismatch']
    const said = async (answer: ReturnType<typeof client.get>) => {
      const { status, body } = await answer
      return [status, body.code]
    }
    for (const name of ['userId', 'user_id', 'uid']) {
      expect(await said(client.get(`/api/connectors/datadog/status?${name}=${stranger}`))).toEqual(refused)
      expect(await said(client.post('/slack', { [name]: stranger }))).toEqual(refused)
      expect((await client.get(`/github/status?${name}=${org.userId}`)).status).toBe(200)
      expect((await client.post('/api/connectors/slack/disconnect', { [name]: org.userId })).status).toBe(200)
    }
  })
})
