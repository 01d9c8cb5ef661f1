/** What a merged incident remembers of itself, so that an unmerge brings it back as it was. */
import * as z from 'zod'
import type { IncidentRow } from '../../store/correlation-rows'
import type { AlertGroup } from '../../store/merges'
import type { SessionRow } from '../../store/session-rows'

const stateSchema = z.object({
  status: z.enum(['investigating', 'analyzed', 'resolved']).catch('investigating'),
  auroraStatus: z.enum(['idle', 'running', 'complete', 'error']).catch('idle'),
  manualSummary: z.string().nullable().catch(null),
  resolvedAt: z.number().nullable().catch(null),
  lastAlertAt: z.number().catch(0),
  openAlertCount: z.number().catch(0),
  /** Null where the merge left the investigation session alone. */
  sessionStatus: z.enum(['active', 'in_progress', 'completed', 'failed', 'cancelled']).nullable().catch(null),
  sessionPriorStatus: z
    .enum(['active', 'in_progress', 'completed', 'failed', 'cancelled'])
    .nullable()
    .catch(null),
  /** The investigation that the merge cancelled. */
  cancelledRunId: z.string().nullable().catch(null),
})
export type PreMergeState = z.infer<typeof stateSchema>

export const preMergeState = (
  incident: IncidentRow,
  session: Pick<SessionRow, 'status' | 'priorStatus'> | null = null,
  cancelledRunId: string | null = null,
): PreMergeState => ({
  status: incident.status === 'merged' ? 'investigating' : incident.status,
  auroraStatus: incident.auroraStatus,
  manualSummary: incident.manualSummary,
  resolvedAt: incident.resolvedAt,
  lastAlertAt: incident.lastAlertAt,
  openAlertCount: incident.openAlertCount,
  sessionStatus: session?.status ?? null,
  sessionPriorStatus: session?.priorStatus ?? null,
  cancelledRunId,
})

/** The remembered state; what was never kept is told from the row. */
export function stateBefore(incident: IncidentRow): PreMergeState {
  if (incident.preMergeState !== null) return stateSchema.parse(incident.preMergeState)
  return { ...preMergeState(incident), status: incident.analyzedAt === null ? 'investigating' : 'analyzed' }
}

const SEVERITY_BY_RANK = ['unknown', 'low', 'medium', 'high', 'critical'] as const
const MAX_SERVICES = 100

/** What an incident shows of its alerts, from its alerts alone. */
export function tallyAlerts(groups: readonly AlertGroup[]) {
  const sum = (of: (group: AlertGroup) => number): number =>
    groups.reduce((total, group) => total + of(group), 0)
  const services = groups
    .toSorted((a, b) => a.firstReceived - b.firstReceived)
    .flatMap(({ service }) => (service === null ? [] : [service]))
  return {
    alerts: sum(({ n }) => n),
    openAlertCount: sum(({ open }) => open),
    affectedServices: services.slice(0, MAX_SERVICES),
    severity: SEVERITY_BY_RANK[Math.max(0, ...groups.map(({ rank }) => rank))] ?? 'unknown',
    lastAlertAt: Math.max(0, ...groups.map(({ lastAt }) => lastAt)),
  }
}
