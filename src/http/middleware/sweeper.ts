/** Where no cron fires, changes wind up the sweeper's clock: at most once in half a minute and isolate, after the answer. */
import { createMiddleware } from 'hono/factory'
import { log } from '../../lib/log'
import type { App } from '../env'

const EVERY_MS = 30_000
const SAFE = new Set(['GET', 'HEAD', 'OPTIONS'])
let armedAt = 0

export const sweeper = createMiddleware<App>(async (c, next) => {
  await next()
  // Also the first request after a start: something may have been left behind by a crash.
  if (SAFE.has(c.req.method) && armedAt > 0) return
  if (Date.now() - armedAt < EVERY_MS) return
  armedAt = Date.now()
  c.executionCtx.waitUntil(
    c.env.SWEEPER.getByName('sweeper')
      .arm()
      .catch((error: unknown) => log.error('sweeper.arm_failed', error)),
  )
})
