import { createMiddleware } from 'hono/factory'
import { routePath } from 'hono/route'
import { log } from '../../lib/log'
import type { App } from '../env'

/**
 * One line per request. It names the route's pattern, not the path: paths hold ids and webhook tokens, query strings
 * hold searches. An accepted delivery has none: its row says more, and a storm would be ten thousand lines.
 */
export const requestLog = createMiddleware<App>(async (c, next) => {
  await next()
  if (c.get('isOnRecord') === true) return
  // A public route has no actor, whatever the type of the variables promises to handlers.
  const actor: { readonly userId: string; readonly orgId: string } | undefined = c.get('actor')
  const route = routePath(c)
  log.info('request.done', {
    requestId: c.get('requestId'),
    method: c.req.method,
    route: route === '/*' || route === '*' ? 'unknown' : route,
    status: c.res.status,
    ms: Date.now() - c.get('now'),
    userId: actor?.userId,
    orgId: actor?.orgId,
  })
})
