/** Incidents as the API shows them. */
import * as z from 'zod'
import { iso, isoOrNull } from '../../lib/time'
import type { ListedIncident } from '../../services/list-incidents'
import { maybeTime, severity, time } from './fields'

const status = z.enum(['investigating', 'analyzed', 'merged', 'resolved'])
const auroraStatus = z.enum(['idle', 'running', 'complete', 'error'])

/** The alert that opened it. */
export const incidentAlert = z.object({
  title: z.string(),
  service: z.string(),
  source: z.string(),
  sourceUrl: z.string(),
  metadata: z.record(z.string(), z.unknown()),
})

/** The members that lists and details share. */
export const incidentMembers = {
  id: z.uuid(),
  sourceType: z.string(),
  sourceAlertId: z.string(),
  status,
  severity,
  auroraStatus,
  summary: z.string(),
  chatSessionId: z.uuid().nullable(),
  activeTab: z.enum(['thoughts', 'chat']),
  correlatedAlertCount: z.int(),
  affectedServices: z.array(z.string()),
  mergedIntoIncidentId: z.uuid().optional(),
  /** The maintenance window that keeps it quiet. */
  suppressedBy: z.uuid().optional(),
  mergedIntoTitle: z.string().optional(),
  startedAt: time,
  analyzedAt: maybeTime,
  resolvedAt: maybeTime,
  alertFiredAt: maybeTime,
  createdAt: time,
  updatedAt: time,
}

export const incident = z.object({ ...incidentMembers, alert: incidentAlert })

export const incidentList = z.object({
  incidents: z.array(incident),
  total: z.int(),
  /** True when more than `total` may match: they were not all counted. */
  totalIsCapped: z.boolean(),
  limit: z.int(),
  offset: z.int(),
  /** Asks for the next page as `cursor`; null on the last one. */
  nextCursor: z.string().nullable(),
})

export const patched = z.object({ success: z.literal(true), id: z.uuid() })

export const showIncident = (row: ListedIncident): z.infer<typeof incident> => ({
  id: row.id,
  sourceType: row.sourceType,
  sourceAlertId: row.sourceAlertId,
  status: row.status,
  severity: row.severity,
  alert: {
    title: row.alertTitle,
    service: row.alertService ?? 'unknown',
    source: row.sourceType,
    sourceUrl: row.sourceUrl,
    metadata: row.alertMetadata,
  },
  auroraStatus: row.auroraStatus,
  summary: row.summary,
  chatSessionId: row.chatSessionId,
  activeTab: row.activeTab,
  correlatedAlertCount: row.correlatedAlertCount,
  affectedServices: [...row.affectedServices],
  ...(row.mergedIntoIncidentId === null
    ? {}
    : { mergedIntoIncidentId: row.mergedIntoIncidentId, mergedIntoTitle: row.mergedIntoTitle ?? '' }),
  ...(row.suppressedBy === null ? {} : { suppressedBy: row.suppressedBy }),
  startedAt: iso(row.startedAt),
  analyzedAt: isoOrNull(row.analyzedAt),
  resolvedAt: isoOrNull(row.resolvedAt),
  alertFiredAt: isoOrNull(row.alertFiredAt),
  createdAt: iso(row.createdAt),
  updatedAt: iso(row.updatedAt),
})
