/** The events of the live streams, as their documentation shows them. They are written in the batch of their change. */
import { iso, isoOrNull } from '../lib/time'
import type { FeedRow } from '../store/feed'
import type { AlertRow, IncidentRow } from '../store/correlation-rows'
import { shownSummary } from './incident-summary'

export type Reason =
  | 'created'
  | 'updated'
  | 'status_changed'
  | 'analysis_started'
  | 'analysis_finished'
  | 'analysis_failed'
  | 'merged'
  | 'unmerged'
  | 'alert_resolved'
  | 'postmortem_ready'

type Shown = Pick<
  IncidentRow,
  | 'id'
  | 'sourceType'
  | 'status'
  | 'auroraStatus'
  | 'alertSummary'
  | 'runSummary'
  | 'manualSummary'
  | 'analyzedAt'
  | 'resolvedAt'
>

/** An incident changed: one event for the organisation's stream, one for its own. */
export const incidentChanged = (incident: Shown, reason: Reason, now: number): FeedRow[] => [
  {
    incidentId: incident.id,
    userId: null,
    wide: true,
    event: {
      type: 'incident_update',
      incident_id: incident.id,
      source: incident.sourceType,
      status: incident.status,
      auroraStatus: incident.auroraStatus,
      reason,
      at: iso(now),
    },
  },
  {
    incidentId: incident.id,
    userId: null,
    wide: false,
    event: {
      type: 'status',
      status: incident.status,
      auroraStatus: incident.auroraStatus,
      summary: shownSummary(incident),
      analyzedAt: isoOrNull(incident.analyzedAt),
      resolvedAt: isoOrNull(incident.resolvedAt),
      reason,
    },
  },
]

/** An alert joined an incident. */
export const alertJoined = (
  incidentId: string,
  alert: AlertRow,
  score: number,
  now: number,
  /** How many joins this one stands for, in a storm. */
  count = 1,
): FeedRow[] => [
  {
    incidentId,
    userId: null,
    wide: true,
    event: {
      type: 'alert_correlated',
      incident_id: incidentId,
      source: alert.sourceType,
      alert_title: alert.title,
      correlation_score: score,
      ...(count > 1 ? { count } : {}),
      at: iso(now),
    },
  },
  {
    incidentId,
    userId: null,
    wide: false,
    event: {
      type: 'alert',
      alert: { id: alert.id, alertTitle: alert.title },
      ...(count > 1 ? { count } : {}),
    },
  },
]
