import * as z from 'zod'
import {
  canonicalAlert,
  changeEvent,
  type CanonicalAlert,
  type ChangeEvent,
  type Normalised,
} from '../../alerts/canonical'
import { iso, isoOrNull } from '../../lib/time'
import { maybeTime, time } from './fields'

const previewedAlert = canonicalAlert
  .omit({ firedAt: true, forceState: true, reopening: true, onlyIfOpen: true, expiresAt: true, test: true })
  .extend({ startsAt: maybeTime, endsAt: maybeTime, eventTime: time })

const previewedChange = changeEvent.extend({ startedAt: maybeTime, finishedAt: time })

export const previewed = z.object({
  alerts: z.array(previewedAlert),
  changes: z.array(previewedChange),
  errors: z.array(z.object({ index: z.int(), message: z.string() })),
})

export const testSent = z.object({ deliveryId: z.uuid() })

export const showPreview = ({ alerts, changes, errors }: Normalised): z.infer<typeof previewed> => ({
  alerts: alerts.map(showAlert),
  changes: changes.map(showChange),
  errors: errors.map((error) => ({ ...error })),
})

const showAlert = (alert: CanonicalAlert): z.infer<typeof previewedAlert> => ({
  source: alert.source,
  sourceType: alert.sourceType,
  kind: alert.kind,
  dedupKey: alert.dedupKey,
  state: alert.state,
  severity: alert.severity,
  severityRaw: alert.severityRaw,
  title: alert.title,
  description: alert.description,
  service: alert.service,
  environment: alert.environment,
  host: alert.host,
  startsAt: isoOrNull(alert.startsAt),
  endsAt: isoOrNull(alert.endsAt),
  eventTime: iso(alert.eventTime),
  sourceUrl: alert.sourceUrl,
  dashboardUrl: alert.dashboardUrl,
  runbookUrl: alert.runbookUrl,
  labels: alert.labels,
  metadata: alert.metadata,
  sourceAlertId: alert.sourceAlertId,
  seq: alert.seq,
})

const showChange = (change: ChangeEvent): z.infer<typeof previewedChange> => ({
  ...change,
  startedAt: isoOrNull(change.startedAt),
  finishedAt: iso(change.finishedAt),
})
