/**
 * Measuring points for the bench. They are not there unless `DEBUG_COST` is "true", and those that show rows only for a
 * caller on the same machine, since nobody has to say who they are.
 */
import { Hono } from 'hono'
import type { App } from '../env'
import { isLocal } from '../middleware/identity'
import { bareDetailOf, bareListOf } from '../middleware/tenant'

export const debug = new Hono<App>()

debug.use('/debug/*', (c, next) => (c.env.DEBUG_COST === 'true' ? next() : Promise.resolve(c.notFound())))
debug.get('/debug/plain', (c) => c.text('ok'))
debug.use('/debug/rows/*', (c, next) => (isLocal(c) ? next() : Promise.resolve(c.notFound())))
debug.get('/debug/rows/:org', async (c) => c.json(await bareListOf(c, c.req.param('org'))))
debug.get('/debug/rows/:orgId/:userId/:incidentId', async (c) => c.json(await bareDetailOf(c, c.req.param())))
