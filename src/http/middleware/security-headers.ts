import { createMiddleware } from 'hono/factory'
import type { App } from '../env'

/** For answers that are data: never sniffed, never cached, never a page. A route that serves something else overrides them. */
export const securityHeaders = createMiddleware<App>(async (c, next) => {
  c.header('x-content-type-options', 'nosniff')
  c.header('cache-control', 'no-store')
  c.header('referrer-policy', 'no-referrer')
  c.header('content-security-policy', "default-src 'none'; frame-ancestors 'none'")
  await next()
})
