/** Alerts: what they are, what happened to them, and why they are where they are. */
import * as z from 'zod'
import { encodeCursor } from '../lib/cursor'
import { notFound } from '../lib/errors'
import { queryInteger, uuid } from '../lib/fields'
import * as store from '../store/alerts'
import { wholeIncident } from '../store/incidents'
import type { Ctx } from './context'
import { sentenceOf } from './correlation/explain'
import { queryCursor, queryWord } from './list-input'

export const alertQuery = z.object({
  state: z
    .enum(['firing', 'acknowledged', 'resolved'], {
      error: 'Invalid state. Must be one of: firing, acknowledged, resolved',
    })
    .optional(),
  service: queryWord('service'),
  integrationId: uuid('Invalid integrationId').optional(),
  limit: queryInteger({ error: 'Invalid limit', min: 1, max: 200, fallback: 50 }),
  cursor: queryCursor,
})

const MOST_EVENTS = 200
const MOST_DECISIONS = 1000

export async function listAlerts(ctx: Ctx, { limit, cursor, ...filter }: z.output<typeof alertQuery>) {
  const alerts = await store.pageOfAlerts(ctx.db, filter, cursor ?? null, limit)
  const last = alerts.length === limit ? alerts.at(-1) : undefined
  return {
    alerts,
    nextCursor: last === undefined ? null : encodeCursor({ at: last.createdAt, id: last.id }),
  }
}

/** One alert with its newest events, newest first. @throws AppError not_found */
export async function readAlert({ db }: Ctx, id: string) {
  const [[alert], history] = await db.batch([store.alertById(db, id), store.historyOf(db, id, MOST_EVENTS)])
  if (alert === undefined) throw notFound('Alert not found')
  return { alert, history }
}

/** The newest decision about an alert with its sentence. @throws AppError not_found */
export async function explainAlert({ db }: Ctx, id: string) {
  const [[alert], [decision]] = await db.batch([store.alertById(db, id), store.decisionAbout(db, id)])
  if (alert === undefined) throw notFound('Alert not found')
  return {
    decision: decision ?? null,
    sentence: decision === undefined ? 'No decision about this alert is stored.' : sentenceOf(decision),
  }
}

/** All decisions about the alerts of an incident, oldest first, near misses included. @throws AppError not_found */
export async function explainIncident({ db }: Ctx, id: string) {
  const [[incident], decisions] = await db.batch([
    wholeIncident(db, id),
    store.decisionsAround(db, id, MOST_DECISIONS),
  ])
  if (incident === undefined) throw notFound('Incident not found')
  return decisions.map((decision) => ({ decision, sentence: sentenceOf(decision) }))
}
