/** Jira's issue webhooks: issues of the kinds that mean trouble. */
import * as z from 'zod'
import type { Draft } from './draft'
import { lenientRecord, lenientText, lenientValue } from './lenient'
import { alertSource } from './source'
import { labelsFromTags } from './tags'
import { firstText, isRecord, recordOf, textOf } from './text'

const MONITORED = new Set(['bug', 'incident', 'problem', 'defect', 'production issue'])

const fieldsSchema = z.object({
  summary: lenientText,
  description: lenientText,
  issuetype: lenientRecord,
  priority: lenientRecord,
  status: lenientRecord,
  project: lenientRecord,
  labels: lenientValue,
  components: lenientValue,
  created: lenientValue,
})

const payload = z.object({ timestamp: lenientValue, webhookEvent: lenientText, issue: lenientRecord })

/** `key` and the kind of the issue that a body is about. */
function issueOf(body: unknown): { readonly key: string | null; readonly monitored: boolean } {
  const issue = recordOf(recordOf(body)['issue'])
  const type = textOf(recordOf(recordOf(issue['fields'])['issuetype'])['name'])
  return { key: textOf(issue['key']), monitored: MONITORED.has(type?.toLowerCase() ?? '') }
}

function read({ timestamp, webhookEvent, issue }: z.infer<typeof payload>): Draft {
  const { key, monitored } = issueOf({ issue })
  if (!monitored) return { type: 'skip' }
  const fields = fieldsSchema.parse(recordOf(issue['fields']))
  const category = textOf(recordOf(fields.status['statusCategory'])['key'])
  const over = category === 'done' || webhookEvent === 'jira:issue_deleted'
  const components: readonly unknown[] = Array.isArray(fields.components) ? fields.components : []
  const [component] = components
  const site = URL.parse(textOf(issue['self']) ?? '')
  const url = site === null || key === null ? null : `https://${site.host}/browse/${encodeURIComponent(key)}`
  return {
    type: 'alert',
    kind: 'issue',
    state: over ? 'resolved' : category === 'indeterminate' ? 'acknowledged' : 'firing',
    dedupKey: key,
    title: fields.summary,
    description: fields.description,
    severityRaw: fields.priority['name'],
    labels: labelsFromTags(fields.labels),
    vendorService: [isRecord(component) ? component['name'] : null],
    startsAt: fields.created,
    eventTime: timestamp,
    sourceUrl: url,
    sourceAlertId: key,
    metadata: {
      issueUrl: url,
      issueKey: key,
      issueType: fields.issuetype['name'],
      project: fields.project['key'],
      status: firstText(fields.status['name']),
      event: webhookEvent,
    },
  }
}

export const jira = alertSource({
  slug: 'jira',
  sourceType: 'jira',
  displayName: 'Jira',
  scheme: 'hub-sha256',
  defaultVerification: 'if_configured',
  aliases: [{ family: 'A', path: '/jira/webhook/{key}' }],
  answer: ({ body }, family) => {
    const { key, monitored } = issueOf(body)
    if (!monitored) return { status: 200, members: { reason: 'issue type not monitored' } }
    if (family === 'canonical') return null
    return { status: 202, members: { status: 'accepted', ...(key === null ? {} : { issue: key }) } }
  },
  payload,
  toAlerts: (body) => [read(body)],
  example: {
    timestamp: 1_767_261_761_000,
    webhookEvent: 'jira:issue_created',
    issue_event_type_name: 'issue_created',
    issue: {
      id: '10042',
      key: 'OPS-12',
      self: 'https://acme.atlassian.net/rest/api/2/issue/10042',
      fields: {
        summary: 'Checkout returns 503',
        issuetype: { name: 'Incident' },
        priority: { name: 'High' },
        status: { name: 'Open', statusCategory: { key: 'new' } },
        project: { key: 'OPS' },
        labels: ['env:production'],
        components: [{ name: 'checkout-api' }],
        created: '2026-01-01T10:02:41.000+0000',
      },
    },
  },
})
