/** Every operation of the app with what its route declares: the source of the API document. */
import type { Hono } from 'hono'
import type { Schema } from '../../lib/schema'
import { endpointOf, type Endpoint } from '../endpoint'
import type { App } from '../env'
import { schemaOf } from '../input'

export interface Operation {
  readonly method: string
  /** With parameters as `:name`. */
  readonly path: string
  readonly endpoint: Endpoint
  readonly body: Schema | null
  readonly query: Schema | null
}

/** The declared operations in the order of the app's table of contents. */
export function operationsOf(app: Hono<App>): readonly Operation[] {
  const operations = new Map<string, Operation>()
  const schemas = new Map<string, { body: Schema | null; query: Schema | null }>()
  for (const { method, path, handler } of app.routes) {
    const key = `${method} ${path}`
    const declared = schemaOf.get(handler)
    const known = schemas.get(key) ?? { body: null, query: null }
    if (declared !== undefined)
      schemas.set(key, {
        body: declared.target === 'json' ? declared.schema : known.body,
        query: declared.target === 'query' ? declared.schema : known.query,
      })
    const endpoint = endpointOf.get(handler)
    if (endpoint !== undefined && method !== 'ALL')
      operations.set(key, { method, path, endpoint, body: null, query: null })
  }
  return [...operations].map(([key, operation]) => ({ ...operation, ...schemas.get(key) }))
}
