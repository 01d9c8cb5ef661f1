import { createMiddleware } from 'hono/factory'
import { newId } from '../../lib/ids'
import type { App } from '../env'

const ACCEPTED = /^[A-Za-z0-9._-]{1,64}$/

/**
 * Fixes the request's time and its name: the caller's when it is a plain word, else a new UUID. Headers set before the
 * handler runs reach every answer made with `c.json`, `c.body` and the like; a bare `Response` would lose them.
 */
export const requestId = createMiddleware<App>(async (c, next) => {
  const now = Date.now()
  const given = c.req.header('x-request-id')
  const id = given !== undefined && ACCEPTED.test(given) ? given : newId(now)
  c.set('now', now)
  c.set('requestId', id)
  c.header('x-request-id', id)
  await next()
})
