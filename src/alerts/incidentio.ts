/** incident.io's webhooks: alerts and incidents, each under a key named like the event. */
import * as z from 'zod'
import type { AlertDraft, Draft } from './draft'
import { lenientRecord, lenientText, lenientValue } from './lenient'
import { alertSource } from './source'
import { firstText, isRecord, recordOf, textOf } from './text'

const alertSchema = z.object({
  id: lenientText,
  title: lenientText,
  description: lenientText,
  status: lenientText,
  deduplication_key: lenientText,
  alert_source_id: lenientText,
  source_url: lenientText,
  created_at: lenientValue,
  updated_at: lenientValue,
  attributes: lenientValue,
})

const incidentSchema = z.object({
  id: lenientText,
  reference: lenientText,
  name: lenientText,
  permalink: lenientText,
  summary: lenientText,
  incident_status: lenientRecord,
  severity: lenientRecord,
  incident_type: lenientRecord,
  mode: lenientText,
  created_at: lenientValue,
  updated_at: lenientValue,
})

const ALERT_EVENT = /^public_alert\.alert_(created|resolved)_v\d+$/
const INCIDENT_EVENT = /^public_incident\.incident_(created|updated|status_updated)_v\d+$/
const OVER = new Set(['learning', 'closed', 'declined', 'canceled', 'merged'])
/** Incidents that people open to learn the product. */
const PRETENDED = new Set(['test', 'tutorial'])

function readAlert(resolvedEvent: boolean, object: Readonly<Record<string, unknown>>): AlertDraft {
  const alert = alertSchema.parse(object)
  const resolved = resolvedEvent || alert.status?.toLowerCase() === 'resolved'
  const identity = alert.deduplication_key ?? alert.id
  return {
    type: 'alert',
    state: resolved ? 'resolved' : 'firing',
    dedupKey: identity === null ? null : `alert:${identity}`,
    title: alert.title,
    description: alert.description,
    labels: labelsOfAttributes(alert.attributes),
    severityRaw: labelsOfAttributes(alert.attributes)['severity'],
    startsAt: alert.created_at,
    eventTime: alert.updated_at ?? alert.created_at,
    sourceUrl: alert.source_url,
    sourceAlertId: alert.id,
    metadata: {
      alertId: alert.id,
      alertSourceId: alert.alert_source_id,
      deduplicationKey: alert.deduplication_key,
      status: alert.status,
    },
  }
}

/** Attributes as labels: `{attribute: {name}, value: {literal, label}}`. */
function labelsOfAttributes(attributes: unknown): Readonly<Record<string, unknown>> {
  const items: readonly unknown[] = Array.isArray(attributes) ? attributes : []
  return Object.fromEntries(
    items.filter(isRecord).flatMap((item) => {
      const name = firstText(recordOf(item['attribute'])['name'])
      const value = recordOf(item['value'])
      const text = firstText(value['label'], value['literal'])
      return name === null || text === null ? [] : [[name.toLowerCase(), text] as const]
    }),
  )
}

function readIncident(object: Readonly<Record<string, unknown>>): AlertDraft {
  const incident = incidentSchema.parse(isRecord(object['incident']) ? object['incident'] : object)
  const status = isRecord(object['new_status']) ? object['new_status'] : incident.incident_status
  const category = firstText(status['category'], incident.incident_status['category'])?.toLowerCase() ?? ''
  const pretended = PRETENDED.has(incident.mode?.toLowerCase() ?? '')
  return {
    type: 'alert',
    kind: 'incident',
    state: pretended ? 'info' : OVER.has(category) ? 'resolved' : 'firing',
    dedupKey: incident.id === null ? null : `incident:${incident.id}`,
    title: incident.name,
    description: incident.summary,
    severityRaw: incident.severity['name'],
    startsAt: incident.created_at,
    eventTime: incident.updated_at,
    sourceUrl: incident.permalink,
    sourceAlertId: incident.reference ?? incident.id,
    metadata: {
      incidentId: incident.id,
      reference: incident.reference,
      incidentUrl: incident.permalink,
      status: firstText(status['name'], incident.incident_status['name']),
      incidentType: incident.incident_type['name'],
      mode: incident.mode,
      message: textOf(object['message']),
    },
  }
}

function read(body: Readonly<Record<string, unknown>>): Draft {
  const event = textOf(body['event_type'])
  const object = event === null ? null : body[event]
  const alert = event === null ? null : ALERT_EVENT.exec(event)
  if (alert !== null) return readAlert(alert[1] === 'resolved', recordOf(object))
  if (event !== null && INCIDENT_EVENT.test(event)) return readIncident(recordOf(object))
  // Private events carry ids only; follow-ups, escalations and schedules are no condition.
  return { type: 'skip' }
}

export const incidentio = alertSource({
  slug: 'incidentio',
  sourceType: 'incidentio',
  displayName: 'incident.io',
  scheme: 'svix',
  defaultVerification: 'required',
  aliases: [{ family: 'A', path: '/incidentio/alerts/webhook/{key}' }],
  deliveryKey: ({ headers }) => headers.get('webhook-id') ?? headers.get('svix-id'),
  payload: lenientRecord,
  toAlerts: (body) => [read(body)],
  example: {
    event_type: 'public_alert.alert_created_v1',
    'public_alert.alert_created_v1': {
      id: '01HZX4ALERT',
      title: 'checkout-api 5xx',
      description: '8.4% of requests fail',
      status: 'firing',
      alert_source_id: '01HSRC',
      deduplication_key: 'checkout-5xx',
      source_url: 'https://grafana.example.com/alerting/ae3kq',
      created_at: '2026-01-01T10:02:41Z',
      updated_at: '2026-01-01T10:02:41Z',
      attributes: [],
    },
  },
  otherExamples: [
    {
      event_type: 'public_incident.incident_created_v2',
      'public_incident.incident_created_v2': {
        id: '01HZX4INC',
        reference: 'INC-481',
        name: 'Checkout failing',
        permalink: 'https://app.incident.io/incidents/481',
        incident_status: { id: '01HSS', name: 'Investigating', category: 'live' },
        severity: { id: '01HSV', name: 'Major', rank: 2 },
        mode: 'standard',
        visibility: 'public',
        created_at: '2026-01-01T10:02:50Z',
        updated_at: '2026-01-01T10:02:50Z',
      },
    },
    {
      event_type: 'public_incident.incident_status_updated_v2',
      'public_incident.incident_status_updated_v2': {
        incident: {
          id: '01HZX4INC',
          reference: 'INC-481',
          name: 'Checkout failing',
          permalink: 'https://app.incident.io/incidents/481',
          summary: 'Payments return 503',
          incident_status: { id: '01HST', name: 'Resolved', category: 'closed' },
          severity: { id: '01HSV', name: 'Major', rank: 2 },
          incident_type: { id: '01HTY', name: 'Production' },
          mode: 'standard',
          visibility: 'public',
          created_at: '2026-01-01T10:02:50Z',
          updated_at: '2026-01-01T10:48:00Z',
          custom_field_entries: [],
          incident_role_assignments: [],
        },
        new_status: { name: 'Resolved', category: 'closed' },
        previous_status: { name: 'Monitoring', category: 'live' },
        message: 'Rolled back',
      },
    },
  ],
})
