/** Datadog monitors. The vendor signs nothing and lets its customers write the payload; its default one works too. */
import * as z from 'zod'
import { LIMITS, type EventState, type Severity } from './canonical'
import { lenientText, lenientValue } from './lenient'
import { severityOf } from './severity'
import { alertSource, type AlertDraft } from './source'
import { labelsFromTags } from './tags'
import { firstText, recordOf, textOf } from './text'

const payload = z.object({
  id: lenientText,
  aggreg_key: lenientText,
  alert_cycle_key: lenientText,
  alert_id: lenientText,
  alert_title: lenientText,
  alert_status: lenientText,
  alert_transition: lenientText,
  alert_type: lenientText,
  alert_priority: lenientText,
  alert_metric: lenientText,
  alert_query: lenientText,
  alert_scope: lenientValue,
  title: lenientText,
  event_title: lenientText,
  body: lenientText,
  date: lenientText,
  last_updated: lenientText,
  hostname: lenientText,
  host: lenientText,
  link: lenientText,
  priority: lenientText,
  snapshot: lenientText,
  tags: lenientValue,
})
type Notification = z.infer<typeof payload>

const FIRING = new Set(['triggered', 'warn', 'no data', 'renotify'])
const TYPES = new Map<string, EventState>([
  ['error', 'firing'],
  ['warning', 'firing'],
  ['success', 'resolved'],
  ['info', 'info'],
])
const PRIORITY = /^P[1-5]$/i

/** `[P2] [Triggered on {service:checkout-api}] latency`: an optional priority, the transition, its scope, the rest. */
const TITLE =
  /^\s*(?:\[P[1-5]\]\s*)?\[(?<transition>[^\]{]*?)(?: on (?:\{(?<scope>[^}]*)\})?[^\]]*)?\]\s*(?<rest>.*)$/s

interface Heading {
  readonly transition: string | null
  readonly scope: string | null
  /** The title without its leading brackets. */
  readonly rest: string | null
}

function headingOf(title: string | null): Heading {
  const groups = TITLE.exec(textOf(title, LIMITS.title * 2) ?? '')?.groups
  return {
    transition: textOf(groups?.['transition']),
    scope: textOf(groups?.['scope']),
    rest: textOf(groups?.['rest']) ?? title,
  }
}

const isWord = (transition: string, word: string): boolean =>
  transition.toLowerCase().replace(/^re-/, '').startsWith(word)

function stateOfTransition(transition: string | null): EventState | null {
  const word = transition?.toLowerCase().replace(/^re-/, '') ?? ''
  if (word.endsWith('recovered')) return 'resolved'
  return FIRING.has(word) ? 'firing' : null
}

/** The vendor's word for the severity, and what it means where the shared table does not say. */
function severityFrom(
  alert: Notification,
  transition: string | null,
): Pick<AlertDraft, 'severity' | 'severityRaw'> {
  const priority = [alert.alert_priority, alert.priority].find((word) => PRIORITY.test(word ?? ''))
  if (priority !== undefined) return { severity: severityOf(priority), severityRaw: priority }
  const medium: Severity = 'medium'
  if (transition !== null && ['warn', 'no data'].some((word) => isWord(transition, word)))
    return { severity: medium, severityRaw: transition }
  const type = alert.alert_type?.toLowerCase()
  const severity = type === 'warning' ? medium : type === 'error' ? 'high' : 'unknown'
  return { severity, severityRaw: alert.alert_type }
}

function draftOf(alert: Notification): AlertDraft {
  const heading = headingOf(firstText(alert.alert_title, alert.title, alert.event_title))
  // The scope may stand in the event's title only, while the monitor's own title is bare.
  const event = headingOf(firstText(alert.title, alert.event_title))
  const transition = firstText(alert.alert_transition, heading.transition, event.transition)
  const scope = Array.isArray(alert.alert_scope) ? alert.alert_scope.join(',') : textOf(alert.alert_scope)
  const titleScope = firstText(heading.scope, event.scope)
  const facts = [alert.alert_id ?? heading.rest, scope ?? titleScope]
  return {
    type: 'alert',
    state:
      stateOfTransition(alert.alert_transition) ??
      stateOfTransition(heading.transition) ??
      stateOfTransition(event.transition) ??
      TYPES.get(alert.alert_type?.toLowerCase() ?? '') ??
      'info',
    dedupKey: firstText(
      alert.alert_cycle_key,
      alert.aggreg_key,
      facts[0] === null ? null : facts.map((fact) => fact ?? '').join('|'),
    ),
    title: heading.rest,
    description: firstText(alert.body?.replaceAll('%%%', ''), alert.alert_status),
    ...severityFrom(alert, transition),
    labels: labelsFromTags(alert.alert_scope, titleScope, alert.tags),
    vendorHost: [alert.hostname, alert.host],
    startsAt: alert.date,
    eventTime: alert.last_updated ?? alert.date,
    sourceUrl: alert.link,
    sourceAlertId: alert.alert_id ?? alert.id,
    metadata: {
      alertId: alert.alert_id,
      alertUrl: alert.link,
      hostname: alert.hostname ?? alert.host,
      message: alert.body,
      metric: alert.alert_metric,
      priority: alert.alert_priority ?? alert.priority,
      query: alert.alert_query,
      snapshotUrl: alert.snapshot,
      tags: alert.tags,
    },
  }
}

export const datadog = alertSource({
  slug: 'datadog',
  sourceType: 'datadog',
  displayName: 'Datadog',
  scheme: 'token',
  defaultVerification: 'token_only',
  verificationFixed: true,
  aliases: [
    { family: 'A', path: '/datadog/webhook/{key}' },
    { family: 'C', path: '/api/datadog/webhook' },
  ],
  deliveryKey: ({ body }) => textOf(recordOf(body)['id']),
  instructions: [
    'In Datadog open Integrations, then Webhooks, and add a webhook.',
    'Enter the address as URL and replace the payload by the template below.',
    'Mention the webhook in the monitors to forward, as @webhook-<name>, for alerts and recoveries.',
  ],
  templates: {
    payloadTemplate: JSON.stringify(
      {
        id: '$ID',
        aggreg_key: '$AGGREG_KEY',
        alert_cycle_key: '$ALERT_CYCLE_KEY',
        alert_id: '$ALERT_ID',
        alert_title: '$ALERT_TITLE',
        alert_status: '$ALERT_STATUS',
        alert_transition: '$ALERT_TRANSITION',
        alert_type: '$ALERT_TYPE',
        alert_priority: '$ALERT_PRIORITY',
        alert_metric: '$ALERT_METRIC',
        alert_query: '$ALERT_QUERY',
        alert_scope: '$ALERT_SCOPE',
        event_type: '$EVENT_TYPE',
        title: '$EVENT_TITLE',
        body: '$EVENT_MSG',
        date: '$DATE',
        last_updated: '$LAST_UPDATED',
        hostname: '$HOSTNAME',
        link: '$LINK',
        snapshot: '$SNAPSHOT',
        org_id: '$ORG_ID',
        org_name: '$ORG_NAME',
        priority: '$PRIORITY',
        tags: '$TAGS',
      },
      null,
      2,
    ),
  },
  payload,
  toAlerts: (alert) => [draftOf(alert)],
  example: {
    id: '7423981120394857123',
    aggreg_key: '9bd4ac313a4d1e8fae2482df7b77628',
    alert_cycle_key: '9f1c2d7e0a5b4c88',
    alert_id: '1234567',
    alert_title: '[Triggered] p95 latency high on checkout-api',
    alert_status: 'p95 latency was above 2s',
    alert_transition: 'Triggered',
    alert_type: 'error',
    alert_priority: 'P2',
    alert_metric: 'trace.http.request.duration',
    alert_query: 'avg(last_5m):p95:trace.http.request.duration{service:checkout-api,env:production} > 2',
    alert_scope: 'service:checkout-api,env:production',
    event_type: 'query_alert_monitor',
    title: '[Triggered] p95 latency high on checkout-api',
    body: '%%% p95 above 2s %%%',
    date: '1767261750000',
    last_updated: '1767261755000',
    hostname: '',
    link: 'https://app.datadoghq.com/monitors/1234567?from_ts=1767261150000',
    org_id: '11023',
    org_name: 'acme',
    priority: 'normal',
    tags: 'env:production,monitor,service:checkout-api,team:payments',
  },
  otherExamples: [
    {
      body: 'p95 latency was above 2s',
      last_updated: '1767261755000',
      event_type: 'query_alert_monitor',
      title: '[Triggered on {service:checkout-api}] p95 latency high',
      date: '1767261750000',
      org: { id: '11023', name: 'acme' },
      id: '7423981120394857124',
    },
  ],
})
