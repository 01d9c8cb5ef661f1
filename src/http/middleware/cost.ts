import { createMiddleware } from 'hono/factory'
import { describeCost, noCost } from '../../lib/cost'
import type { App } from '../env'

/** The request header that asks, with the value `cost`. */
const ASKED_BY = 'x-aurora-debug'

/**
 * Starts the count of what the request costs; shows it where `DEBUG_COST` is "true" and the request asks. Counting the
 * database makes requests slower, so those that nobody looks at are not counted.
 */
export const cost = createMiddleware<App>(async (c, next) => {
  const counted = noCost()
  const isMetered = c.env.DEBUG_COST === 'true' && c.req.header(ASKED_BY) === 'cost'
  c.set('cost', counted)
  c.set('isMetered', isMetered)
  await next()
  if (isMetered) c.header('x-aurora-cost', describeCost(counted))
})
