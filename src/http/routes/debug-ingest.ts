/** The bench's yardstick for ingest: the least that receiving an alert can be, and what processing costs. */
import { Hono } from 'hono'
import { describeCost } from '../../lib/cost'
import { newId } from '../../lib/ids'
import { countProcessing } from '../../lib/processing-cost'
import type { App } from '../env'
import { bareInsertOf } from '../middleware/tenant'

export const debugIngest = new Hono<App>()

debugIngest.use('/debug/*', (c, next) =>
  c.env.DEBUG_COST === 'true' ? next() : Promise.resolve(c.notFound()),
)

/** One raw insert and one message. */
debugIngest.post('/debug/ingest', async (c) => {
  const id = newId(c.var.now)
  await bareInsertOf(c, id, await c.req.text())
  // It names no delivery: the consumer puts it aside without a query.
  c.executionCtx.waitUntil(c.env.INGEST.send({ v: 1, bench: id }))
  return c.json({ received: true, id }, 202)
})

/** What processing has cost this isolate since this was asked first. */
debugIngest.get('/debug/ingest-cost', (c) => c.text(describeCost(countProcessing())))
