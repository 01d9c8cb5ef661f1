/** PagerDuty's webhooks V3: events about its incidents, signed, in order per incident, at least once. */
import * as z from 'zod'
import { lenientRecord, lenientText, lenientValue } from './lenient'
import { severityOf } from './severity'
import { alertSource, type AlertDraft } from './source'
import { firstText, isRecord, recordOf, textOf } from './text'

type Effect = Pick<AlertDraft, 'state' | 'forceState' | 'reopening' | 'onlyIfOpen'>

const REFRESH: Effect = { state: 'firing', onlyIfOpen: true }
const FIELDS_UPDATED = 'incident.custom_field_values.updated'

/** What an event does to its incident's alert; other events do nothing. */
const EFFECTS = new Map<string, Effect>([
  ['incident.triggered', { state: 'firing' }],
  ['incident.reopened', { state: 'firing', reopening: true }],
  ['incident.unacknowledged', { state: 'firing', forceState: true }],
  ['incident.acknowledged', { state: 'acknowledged' }],
  ['incident.resolved', { state: 'resolved' }],
  ['incident.escalated', REFRESH],
  ['incident.reassigned', REFRESH],
  ['incident.delegated', REFRESH],
  ['incident.service_updated', REFRESH],
  ['incident.priority_updated', REFRESH],
  [FIELDS_UPDATED, { state: 'info' }],
])

/** What a subscription at PagerDuty has to name. */
export const MONITORED_EVENTS: readonly string[] = [...EFFECTS.keys()]

const eventSchema = z.object({
  event_type: lenientText,
  resource_type: lenientText,
  occurred_at: lenientValue,
  data: lenientRecord,
})
type PagerDutyEvent = z.infer<typeof eventSchema>

function draftOf(event: PagerDutyEvent, effect: Effect): AlertDraft {
  const { data } = event
  const incident = { ...recordOf(data['incident']), ...data }
  const id = firstText(recordOf(data['incident'])['id'], data['id'])
  const priority = textOf(recordOf(data['priority'])['summary'])
  const urgency = textOf(data['urgency'])
  const known = severityOf(priority) !== 'unknown'
  const fields = customFields(data)
  return {
    type: 'alert',
    kind: 'incident',
    ...effect,
    dedupKey: id,
    title: firstText(incident['title'], incident['summary']),
    description: data['description'],
    severityRaw: firstText(priority, urgency),
    severity: known || urgency === null ? undefined : urgency.toLowerCase() === 'high' ? 'high' : 'medium',
    vendorService: [recordOf(data['service'])['summary']],
    startsAt: data['created_at'],
    endsAt: effect.state === 'resolved' ? event.occurred_at : null,
    eventTime: event.occurred_at,
    sourceUrl: incident['html_url'],
    runbookUrl: fields?.['runbook_link'],
    sourceAlertId: firstText(incident['number'], id),
    metadata: {
      incidentId: id,
      incidentUrl: incident['html_url'],
      incidentKey: data['incident_key'],
      urgency,
      priority,
      description: data['description'],
      customFields: fields,
    },
  }
}

/** Custom fields by their name; null when the event names none. */
function customFields(data: Readonly<Record<string, unknown>>): Record<string, unknown> | null {
  const listed = data['custom_fields'] ?? data['field_values']
  const pairs = (Array.isArray(listed) ? listed : []).filter(isRecord).flatMap((field) => {
    const name = firstText(field['name'], field['display_name'], field['id'])
    return name === null ? [] : [[name, field['value']] as const]
  })
  return pairs.length === 0 ? null : Object.fromEntries(pairs)
}

/** What the answer says about an event that changes nothing; null for one that does. */
function reasonOf({ event_type: type, resource_type: resource }: PagerDutyEvent): string | null {
  if (resource?.toLowerCase() !== 'incident') return 'non-incident event'
  return EFFECTS.has(type ?? '') ? null : 'event type not monitored'
}

function missingField(body: unknown): string | null {
  const event = recordOf(body)['event']
  if (!isRecord(event)) return 'event'
  const missing = ['event_type', 'resource_type'].find((name) => textOf(event[name]) === null)
  return missing === undefined ? null : `event.${missing}`
}

export const pagerduty = alertSource({
  slug: 'pagerduty',
  sourceType: 'pagerduty',
  displayName: 'PagerDuty',
  scheme: 'pd-v1',
  defaultVerification: 'required',
  aliases: [
    { family: 'A', path: '/pagerduty/webhook/{key}' },
    { family: 'C', path: '/api/pagerduty/webhook' },
  ],
  deliveryKey: ({ headers, body }) =>
    firstText(recordOf(recordOf(body)['event'])['id'], headers.get('X-Webhook-Id')),
  answer: ({ body }) => {
    const reason = reasonOf(eventSchema.parse(recordOf(recordOf(body)['event'])))
    return reason === null ? null : { members: { reason } }
  },
  instructions: [
    'In PagerDuty open Integrations, then Generic Webhooks (v3), and add a webhook.',
    'Enter the address as webhook URL and subscribe to the incident events.',
    'PagerDuty shows the signing secret once: store it as the signing secret of this integration.',
  ],
  payload: z.object({ event: lenientRecord }),
  missingField,
  toAlerts: ({ event: raw }) => {
    const event = eventSchema.parse(raw)
    if (event.resource_type?.toLowerCase() !== 'incident') return []
    return [draftOf(event, EFFECTS.get(event.event_type ?? '') ?? { state: 'info' })]
  },
  example: {
    event: {
      id: '01HZX3N7Q2V9KJ0W',
      event_type: 'incident.triggered',
      resource_type: 'incident',
      occurred_at: '2026-01-01T10:02:41.112Z',
      agent: {
        html_url: 'https://acme.pagerduty.com/services/PF9KMXH',
        id: 'PF9KMXH',
        self: 'https://api.pagerduty.com/services/PF9KMXH',
        summary: 'checkout-api',
        type: 'service_reference',
      },
      client: { name: 'Prometheus', url: 'https://prometheus.example.com' },
      data: {
        id: 'Q1R2S3T4U5V6',
        type: 'incident',
        self: 'https://api.pagerduty.com/incidents/Q1R2S3T4U5V6',
        html_url: 'https://acme.pagerduty.com/incidents/Q1R2S3T4U5V6',
        number: 4812,
        status: 'triggered',
        incident_key: 'd3640fbd41094207a1c11e58e46b1662',
        created_at: '2026-01-01T10:02:40Z',
        title: '5xx ratio above 5% on checkout-api',
        service: {
          html_url: 'https://acme.pagerduty.com/services/PF9KMXH',
          id: 'PF9KMXH',
          self: 'https://api.pagerduty.com/services/PF9KMXH',
          summary: 'checkout-api',
          type: 'service_reference',
        },
        assignees: [
          {
            html_url: 'https://acme.pagerduty.com/users/PTUXL6G',
            id: 'PTUXL6G',
            self: 'https://api.pagerduty.com/users/PTUXL6G',
            summary: 'Dana Ops',
            type: 'user_reference',
          },
        ],
        escalation_policy: {
          html_url: 'https://acme.pagerduty.com/escalation_policies/PUS0KTE',
          id: 'PUS0KTE',
          self: 'https://api.pagerduty.com/escalation_policies/PUS0KTE',
          summary: 'Payments',
          type: 'escalation_policy_reference',
        },
        teams: [
          {
            html_url: 'https://acme.pagerduty.com/teams/PFCVPS0',
            id: 'PFCVPS0',
            self: 'https://api.pagerduty.com/teams/PFCVPS0',
            summary: 'Payments',
            type: 'team_reference',
          },
        ],
        priority: {
          html_url: 'https://acme.pagerduty.com/account/incident_priorities',
          id: 'PSO75BM',
          self: 'https://api.pagerduty.com/priorities/PSO75BM',
          summary: 'P1',
          type: 'priority_reference',
        },
        urgency: 'high',
        conference_bridge: null,
        resolve_reason: null,
      },
    },
  },
})
