import * as z from 'zod'
import { iso, isoOrNull } from '../../lib/time'
import type { explainAlert, listAlerts, readAlert } from '../../services/alerts'
import { maybeTime, severity, time } from './fields'

export const alert = z.object({
  id: z.uuid(),
  /** `manual` and the like for alerts that no integration sent. */
  integrationId: z.string(),
  incidentId: z.uuid().nullable(),
  source: z.string(),
  sourceType: z.string(),
  sourceAlertId: z.string(),
  kind: z.enum(['alert', 'incident', 'issue', 'deployment']),
  dedupKey: z.string(),
  state: z.enum(['firing', 'acknowledged', 'resolved']),
  severity,
  severityRaw: z.string().nullable(),
  title: z.string(),
  description: z.string().nullable(),
  service: z.string().nullable(),
  environment: z.string().nullable(),
  host: z.string().nullable(),
  labels: z.record(z.string(), z.string()),
  metadata: z.record(z.string(), z.unknown()),
  sourceUrl: z.string().nullable(),
  dashboardUrl: z.string().nullable(),
  runbookUrl: z.string().nullable(),
  startsAt: time,
  lastSeenAt: time,
  lastTransitionAt: time,
  acknowledgedAt: maybeTime,
  resolvedAt: maybeTime,
  /** When it resolves by itself unless it is refreshed. */
  expiresAt: maybeTime,
  occurrences: z.int(),
  flaps: z.int(),
  authenticity: z.enum(['signature', 'token', 'session', 'none']),
  createdAt: time,
  updatedAt: time,
})

export const alertList = z.object({ alerts: z.array(alert), nextCursor: z.string().nullable() })

export const alertAnswer = z.object({
  alert: alert.extend({
    history: z.array(
      z.object({
        at: time,
        effect: z.string(),
        eventTime: time,
        /** The delivery that told it; null for an end by time. */
        deliveryId: z.uuid().nullable(),
      }),
    ),
  }),
})

export const decision = z.object({
  id: z.uuid(),
  alertId: z.uuid(),
  incidentId: z.uuid().nullable(),
  at: time,
  level: z.int(),
  outcome: z.string(),
  strategy: z.string(),
  score: z.number(),
  reason: z.string().nullable(),
  threshold: z.number(),
  windowSeconds: z.number(),
  settingsVersion: z.int(),
  topologyVersion: z.int(),
  candidates: z.array(z.record(z.string(), z.unknown())),
})

export const alertExplained = z.object({ decision: decision.nullable(), sentence: z.string() })
export const incidentExplained = z.object({
  decisions: z.array(decision.extend({ sentence: z.string() })),
})
export const splitAnswer = z.object({ id: z.uuid() })

type AlertRow = Awaited<ReturnType<typeof listAlerts>>['alerts'][number]
type DecisionRow = NonNullable<Awaited<ReturnType<typeof explainAlert>>['decision']>

export const showAlertRow = (row: AlertRow): z.infer<typeof alert> => ({
  id: row.id,
  integrationId: row.integrationId,
  incidentId: row.incidentId,
  source: row.source,
  sourceType: row.sourceType,
  sourceAlertId: row.sourceAlertId,
  kind: row.kind,
  dedupKey: row.dedupKey,
  state: row.state,
  severity: row.severity,
  severityRaw: row.severityRaw,
  title: row.title,
  description: row.description,
  service: row.service,
  environment: row.environment,
  host: row.host,
  labels: { ...row.labels },
  metadata: { ...row.metadata },
  sourceUrl: row.sourceUrl,
  dashboardUrl: row.dashboardUrl,
  runbookUrl: row.runbookUrl,
  startsAt: iso(row.startsAt),
  lastSeenAt: iso(row.lastSeenAt),
  lastTransitionAt: iso(row.lastTransitionAt),
  acknowledgedAt: isoOrNull(row.acknowledgedAt),
  resolvedAt: isoOrNull(row.resolvedAt),
  expiresAt: isoOrNull(row.expiresAt),
  occurrences: row.occurrences,
  flaps: row.flaps,
  authenticity: row.authenticity,
  createdAt: iso(row.createdAt),
  updatedAt: iso(row.updatedAt),
})

export const showAlertDetail = ({
  alert: row,
  history,
}: Awaited<ReturnType<typeof readAlert>>): z.infer<typeof alertAnswer> => ({
  alert: {
    ...showAlertRow(row),
    history: history.map(({ at, effect, eventTime, deliveryId }) => ({
      at: iso(at),
      effect,
      eventTime: iso(eventTime),
      deliveryId: deliveryId.startsWith('expiry:') ? null : deliveryId,
    })),
  },
})

export const showDecision = (row: DecisionRow): z.infer<typeof decision> => ({
  id: row.id,
  alertId: row.alertId,
  incidentId: row.incidentId,
  at: iso(row.at),
  level: row.level,
  outcome: row.outcome,
  strategy: row.strategy,
  score: row.score,
  reason: row.reason,
  threshold: row.threshold,
  windowSeconds: row.windowSeconds,
  settingsVersion: row.settingsVersion,
  topologyVersion: row.topologyVersion,
  candidates: row.candidates.map((line) => ({ ...line })),
})
