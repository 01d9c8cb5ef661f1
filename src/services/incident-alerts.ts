/** The alerts of an incident, and the incidents that an alert could be merged into. */
import * as z from 'zod'
import { notFound } from '../lib/errors'
import { parseId } from '../lib/ids'
import { MINUTE } from '../lib/time'
import { alertsOfIncident } from '../store/incident-detail'
import { incidentExists, recentIncidents } from '../store/incidents'
import type { Ctx } from './context'

/** Most alerts that are listed. */
const LISTED = 1000

/** In order of receipt, with how many there are in all. @throws AppError not_found */
export async function listIncidentAlerts({ db }: Ctx, incidentId: string) {
  const [[incident], alerts] = await db.batch([
    incidentExists(db, incidentId),
    alertsOfIncident(db, incidentId, LISTED),
  ])
  if (incident === undefined) throw notFound('Incident not found')
  return { alerts, total: alerts.length < LISTED ? alerts.length : incident.correlatedAlertCount + 1 }
}

/** A malformed id excludes nothing. */
export const recentQuery = z.object({
  exclude: z
    .union([z.string(), z.array(z.string())])
    .optional()
    .transform((given) => (typeof given === 'string' ? parseId(given.trim()) : null)),
})

const RECENT_MS = 30 * MINUTE
const MOST = 10

/** Incidents under investigation that are at most half an hour old, newest first. */
export const listRecentIncidents = ({ db, now }: Ctx, { exclude }: z.output<typeof recentQuery>) =>
  recentIncidents(db, { since: now - RECENT_MS, exclude, limit: MOST })
