import * as z from 'zod'
import { iso, isoOrNull } from '../../lib/time'
import type { AlertFacts, Severity } from '../facts'
import { serviceKey } from '../analyst/names'
import { tool } from './tool'

const LISTED = 50
const COUNTED = 500
const ROOMY = 12

const severity = z.enum(['critical', 'high', 'medium', 'low', 'unknown'])
const RANK: readonly Severity[] = ['unknown', 'low', 'medium', 'high', 'critical']

const timelineAlert = z.object({
  id: z.string(),
  title: z.string(),
  description: z.string().nullable(),
  service: z.string().nullable(),
  environment: z.string().nullable(),
  host: z.string().nullable(),
  severity,
  state: z.enum(['firing', 'acknowledged', 'resolved']),
  source: z.string(),
  startsAt: z.string(),
  lagSeconds: z.number(),
  lastSeenAt: z.string(),
  resolvedAt: z.string().nullable(),
  occurrences: z.number(),
  flaps: z.number(),
  strategy: z.string(),
  labels: z.record(z.string(), z.string()),
  sourceUrl: z.string().nullable(),
  runbookUrl: z.string().nullable(),
})
export type TimelineAlert = z.infer<typeof timelineAlert>

const timelineService = z.object({
  service: z.string(),
  alerts: z.number(),
  open: z.number(),
  worst: severity,
  firstAlertAt: z.string(),
  firstTitle: z.string(),
  lagSeconds: z.number(),
  lastResolvedAt: z.string().nullable(),
})
export type TimelineService = z.infer<typeof timelineService>

/** Output of `alert_timeline`: services by their first alert, then the newest alerts, oldest first. */
export const alertTimelineOutput = z.object({
  incident: z.object({
    id: z.string(),
    title: z.string(),
    service: z.string().nullable(),
    environment: z.string().nullable(),
    severity,
    status: z.string(),
    startedAt: z.string(),
    resolvedAt: z.string().nullable(),
  }),
  onset: z.string(),
  total: z.number(),
  open: z.number(),
  primaryAlertId: z.string().nullable(),
  services: z.array(timelineService),
  alerts: z.array(timelineAlert),
})
export type AlertTimeline = z.infer<typeof alertTimelineOutput>

/** All alerts of the incident: onset, order, lags, states. */
export const alertTimeline = tool({
  name: 'alert_timeline',
  description:
    'All alerts of the incident in order: onset, service, severity, state and lag after the first alert.',
  access: 'read',
  input: z.strictObject({}),
  run: async (_input, { reads }) => {
    const [incident, alerts] = await Promise.all([reads.incident(), reads.alerts(COUNTED)])
    if (alerts.length === 0) return { status: 'empty', output: { alerts: [] }, trust: 'normal' }
    const ordered = alerts.toSorted((a, b) => a.startsAt - b.startsAt || (a.id < b.id ? -1 : 1))
    const onset = ordered[0]?.startsAt ?? incident.startedAt
    const output: AlertTimeline = {
      incident: {
        id: incident.id,
        title: incident.title,
        service: incident.service,
        environment: incident.environment,
        severity: incident.severity,
        status: incident.status,
        startedAt: iso(incident.startedAt),
        resolvedAt: isoOrNull(incident.resolvedAt),
      },
      onset: iso(onset),
      total: Math.max(incident.alertCount, alerts.length),
      open: alerts.filter((alert) => alert.state !== 'resolved').length,
      primaryAlertId: (ordered.find((alert) => alert.strategy === 'primary') ?? ordered[0])?.id ?? null,
      services: servicesOf(ordered, onset),
      alerts: ordered.slice(-LISTED).map((alert) => listed(alert, onset, ordered.length <= ROOMY)),
    }
    return { status: 'success', output, trust: 'normal' }
  },
})

function servicesOf(alerts: readonly AlertFacts[], onset: number): TimelineService[] {
  const groups = new Map<string, AlertFacts[]>()
  for (const alert of alerts) {
    if (alert.service === null) continue
    const key = serviceKey(alert.service)
    const group = groups.get(key)
    if (group === undefined) groups.set(key, [alert])
    else group.push(alert)
  }
  return [...groups.values()].flatMap((group) => {
    const [first] = group
    if (first === undefined || first.service === null) return []
    const resolved = group.map((alert) => alert.resolvedAt).filter((at) => at !== null)
    return {
      service: first.service,
      alerts: group.length,
      open: group.filter((alert) => alert.state !== 'resolved').length,
      worst: RANK[Math.max(...group.map((alert) => RANK.indexOf(alert.severity)))] ?? 'unknown',
      firstAlertAt: iso(first.startsAt),
      firstTitle: first.title,
      lagSeconds: Math.round((first.startsAt - onset) / 1000),
      lastResolvedAt: resolved.length === group.length ? iso(Math.max(...resolved)) : null,
    }
  })
}

/** In a storm the words of a single alert give way to the number of alerts. */
function listed(alert: AlertFacts, onset: number, roomy: boolean): TimelineAlert {
  const labels = Object.entries(alert.labels).toSorted(([a], [b]) => rank(a) - rank(b) || (a < b ? -1 : 1))
  return {
    id: alert.id,
    title: alert.title.slice(0, 300),
    description: alert.description?.slice(0, roomy ? 600 : 120) ?? null,
    service: alert.service,
    environment: alert.environment,
    host: alert.host,
    severity: alert.severity,
    state: alert.state,
    source: alert.source,
    startsAt: iso(alert.startsAt),
    lagSeconds: Math.round((alert.startsAt - onset) / 1000),
    lastSeenAt: iso(alert.lastSeenAt),
    resolvedAt: isoOrNull(alert.resolvedAt),
    occurrences: alert.occurrences,
    flaps: alert.flaps,
    strategy: alert.strategy,
    labels: Object.fromEntries(
      labels.slice(0, roomy ? 16 : 3).map(([key, value]) => [key, value.slice(0, 200)]),
    ),
    sourceUrl: roomy ? alert.sourceUrl : null,
    runbookUrl: alert.runbookUrl,
  }
}

/** Labels that decide something come first. */
const rank = (label: string): number =>
  label.startsWith('aurora_') ? 0 : ['alertname', 'reason', 'namespace', 'pod'].includes(label) ? 1 : 2
