/** The alerts of an incident, and moving them between incidents. */
import { Hono } from 'hono'
import { listIncidentAlerts, listRecentIncidents, recentQuery } from '../../services/incident-alerts'
import { mergeIncident, mergeRequest } from '../../services/merges/merge'
import { unmergeIncident } from '../../services/merges/unmerge'
import { showAlert } from '../answers/correlated-alerts'
import { alertList, merged, recentList, showRecent, unmerged } from '../answers/merges'
import { endpoint } from '../endpoint'
import { idOf, type App } from '../env'
import { body, query } from '../input'

const ids = { incident_id: { error: 'Invalid incident ID format', code: 'invalid_id' } } as const

export const merges = new Hono<App>()
  .get(
    '/api/incidents/recent-unlinked',
    endpoint({
      summary: 'Incidents of the last half hour that an alert could be merged into',
      who: 'viewer',
      bucket: 'default',
      answers: { 200: recentList },
      failure: 'Failed to get recent incidents',
    }),
    query(recentQuery),
    async (c) => {
      const incidents = await listRecentIncidents(c.var.ctx, c.req.valid('query'))
      return c.json({ incidents: incidents.map(showRecent) })
    },
  )
  .get(
    '/api/incidents/:incident_id/alerts',
    endpoint({
      summary: 'The alerts of an incident, in order of receipt',
      who: 'viewer',
      bucket: 'default',
      ids,
      answers: { 200: alertList },
      errors: ['invalid_id', 'not_found'],
      failure: 'Failed to retrieve alerts',
    }),
    async (c) => {
      const { alerts, total } = await listIncidentAlerts(c.var.ctx, idOf(c, 'incident_id'))
      return c.json({ alerts: alerts.map(showAlert), total })
    },
  )
  .post(
    '/api/incidents/:incident_id/merge-alert',
    endpoint({
      summary: 'Merge another incident into this one: all its alerts move',
      who: 'editor',
      bucket: 'default',
      idempotent: true,
      ids: { incident_id: { error: 'Invalid target incident ID format', code: 'invalid_id' } },
      answers: { 200: merged },
      errors: ['validation_failed', 'invalid_id', 'invalid_state', 'not_found', 'conflict'],
      failure: 'Failed to merge alert',
    }),
    body(mergeRequest, { error: 'Missing request body', code: 'validation_failed' }),
    async (c) => {
      const targetIncidentId = idOf(c, 'incident_id')
      const { alertId, sourceId, movedAlertCount } = await mergeIncident(
        c.var.ctx,
        targetIncidentId,
        c.req.valid('json'),
      )
      return c.json({
        success: true as const,
        message: 'Alert merged successfully' as const,
        newAlertId: alertId,
        sourceIncidentId: sourceId,
        targetIncidentId,
        movedAlertCount,
      })
    },
  )
  .post(
    '/api/incidents/:incident_id/unmerge',
    endpoint({
      summary: 'Undo a merge: the alerts go back to where they were',
      who: 'editor',
      bucket: 'default',
      idempotent: true,
      ids,
      answers: { 200: unmerged },
      errors: ['invalid_id', 'invalid_state', 'not_found', 'conflict'],
      failure: 'Failed to unmerge incident',
    }),
    async (c) => {
      const incidentId = idOf(c, 'incident_id')
      const { targetId, movedAlertCount } = await unmergeIncident(c.var.ctx, incidentId)
      return c.json({
        success: true as const,
        message: 'Incident unmerged' as const,
        incidentId,
        targetIncidentId: targetId,
        movedAlertCount,
      })
    },
  )
