/** Alerts as Prometheus posts them to an Alertmanager. */
import * as z from 'zod'
import { SECOND } from '../lib/time'
import type { Draft } from './draft'
import { labelFingerprint } from './fingerprint'
import { alertGroup, readAlertGroup } from './grafana'
import { alertSource, type SourceContext } from './source'
import { isRecord, recordOf, textOf } from './text'
import { parseTime } from './times'

/** How long an alert without an end fires unless it is posted again. */
const RESOLVE_TIMEOUT = 300 * SECOND

interface Posted {
  readonly labels: Readonly<Record<string, string>>
  readonly annotations: unknown
  readonly generatorURL: unknown
  readonly startsAt: number
  readonly endsAt: number
}

/** A posted alert with its times filled in, or what is wrong with it. */
export function readPosted(item: unknown, now: number): Posted | string {
  if (!isRecord(item)) return 'alert is not an object'
  const labels = labelsIn(item['labels'])
  if (Object.keys(labels).length === 0) return 'at least one label pair required'
  const [start, end] = [parseTime(item['startsAt']), parseTime(item['endsAt'])]
  if (start !== null && end !== null && start > end) return 'start time must be before end time'
  return {
    labels,
    annotations: item['annotations'],
    generatorURL: item['generatorURL'],
    startsAt: start ?? end ?? now,
    endsAt: end ?? now + RESOLVE_TIMEOUT,
  }
}

/** Labels as the vendor identifies them: byte by byte, without the empty ones. */
function labelsIn(value: unknown): Record<string, string> {
  const pairs = Object.entries(recordOf(value)).flatMap(([name, label]) => {
    const text = typeof label === 'string' ? label : textOf(label)
    return text === null || text === '' ? [] : [[name, text] as const]
  })
  return Object.fromEntries(pairs)
}

function read(item: unknown, context: SourceContext): Draft {
  const posted = readPosted(item, context.receivedAt)
  if (typeof posted === 'string') return { type: 'error', message: posted }
  const resolved = posted.endsAt <= context.receivedAt
  const alert = {
    ...posted,
    startsAt: String(posted.startsAt),
    endsAt: resolved ? String(posted.endsAt) : null,
    status: resolved ? 'resolved' : 'firing',
    fingerprint: labelFingerprint(posted.labels, context.settings.dropLabels),
  }
  const [draft] = readAlertGroup(alertGroup.parse({ alerts: [alert] }), context)
  if (draft === undefined || draft.type === 'error') return { type: 'error', message: 'unreadable alert' }
  return resolved ? draft : { ...draft, expiresAt: posted.endsAt }
}

export const alertmanagerApi = alertSource({
  slug: 'alertmanager_api',
  sourceType: 'alertmanager',
  displayName: 'Alertmanager API',
  scheme: 'token',
  defaultVerification: 'token_only',
  verificationFixed: true,
  address: '/am/{key}/api/v2/alerts',
  instructions: [
    'Add an entry to alerting.alertmanagers of prometheus.yml with api_version v2 and this host as its target.',
    'Set path_prefix to /am/<token>, or give the token as authorization credentials.',
  ],
  deliveryIdentity: 'request',
  acceptsArray: true,
  payload: z.array(z.unknown()),
  missingField: (body) => (Array.isArray(body) ? null : 'alerts'),
  toAlerts: (items, context) => items.map((item) => read(item, context)),
  example: [
    {
      labels: { alertname: 'HighErrorRate', service: 'checkout-api', severity: 'critical' },
      annotations: { summary: '5xx ratio above 5%' },
      startsAt: '2026-01-01T10:02:30Z',
      endsAt: '2026-01-01T10:06:30Z',
      generatorURL: 'https://prometheus.example.com/graph?g0.expr=job%3Aerrors%3Aratio+%3E+0.05&g0.tab=1',
    },
  ],
})
