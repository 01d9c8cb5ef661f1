/** Fixed paths win over parameters: a word that stands where other paths have an id is never read as one. */
import type { Hono } from 'hono'
import { createMiddleware } from 'hono/factory'
import { notFound } from '../lib/errors'
import { endpointOf } from './endpoint'
import type { App } from './env'
import { methodNotAllowed } from './unknown-path'

interface Pattern {
  readonly method: string
  readonly segments: readonly string[]
  /** The parameters that are ids, as `:incident_id`. */
  readonly ids: ReadonlySet<string>
}

interface Table {
  readonly patterns: readonly Pattern[]
  /** Paths up to such a word, as `/api/incidents/stream`, and paths that begin like that. */
  readonly word: RegExp
  readonly begun: RegExp
}

/**
 * Refuses a request whose path begins with a fixed word, before anybody reads the word as an id: 405 when the path has other
 * methods, 404 when there is no such path. All other requests cost one look at a pattern.
 */
export function fixedPaths(app: Hono<App>) {
  let table: Table | null = null
  return createMiddleware<App>(async (c, next) => {
    table ??= tableOf(app)
    if (table.begun.test(c.req.path)) {
      const known = methodsOf(table, c.req.path.replace(/\/+$/, '').split('/'))
      const method = c.req.method === 'HEAD' ? 'GET' : c.req.method
      if (known.length === 0) throw notFound()
      if (!known.includes(method)) throw methodNotAllowed(known)
    }
    await next()
  })
}

function tableOf(app: Hono<App>): Table {
  const patterns = app.routes.flatMap(({ method, path, handler }): Pattern[] => {
    const endpoint = endpointOf.get(handler)
    if (endpoint === undefined) return []
    const ids = new Set(Object.keys(endpoint.ids ?? {}).map((name) => `:${name}`))
    return [{ method, segments: path.split('/'), ids }]
  })
  const reserved = new Set(
    patterns.flatMap(({ segments, ids }) =>
      segments.flatMap((segment, at) => (ids.has(segment) ? fixedAt(patterns, segments.slice(0, at)) : [])),
    ),
  )
  const any = `^(?:${[...reserved].join('|') || '(?!)'})`
  return { patterns, word: new RegExp(`${any}$`), begun: new RegExp(`${any}(?:/|$)`) }
}

/** What stands behind this beginning in paths that have a word there: each as the source of an expression. */
const fixedAt = (patterns: readonly Pattern[], start: readonly string[]): string[] =>
  patterns.flatMap(({ segments }) => {
    const word = segments[start.length]
    const isFixed =
      word !== undefined && !word.startsWith(':') && start.every((part, at) => part === segments[at])
    return isFixed
      ? [[...start, word].map((part) => (part.startsWith(':') ? '[^/]+' : RegExp.escape(part))).join('/')]
      : []
  })

/** The methods of a path, in the order of their routes; an id is no fixed word. */
const methodsOf = ({ patterns, word }: Table, path: readonly string[]): readonly string[] => [
  ...new Set(
    patterns.flatMap(({ method, segments, ids }) =>
      segments.length === path.length &&
      segments.every((segment, at) =>
        ids.has(segment)
          ? !word.test(path.slice(0, at + 1).join('/'))
          : segment.startsWith(':') || segment === path[at],
      )
        ? [method]
        : [],
    ),
  ),
]
