/** BigPanda's Notifications Webhook v2: one incident of grouped alerts a delivery. */
import * as z from 'zod'
import type { EventState } from './canonical'
import { lenientJson, lenientText, lenientValue } from './lenient'
import { alertSource, type AlertDraft } from './source'
import { firstText, isRecord, recordOf, textOf } from './text'

const incidentSchema = z.object({
  id: lenientText,
  status: lenientText,
  severity: lenientText,
  start: lenientValue,
  end: lenientValue,
  environments: lenientJson,
  incident_tags: lenientJson,
  url: lenientText,
  alerts: lenientJson,
})
type Incident = z.infer<typeof incidentSchema>

const STATES = new Map<string, EventState>([
  ['ok', 'resolved'],
  ['resolved', 'resolved'],
  ['acknowledged', 'acknowledged'],
])

function draftOf(incident: Incident, trigger: string | null): AlertDraft {
  const alerts = (Array.isArray(incident.alerts) ? incident.alerts : [incident.alerts]).filter(isRecord)
  const first = recordOf(alerts[0])
  const state = STATES.get(incident.status?.toLowerCase() ?? '') ?? 'firing'
  const environment: unknown = Array.isArray(incident.environments)
    ? incident.environments[0]
    : incident.environments
  const properties = [first['primary_property'], first['secondary_property']].flatMap(
    (part) => textOf(part) ?? [],
  )
  return {
    type: 'alert',
    state,
    dedupKey: incident.id,
    title: firstText(first['description'], first['condition_name'], properties.join(':')),
    severityRaw: firstText(incident.severity, first['severity'], first['status']),
    labels: tagsOf(incident.incident_tags),
    vendorService: [first['primary_property']],
    vendorEnvironment: [isRecord(environment) ? environment['name'] : environment],
    startsAt: incident.start,
    endsAt: incident.end,
    eventTime: state === 'resolved' ? (incident.end ?? incident.start) : incident.start,
    sourceUrl: incident.url,
    sourceAlertId: incident.id,
    metadata: {
      incidentUrl: incident.url,
      status: incident.status,
      trigger,
      environments: incident.environments,
      sourceSystem: first['source_system'],
      conditionName: first['condition_name'],
      alertCount: alerts.length,
    },
  }
}

/** Tags as an object, or as a list of names with values. */
function tagsOf(tags: unknown): Record<string, unknown> {
  if (!Array.isArray(tags)) return recordOf(tags)
  return Object.fromEntries(
    tags.filter(isRecord).flatMap((tag) => {
      const name = firstText(tag['name'], tag['tag_id'], tag['key'])
      const value: unknown = tag['value'] ?? tag['tag_value']
      return name === null ? [] : [[name, Array.isArray(value) ? value.join(',') : value] as const]
    }),
  )
}

export const bigpanda = alertSource({
  slug: 'bigpanda',
  sourceType: 'bigpanda',
  displayName: 'BigPanda',
  scheme: 'token',
  defaultVerification: 'token_only',
  verificationFixed: true,
  aliases: [
    { family: 'A', path: '/bigpanda/webhook/{key}' },
    { family: 'C', path: '/api/bigpanda/webhook' },
  ],
  instructions: [
    'In BigPanda open Integrations, then New Integration, and choose Notifications Webhook v2.',
    'Enter the address as URL, a header X-Aurora-Token with the ingest token, and the template below.',
    'Add an AutoShare rule that shares the incidents to forward with this webhook.',
  ],
  templates: {
    payloadTemplate: `{
  "trigger": "{{trigger}}",
  "incident": {
    "id": "{{incident.id}}",
    "status": "{{incident.status}}",
    "severity": "{{incident.severity}}",
    "start": "{{incident.start}}",
    "end": "{{incident.end}}",
    "environments": "{{incident.environments}}",
    "folders": "{{incident.folders}}",
    "incident_tags": "{{incident.incident_tags}}",
    "correlation_matchers_log": "{{incident.correlation_matchers_log}}",
    "url": "{{incident.url}}",
    "alerts": "{{incident.alerts}}"
  }
}`,
  },
  payload: incidentSchema.extend({ incident: lenientJson, trigger: lenientText }),
  toAlerts: (body) => [
    draftOf(isRecord(body.incident) ? incidentSchema.parse(body.incident) : body, body.trigger),
  ],
  example: {
    trigger: 'new',
    incident: {
      id: '65a3f0c1b7d8e92a4c1f0d3e',
      status: 'active',
      severity: 'critical',
      start: 1767261720,
      end: null,
      environments: ['production'],
      folders: ['active'],
      incident_tags: { service: 'checkout-api', team: 'payments' },
      correlation_matchers_log: [{ tags: ['cluster', 'check'], window: 7200 }],
      url: 'https://a.bigpanda.io/#/app/overview/active/incidents/65a3f0c1b7d8e92a4c1f0d3e',
      alerts: [
        {
          id: '65a3f0c1b7d8e92a4c1f0d40',
          status: 'critical',
          severity: 'critical',
          description: 'CPU saturation on checkout-api',
          condition_name: 'cpu_saturation',
          source_system: 'nagios.prod',
          primary_property: 'checkout-api',
          secondary_property: 'cpu',
        },
      ],
    },
  },
})
