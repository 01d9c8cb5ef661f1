/** Opsgenie's and Jira Service Management's webhook. Its derivations also serve the emulated Opsgenie API. */
import * as z from 'zod'
import type { AlertDraft } from './draft'
import { lenientRecord, lenientText, lenientValue } from './lenient'
import { alertSource } from './source'
import { labelsFromTags } from './tags'
import { firstText } from './text'

/** An alert as Opsgenie describes it, in webhooks and in requests to its API. */
export const opsgenieAlert = z.object({
  alertId: lenientText,
  alias: lenientText,
  message: lenientText,
  description: lenientText,
  tinyId: lenientText,
  entity: lenientText,
  source: lenientText,
  priority: lenientText,
  tags: lenientValue,
  details: lenientRecord,
  teams: lenientValue,
  username: lenientText,
  createdAt: lenientValue,
  updatedAt: lenientValue,
})
type OpsgenieAlert = z.infer<typeof opsgenieAlert>

const payload = z.object({
  action: lenientText,
  alert: lenientRecord.pipe(opsgenieAlert),
  integrationName: lenientText,
})

type Meaning = Pick<AlertDraft, 'state' | 'forceState' | 'onlyIfOpen'>

/** What an action does to its alert; every other one only adds to the history. */
const MEANINGS: ReadonlyMap<string, Meaning> = new Map<string, Meaning>([
  ['create', { state: 'firing' }],
  ['unacknowledge', { state: 'firing', forceState: true }],
  ['acknowledge', { state: 'acknowledged' }],
  ['close', { state: 'resolved' }],
  ['delete', { state: 'resolved' }],
  ['updatepriority', { state: 'firing', onlyIfOpen: true }],
  ['escalate', { state: 'firing', onlyIfOpen: true }],
  ['updatemessage', { state: 'firing', onlyIfOpen: true }],
  ['updatedescription', { state: 'firing', onlyIfOpen: true }],
])

/** The effect of an action by its name, in any case. */
export const meaningOf = (action: string | null): Meaning =>
  MEANINGS.get(action?.toLowerCase() ?? '') ?? { state: 'info' }

/** Title, severity, labels and entities of an alert: all but its identity and state. */
export function opsgenieFacts(alert: OpsgenieAlert) {
  const { details } = alert
  return {
    title: alert.message,
    description: alert.description,
    severityRaw: alert.priority,
    labels: labelsFromTags(alert.tags),
    vendorService: [details['service'], alert.entity, alert.source],
    vendorEnvironment: [details['env'], details['environment']],
    vendorHost: [details['host'], details['hostname']],
    runbookUrl: firstText(details['runbook'], details['runbook_url']),
  }
}

/** What another product of ours, or we, raised there comes back as a webhook: it must not open anything. */
const isOurOwn = (message: string | null): boolean =>
  message !== null && message.startsWith('[') && message.includes('Incident raised')

export const opsgenie = alertSource({
  slug: 'opsgenie',
  sourceType: 'opsgenie',
  displayName: 'Opsgenie',
  scheme: 'token',
  defaultVerification: 'token_only',
  verificationFixed: true,
  aliases: [{ family: 'A', path: '/opsgenie/webhook/{key}' }],
  payload,
  toAlerts: ({ action, alert, integrationName }) => {
    const meaning = isOurOwn(alert.message) ? ({ state: 'info' } as const) : meaningOf(action)
    if (meaning.state === 'info' && alert.alertId === null) return [{ type: 'skip' }]
    return [
      {
        type: 'alert',
        ...meaning,
        ...opsgenieFacts(alert),
        dedupKey: alert.alertId,
        startsAt: alert.createdAt,
        eventTime: alert.updatedAt ?? alert.createdAt,
        sourceAlertId: alert.tinyId,
        metadata: {
          alertId: alert.alertId,
          alias: alert.alias,
          action,
          priority: alert.priority,
          entity: alert.entity,
          source: alert.source,
          teams: alert.teams,
          username: alert.username,
          details: alert.details,
          integrationName,
        },
      },
    ]
  },
  example: {
    action: 'Create',
    alert: {
      alertId: '70413a06-38d6-4c85-92b8-5ebc900d42e2',
      message: 'checkout-api error budget burn',
      tags: ['service:checkout-api', 'env:production'],
      tinyId: '1791',
      entity: 'checkout-api',
      alias: 'slo-burn-checkout-api',
      createdAt: 1_767_261_720_000,
      // As a text, since the number is longer than JavaScript is exact.
      updatedAt: '1767261720000000000',
      username: 'Prometheus',
      userId: 'daed1180-0ce8-438b-8f8e-57e1a5920a2d',
      description: 'Burn rate 14x over 1h',
      details: { runbook: 'https://runbooks.example.com/slo' },
      priority: 'P1',
      source: 'prometheus-prod',
      teams: ['payments'],
    },
    source: { name: 'Prometheus', type: 'api' },
    integrationId: '37c8f316-17c6-49d7-899b-9c7e540c048d',
    integrationName: 'Aurora',
  },
})
