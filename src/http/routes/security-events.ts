/** What was kept from doing harm, for admins. */
import { Hono } from 'hono'
import { listSecurityEvents, securityQuery } from '../../services/security-events'
import { securityEventList, showSecurityEvents } from '../answers/security-events'
import { endpoint } from '../endpoint'
import type { App } from '../env'
import { query } from '../input'

export const securityEvents = new Hono<App>().get(
  '/api/security/events',
  endpoint({
    summary: 'Quarantined text and refused calls, newest first',
    who: 'admin',
    bucket: 'default',
    answers: { 200: securityEventList },
    errors: ['validation_failed'],
    failure: 'Failed to retrieve security events',
  }),
  query(securityQuery),
  async (c) => c.json(showSecurityEvents(await listSecurityEvents(c.var.ctx, c.req.valid('query')))),
)
