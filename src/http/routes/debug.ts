/** Measuring points for the bench; not there unless `DEBUG_COST` is "true". */
import { Hono } from 'hono'
import type { App } from '../env'
import { bareListOf } from '../middleware/tenant'

export const debug = new Hono<App>()

debug.use('/debug/*', (c, next) => (c.env.DEBUG_COST === 'true' ? next() : Promise.resolve(c.notFound())))
debug.get('/debug/plain', (c) => c.text('ok'))
debug.get('/debug/list', async (c) => c.json(await bareListOf(c)))
