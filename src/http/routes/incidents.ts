/** Incidents: list, detail, what people change, and questions about them. */
import { Hono } from 'hono'
import { askIncident, question, questionQuery } from '../../services/ask-incident'
import { detailQuery, readIncident } from '../../services/incident-detail'
import { incidentPatch } from '../../services/incident-patch'
import { updateIncident } from '../../services/incidents'
import { listIncidents, listQuery } from '../../services/list-incidents'
import { chatAccepted } from '../answers/chat-sessions'
import { incidentDetail, showDetail } from '../answers/incident-detail'
import { incidentList, patched, showIncident } from '../answers/incidents'
import { endpoint } from '../endpoint'
import { answerOrCurrent } from '../etag'
import { idOf, type App } from '../env'
import { body, query } from '../input'

const ids = { incident_id: { error: 'Invalid incident ID format', code: 'invalid_id' } } as const

export const incidents = new Hono<App>()
  .get(
    '/api/incidents',
    endpoint({
      summary: 'List incidents, newest first',
      who: 'viewer',
      bucket: 'default',
      answers: { 200: incidentList, 304: null },
      errors: ['validation_failed'],
      failure: 'Failed to retrieve incidents',
    }),
    query(listQuery),
    async (c) => {
      const { incidents, ...rest } = await listIncidents(c.get('ctx'), c.req.valid('query'))
      return answerOrCurrent(c, { incidents: incidents.map(showIncident), ...rest })
    },
  )
  .get(
    '/api/incidents/:incident_id',
    endpoint({
      summary: 'One incident with its alerts, thoughts, suggestions, citations and threads',
      who: 'viewer',
      bucket: 'poll',
      ids,
      answers: { 200: incidentDetail, 304: null },
      errors: ['invalid_id', 'not_found'],
      failure: 'Failed to retrieve incident',
    }),
    query(detailQuery),
    async (c) => {
      const id = idOf(c, 'incident_id')
      const answer = showDetail(await readIncident(c.get('ctx'), id, c.req.valid('query')))
      // An older position of the stream is as good: it only repeats what is known.
      return answerOrCurrent(c, answer, `"streamCursor":"${answer.incident.streamCursor}"`)
    },
  )
  .patch(
    '/api/incidents/:incident_id',
    endpoint({
      summary: 'Change status, summary or the open tab',
      who: 'editor',
      bucket: 'default',
      ids,
      answers: { 200: patched },
      errors: ['validation_failed', 'invalid_id', 'not_found', 'incident_merged', 'conflict'],
      failure: 'Failed to update incident',
    }),
    body(incidentPatch, { error: 'Missing request body', code: 'validation_failed' }),
    async (c) => {
      const id = idOf(c, 'incident_id')
      await updateIncident(c.var.ctx, id, c.req.valid('json'))
      return c.json({ success: true as const, id })
    },
  )
  .post(
    '/api/incidents/:incident_id/chat',
    endpoint({
      summary: 'Ask about an incident; the answer comes in the chat session',
      who: 'viewer',
      bucket: 'chat',
      idempotent: true,
      ids,
      answers: { 202: chatAccepted },
      errors: ['validation_failed', 'invalid_id', 'not_found', 'session_busy'],
      failure: 'Failed to process question',
    }),
    query(questionQuery),
    body(question),
    async (c) => {
      const { session_id } = c.req.valid('query')
      const asked = await askIncident(c.var.ctx, idOf(c, 'incident_id'), session_id, c.req.valid('json'))
      return c.json(
        {
          session_id: asked.sessionId,
          status: 'processing' as const,
          is_new_session: asked.isNewSession,
          run_id: asked.runId,
        },
        202,
      )
    },
  )
