/** Evidence by itself, for whoever wants to see what a claim rests on. */
import { Hono } from 'hono'
import { readSnapshot, verifyEvidence } from '../../services/evidence'
import { evidenceCheck, showSnapshot, snapshotAnswer } from '../answers/evidence'
import { endpoint } from '../endpoint'
import { idOf, type App } from '../env'

const viewed = { who: 'viewer', bucket: 'default', failure: 'Failed to retrieve evidence' } as const

export const evidence = new Hono<App>()
  .get(
    '/api/evidence/:hash',
    endpoint({
      ...viewed,
      summary: 'What a tool answered, by its SHA-256, with the requests that it answered',
      answers: { 200: snapshotAnswer },
      errors: ['invalid_id', 'not_found'],
    }),
    async (c) => c.json(showSnapshot(await readSnapshot(c.var.ctx, c.req.param('hash')))),
  )
  .get(
    '/api/incidents/:incident_id/evidence/:number/verify',
    endpoint({
      ...viewed,
      summary: 'Hash a stored piece of evidence again and compare',
      ids: { incident_id: { error: 'Invalid incident ID format', code: 'invalid_id' } },
      answers: { 200: evidenceCheck },
      errors: ['invalid_id', 'not_found'],
    }),
    async (c) => c.json(await verifyEvidence(c.var.ctx, idOf(c, 'incident_id'), c.req.param('number'))),
  )
