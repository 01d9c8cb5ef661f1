/** Alerts, and why they are where they are. */
import { Hono } from 'hono'
import { alertQuery, explainAlert, explainIncident, listAlerts, readAlert } from '../../services/alerts'
import { splitIncident, splitRequest } from '../../services/split-incident'
import {
  alertAnswer,
  alertExplained,
  alertList,
  incidentExplained,
  showAlertDetail,
  showAlertRow,
  showDecision,
  splitAnswer,
} from '../answers/alerts'
import { endpoint } from '../endpoint'
import { idOf, type App } from '../env'
import { body, query } from '../input'

const ids = { alert_id: { error: 'Invalid alert ID format', code: 'invalid_id' } } as const
const incidentIds = { incident_id: { error: 'Invalid incident ID format', code: 'invalid_id' } } as const

export const alerts = new Hono<App>()
  .get(
    '/api/alerts',
    endpoint({
      summary: 'Alerts, newest first',
      who: 'viewer',
      bucket: 'default',
      answers: { 200: alertList },
      errors: ['validation_failed'],
    }),
    query(alertQuery),
    async (c) => {
      const page = await listAlerts(c.var.ctx, c.req.valid('query'))
      return c.json({ ...page, alerts: page.alerts.map(showAlertRow) })
    },
  )
  .get(
    '/api/alerts/:alert_id',
    endpoint({
      summary: 'One alert with what happened to it',
      who: 'viewer',
      bucket: 'default',
      ids,
      answers: { 200: alertAnswer },
      errors: ['invalid_id', 'not_found'],
    }),
    async (c) => c.json(showAlertDetail(await readAlert(c.var.ctx, idOf(c, 'alert_id')))),
  )
  .get(
    '/api/alerts/:alert_id/correlation',
    endpoint({
      summary: 'Why an alert joined its incident, or why it joined none',
      who: 'viewer',
      bucket: 'default',
      ids,
      answers: { 200: alertExplained },
      errors: ['invalid_id', 'not_found'],
    }),
    async (c) => {
      const { decision, sentence } = await explainAlert(c.var.ctx, idOf(c, 'alert_id'))
      return c.json({ decision: decision === null ? null : showDecision(decision), sentence })
    },
  )
  .get(
    '/api/incidents/:incident_id/correlation',
    endpoint({
      summary: 'Why each alert of an incident is here, with the near misses',
      who: 'viewer',
      bucket: 'default',
      ids: incidentIds,
      answers: { 200: incidentExplained },
      errors: ['invalid_id', 'not_found'],
    }),
    async (c) => {
      const explained = await explainIncident(c.var.ctx, idOf(c, 'incident_id'))
      return c.json({
        decisions: explained.map(({ decision, sentence }) => ({ ...showDecision(decision), sentence })),
      })
    },
  )
  .post(
    '/api/incidents/:incident_id/split',
    endpoint({
      summary: 'Open a new incident from some alerts of this one',
      who: 'editor',
      bucket: 'default',
      idempotent: true,
      ids: incidentIds,
      answers: { 201: splitAnswer },
      errors: ['validation_failed', 'invalid_id', 'invalid_state', 'not_found', 'conflict'],
    }),
    body(splitRequest),
    async (c) =>
      c.json({ id: await splitIncident(c.var.ctx, idOf(c, 'incident_id'), c.req.valid('json')) }, 201),
  )
