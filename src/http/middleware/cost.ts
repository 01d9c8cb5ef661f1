import { createMiddleware } from 'hono/factory'
import { describeCost, noCost } from '../../lib/cost'
import type { App } from '../env'

/** Starts the count of what the request costs; shows it when `DEBUG_COST` is "true". */
export const cost = createMiddleware<App>(async (c, next) => {
  c.set('cost', noCost())
  await next()
  if (c.env.DEBUG_COST === 'true') c.header('x-aurora-cost', describeCost(c.var.cost))
})
