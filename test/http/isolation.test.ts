import { env } from 'cloudflare:workers'
import { getTableColumns, getTableName, is } from 'drizzle-orm'
import { SQLiteTable } from 'drizzle-orm/sqlite-core'
import { describe, it } from 'vitest'
import * as schema from '../../drizzle/schema'
import { newId, parseId } from '../../src/lib/ids'
import { api, apiWith } from '../support/api'
import { anOrg, bearer } from '../support/org'
import { seedResources, validBodies } from '../support/resources'
import { closedRoutes, fill, parametersOf, routes, UNLIMITED, type Route } from '../support/routes'

const tables = Object.values(schema).filter((value) => is(value, SQLiteTable))
/** Paths that name the caller, and answer 403 to everybody else: no row is behind them. */
const OWN = '/users/:uid/'
const routesWithIds = closedRoutes.filter(
  ({ path }) => parametersOf(path).length > 0 && !path.startsWith(OWN),
)

/** Every row of the organisation, as text. */
async function rowsOf(orgId: string): Promise<string> {
  const owned = tables.filter((table) => 'orgId' in getTableColumns(table)).map(getTableName)
  const results = await env.DB.batch(
    owned.map((name) => env.DB.prepare(`SELECT * FROM ${name} WHERE org_id = ? ORDER BY rowid`).bind(orgId)),
  )
  return JSON.stringify(results.map(({ results }, index) => [owned[index], results]))
}

/** Calls a route with these ids in its path; a stream that opens is closed and counts by its status. */
async function callWith(route: Route, token: string, ids: Readonly<Record<string, string>>) {
  const body = validBodies[route.name] ?? (route.body === null ? undefined : {})
  const response = await apiWith(UNLIMITED, bearer(token)).fetch(fill(route.path, ids), {
    method: route.method,
    ...(body === undefined
      ? {}
      : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
  })
  if (response.headers.get('content-type')?.startsWith('text/event-stream') === true) {
    await response.body?.cancel()
    return { status: response.status, text: '' }
  }
  const text = await response.text()
  const requestId = response.headers.get('x-request-id')
  return { status: response.status, text: requestId === null ? text : text.replaceAll(requestId, '') }
}

describe('the schema', () => {
  it('has an organisation in every table but that of organisations', ({ expect }) => {
    const without = tables.filter((table) => !('orgId' in getTableColumns(table))).map(getTableName)
    expect(tables.length).toBeGreaterThan(20)
    expect(without).toEqual(['organizations'])
  })
})

describe('every route', () => {
  it('declares its endpoint', ({ expect }) => {
    const undeclared = routes.filter(({ spec, path }) => spec === null && !path.startsWith('/debug/'))
    expect(undeclared.map(({ name }) => name)).toEqual([])
    expect(closedRoutes.length).toBeGreaterThanOrEqual(4)
  })

  it('has path parameters that these tests know a row for, and declares those that are ids', async ({
    expect,
  }) => {
    const known = new Map(Object.entries(await seedResources(await anOrg())))
    for (const { name, path, spec } of routesWithIds) {
      const parameters = parametersOf(path)
      // A collection missing here wants a row in `seedResources`.
      expect([name, parameters.filter(({ collection }) => !known.has(collection))]).toEqual([name, []])
      const ids = parameters.filter(({ collection }) => parseId(known.get(collection) ?? '') !== null)
      expect([name, Object.keys(spec?.ids ?? {})]).toEqual([name, ids.map((parameter) => parameter.name)])
    }
  })
})

describe('without a credential', () => {
  it.for(closedRoutes)('$name is refused', async ({ method, path }, { expect }) => {
    const { status, body } = await api().call(method, path)
    const incidents = path.startsWith('/api/incidents')
    expect([status, body.code]).toEqual(incidents ? [400, 'missing_user_id'] : [401, 'unauthenticated'])
  })
})

/** Routes that answer 403 for any id that is not the caller's, as their clients know it. */
const FORBIDDEN = new Set(['DELETE /api/kubectl/connections/:cluster_id'])

/** One owner for all routes: no stranger may leave a trace, so each finds the rows as the first did. */
let shared: ReturnType<typeof anOwner> | null = null
const anOwner = async () => {
  const owner = await anOrg()
  const ids = await seedResources(owner)
  return { owner, ids, before: await rowsOf(owner.orgId) }
}

describe('a stranger', () => {
  it.for(routesWithIds)(
    'gets the same 404 from $name for a foreign id as for none',
    async (route, { expect }) => {
      const { owner, ids, before } = await (shared ??= anOwner())
      const stranger = await anOrg()
      const nowhere = Object.fromEntries(
        Object.entries(ids).map(([collection, id]) => [collection, parseId(id) === null ? id : newId()]),
      )
      const foreign = await callWith(route, stranger.token, ids)
      const absent = await callWith(route, stranger.token, nowhere)
      const refused = FORBIDDEN.has(route.name) ? 403 : 404
      expect(
        [foreign.status, foreign.text],
        'A 400 wants a valid body in `validBodies` of test/support/resources.ts',
      ).toEqual([refused, absent.text])
      expect(absent.status).toBe(refused)
      expect(await rowsOf(owner.orgId)).toBe(before)
    },
  )

  it('finds no id of the owner in any answer', async ({ expect }) => {
    const [owner, stranger] = [await anOrg(), await anOrg()]
    const ids = Object.values(await seedResources(owner)).filter((id) => parseId(id) !== null)
    const own = await seedResources(stranger)
    for (const route of closedRoutes.filter(({ method }) => method === 'GET')) {
      const { text } = await callWith(route, stranger.token, own)
      expect([route.name, ids.filter((id) => text.includes(id))]).toEqual([route.name, []])
    }
  })
})

/** Where a body or a query names a row: the call on the caller's own rows that names somebody else's. */
type Ids = Awaited<ReturnType<typeof seedResources>>
const NAMING: readonly (readonly [
  method: string,
  path: (own: Ids, foreign: Ids) => string,
  body?: (foreign: Ids) => unknown,
])[] = [
  [
    'POST',
    ({ incidents }) => `/api/incidents/${incidents}/merge-alert`,
    ({ incidents }) => ({ sourceIncidentId: incidents }),
  ],
  ['POST', ({ incidents }) => `/api/incidents/${incidents}/split`, ({ alerts }) => ({ alertIds: [alerts] })],
  [
    'POST',
    ({ incidents }, { sessions }) => `/api/incidents/${incidents}/chat?session_id=${sessions}`,
    () => ({ question: 'Why?' }),
  ],
  [
    'POST',
    ({ incidents }) => `/api/incidents/${incidents}/chat`,
    ({ suggestions }) => ({ question: 'Why?', suggestion_id: suggestions }),
  ],
  [
    'POST',
    ({ suggestions }) => `/api/incidents/suggestions/${suggestions}/mark-executed`,
    ({ sessions }) => ({ chatSessionId: sessions }),
  ],
  [
    'POST',
    () => '/api/approvals',
    ({ incidents }) => ({
      incidentId: incidents,
      tool: 'github_open_pull_request',
      args: { repository: 'acme/shop', filePath: 'a.yaml', content: 'a: 1', title: 'A', body: 'B' },
      reason: 'Try it',
    }),
  ],
  ['GET', (_, { incidents }) => `/api/approvals?incidentId=${incidents}`],
  ['POST', () => '/api/ingest/dead-letters/redrive', ({ integrations }) => ({ integrationId: integrations })],
  ['GET', (_, { integrations }) => `/api/ingest/deliveries?integrationId=${integrations}`],
  ['GET', (_, { integrations }) => `/api/ingest/dead-letters?integrationId=${integrations}`],
  ['GET', (_, { integrations }) => `/api/alerts?integrationId=${integrations}`],
  ['GET', (_, { users }) => `/api/audit-log?actor=${users}`],
  ['GET', (_, { incidents }) => `/api/incidents/recent-unlinked?exclude=${incidents}`],
  ['GET', ({ incidents }, { runs }) => `/api/incidents/${incidents}/evidence?runId=${runs}`],
  ['GET', ({ incidents }, { alerts }) => `/api/incidents/${incidents}?thoughtsAfter=${alerts}`],
  ['DELETE', (_, { sessions }) => `/chat_api/sessions/bulk-delete?current_session_id=${sessions}`],
]

describe('a body or a query', () => {
  it('that names a row of another organisation finds and changes nothing of it', async ({ expect }) => {
    const [owner, caller] = [await anOrg(), await anOrg()]
    const [foreign, own] = [await seedResources(owner), await seedResources(caller)]
    const before = await rowsOf(owner.orgId)
    const client = apiWith(UNLIMITED, bearer(caller.token))
    for (const [method, path, body] of NAMING) {
      const answer = await client.call(method, path(own, foreign), body?.(foreign))
      const ids = Object.values(foreign).filter((id) => parseId(id) !== null)
      expect([path(own, foreign), answer.status < 500]).toEqual([path(own, foreign), true])
      expect([path(own, foreign), ids.filter((id) => answer.text.includes(id))]).toEqual([
        path(own, foreign),
        [],
      ])
      // What may be refused is refused, and nothing else names it either.
      if (
        method === 'POST' &&
        !path(own, foreign).endsWith('executed') &&
        !path(own, foreign).endsWith('redrive')
      )
        expect([400, 404]).toContain(answer.status)
    }
    expect(await rowsOf(owner.orgId)).toBe(before)
    expect(await rowsOf(caller.orgId)).not.toContain(foreign.sessions)
  })
})

describe('a colleague', () => {
  const sessionRoutes = routesWithIds.filter(({ path }) => parametersOf(path)[0]?.collection === 'sessions')

  it('does not reach the private chat session of another member', async ({ expect }) => {
    const owner = await anOrg()
    const ids = await seedResources(owner)
    const colleague = await owner.member('admin')
    for (const route of sessionRoutes) {
      const { status } = await callWith(route, colleague.token, ids)
      expect([route.name, status]).toEqual([route.name, 404])
    }
  })
})
