import type { Hono } from 'hono'
import { AppError, notFound } from '../lib/errors'
import { endpointOf } from './endpoint'
import type { App, AppContext } from './env'
import { renderError } from './errors'

const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] as const

/** Answers a request that no route took: 405 when the path is known under another method, else 404. */
export const unknownPath =
  (app: Hono<App>) =>
  (c: AppContext): Response => {
    const known = METHODS.filter((method) => hasEndpoint(app, method, c.req.path))
    return renderError(known.length === 0 ? notFound() : methodNotAllowed(known), c)
  }

const hasEndpoint = (app: Hono<App>, method: string, path: string): boolean =>
  app.router.match(method, path)[0].some(([[handler]]) => endpointOf.has(handler))

/** The refusal of a method on a path that has only these. */
export function methodNotAllowed(known: readonly string[]): AppError {
  const allow = [...known, ...(known.includes('GET') ? ['HEAD'] : []), 'OPTIONS'].join(', ')
  return new AppError('method_not_allowed', 'Method not allowed', { headers: { allow } })
}
