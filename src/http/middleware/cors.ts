/** Browsers on other origins: an exact allow-list, never an echo of an unknown origin. */
import { createMiddleware } from 'hono/factory'
import type { App } from '../env'

const ALLOW_METHODS = 'GET, POST, PUT, DELETE, OPTIONS, PATCH'
const ALLOW_HEADERS =
  'Content-Type, X-Provider, X-Requested-With, X-User-ID, Authorization, X-Provider-Preference, X-Org-ID, X-Request-ID, Idempotency-Key, If-Match, If-None-Match, Last-Event-ID'
const EXPOSE_HEADERS =
  'X-Request-ID, ETag, Retry-After, RateLimit-Limit, RateLimit-Remaining, RateLimit-Reset, X-RateLimit-Limit, X-RateLimit-Remaining, X-RateLimit-Reset, Idempotency-Replayed'

/** Whether `origin` is one of the comma-separated origins of `FRONTEND_URL`. */
export const isListedOrigin = (frontendUrl: string | undefined, origin: string): boolean =>
  /^https?:\/\//.test(origin) &&
  (frontendUrl ?? '').split(',').some((listed) => listed.trim().replace(/\/$/, '') === origin)

/** Sets the headers before the handler runs, so that errors and streams carry them; answers every preflight. */
export const cors = createMiddleware<App>(async (c, next) => {
  const origin = c.req.header('origin')
  const listed = origin !== undefined && isListedOrigin(c.env.FRONTEND_URL, origin)
  c.header('vary', 'Origin')
  if (listed) {
    c.header('access-control-allow-origin', origin)
    c.header('access-control-allow-credentials', 'true')
    c.header('access-control-expose-headers', EXPOSE_HEADERS)
  }
  // The handshake of a webhook's sender is no preflight: no browser sends this header by itself.
  if (c.req.method !== 'OPTIONS' || c.req.header('webhook-request-origin') !== undefined) return next()
  // A foreign origin learns nothing; a caller without one is no browser and may ask.
  if (listed || origin === undefined) {
    c.header('access-control-allow-methods', ALLOW_METHODS)
    c.header('access-control-allow-headers', ALLOW_HEADERS)
    c.header('access-control-max-age', '600')
  }
  return c.body(null, 204)
})
