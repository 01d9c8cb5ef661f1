/** Live streams of an organisation's incidents, of one incident and of one chat session. */
import { Hono } from 'hono'
import { createMiddleware } from 'hono/factory'
import * as z from 'zod'
import { AppError } from '../../lib/errors'
import { followIncident, followSession } from '../../services/streams'
import { endpoint } from '../endpoint'
import { idOf, type App, type AppContext } from '../env'
import { openFeed, openRoom, sendLive } from '../live-source'

/** A stream has no headers without a body to ask for. */
const refuseHead = createMiddleware<App>(async (c, next) => {
  if (c.req.method === 'HEAD')
    throw new AppError('method_not_allowed', 'Method not allowed', { headers: { allow: 'GET' } })
  await next()
})

const newVersion = z.object({ type: z.literal('visualization'), version: z.int() })

/** Of an incident's events only that its picture has a new version. */
function versionOnly(json: string): string | null {
  const event = newVersion.safeParse(JSON.parse(json))
  return event.success ? JSON.stringify({ type: 'update', version: event.data.version }) : null
}

/** What happens to the incident of the path; `show` turns an event into what is sent, or leaves it out. */
async function sendIncident(c: AppContext, show?: (json: string) => string | null): Promise<Response> {
  const incidentId = idOf(c, 'incident_id')
  await followIncident(c.var.ctx, incidentId)
  return sendLive(c, {
    socket: await openFeed(c, { kind: 'incident', incidentId }),
    opening: { type: 'connected', incident_id: incidentId },
    ...(show === undefined ? {} : { show }),
  })
}

export const streams = new Hono<App>()
  .get(
    '/api/incidents/stream',
    refuseHead,
    endpoint({
      summary: 'Follow all incidents of the organisation',
      who: 'viewer',
      bucket: 'default',
      answers: { 200: null },
      asText: 'text/event-stream',
    }),
    async (c) => sendLive(c, { socket: await openFeed(c, { kind: 'organisation' }) }),
  )
  .get(
    '/api/incidents/:incident_id/stream',
    refuseHead,
    endpoint({
      summary: 'Follow one incident',
      who: 'viewer',
      bucket: 'default',
      ids: { incident_id: { error: 'Invalid incident ID format', code: 'invalid_id' } },
      answers: { 200: null },
      asText: 'text/event-stream',
      errors: ['invalid_id', 'not_found'],
    }),
    (c) => sendIncident(c),
  )
  .get(
    '/api/incidents/:incident_id/visualization/stream',
    refuseHead,
    endpoint({
      summary: 'Follow the versions of the picture of an incident',
      who: 'viewer',
      bucket: 'default',
      ids: { incident_id: { error: 'Invalid incident ID format', code: 'invalid_id' } },
      answers: { 200: null },
      asText: 'text/event-stream',
      errors: ['invalid_id', 'not_found'],
    }),
    (c) => sendIncident(c, versionOnly),
  )
  .get(
    '/chat_api/sessions/:session_id/stream',
    refuseHead,
    endpoint({
      summary: 'Follow the runs of one chat session',
      who: 'viewer',
      bucket: 'default',
      ids: { session_id: { error: 'Chat session not found', code: 'not_found' } },
      answers: { 200: null },
      asText: 'text/event-stream',
      errors: ['not_found'],
    }),
    async (c) => {
      const sessionId = idOf(c, 'session_id')
      await followSession(c.var.ctx, sessionId)
      return sendLive(c, await openRoom(c, sessionId))
    },
  )
