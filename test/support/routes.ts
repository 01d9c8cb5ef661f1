/** Every route of the app with what it declares, for the tests that walk them all. */
import type { Schema } from '../../src/lib/schema'
import { app } from '../../src/app'
import { endpointOf, type Endpoint } from '../../src/http/endpoint'
import { schemaOf } from '../../src/http/input'

export interface Route {
  /** `GET /api/auth/me` */
  readonly name: string
  readonly method: string
  readonly path: string
  /** Null for a handler that declares no endpoint. */
  readonly spec: Endpoint | null
  readonly body: Schema | null
  readonly query: Schema | null
}

export const routes: readonly Route[] = walk()

/** The routes that need a caller. */
export const closedRoutes = routes.filter(({ spec }) => spec !== null && spec.who !== 'public')

/** Limits that no walk over all routes runs into. */
export const UNLIMITED = {
  RATE_LIMIT_DEFAULT_PER_MINUTE: '10000',
  RATE_LIMIT_CHAT_PER_MINUTE: '10000',
  RATE_LIMIT_POLL_PER_MINUTE: '10000',
  RATE_LIMIT_LOGIN_PER_MINUTE: '10000',
  RATE_LIMIT_LOGIN_PER_HOUR: '10000',
  RATE_LIMIT_LOGIN_IP_PER_MINUTE: '10000',
  RATE_LIMIT_REGISTER_PER_MINUTE: '10000',
  RATE_LIMIT_REGISTER_PER_HOUR: '10000',
  RATE_LIMIT_REGISTER_EMAIL_PER_HOUR: '10000',
  RATE_LIMIT_PASSWORD_PER_MINUTE: '10000',
  RATE_LIMIT_RCA_PER_5_MINUTES: '10000',
}

const PARAMETER = /([^/:]+)\/:(\w+)(?:\{[^}]*\})?/g

/** Words from a closed list, not names of rows. */
const WORDS = new Set([
  'provider',
  'workspace',
  'repo',
  'owner',
  'database',
  'installation',
  'device',
  'issue',
  'controller',
  'application',
  'project',
])

/** The path's parameters with the collection they stand in: `incidents`, `incident_id` of `/api/incidents/:incident_id/chat`. */
export const parametersOf = (path: string) =>
  Array.from(path.matchAll(PARAMETER), ([, collection = '', name = '']) => ({ collection, name })).filter(
    ({ name }) => !WORDS.has(name),
  )

/** The path with an id for each parameter; one whose collection has none keeps its name. */
export const fill = (path: string, ids: Readonly<Record<string, string>>): string =>
  path.replaceAll(PARAMETER, (whole, collection: string) =>
    ids[collection] === undefined ? whole : `${collection}/${ids[collection]}`,
  )

function walk(): readonly Route[] {
  const found = new Map<string, Route>()
  for (const { method, path, handler } of app.routes) {
    if (method === 'ALL') continue
    const name = `${method} ${path}`
    const known = found.get(name) ?? { name, method, path, spec: null, body: null, query: null }
    const declared = schemaOf.get(handler)
    found.set(name, {
      ...known,
      spec: endpointOf.get(handler) ?? known.spec,
      body: declared?.target === 'json' ? declared.schema : known.body,
      query: declared?.target === 'query' ? declared.schema : known.query,
    })
  }
  return Array.from(found.values())
}
