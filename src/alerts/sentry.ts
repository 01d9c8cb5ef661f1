/** Sentry's integration webhooks: issues, events of an issue alert, metric alerts. What it is about stands in the signed body. */
import * as z from 'zod'
import type { AlertDraft, Draft } from './draft'
import { lenientRecord, lenientText, lenientValue } from './lenient'
import { alertSource } from './source'
import { firstText, isRecord } from './text'

const issueSchema = z.object({
  id: lenientText,
  shortId: lenientText,
  title: lenientText,
  culprit: lenientText,
  level: lenientText,
  priority: lenientText,
  platform: lenientText,
  project: lenientRecord,
  count: lenientValue,
  userCount: lenientValue,
  firstSeen: lenientValue,
  lastSeen: lenientValue,
  web_url: lenientText,
  url: lenientText,
})

const eventSchema = z.object({
  issue_id: lenientText,
  title: lenientText,
  culprit: lenientText,
  level: lenientText,
  environment: lenientText,
  datetime: lenientValue,
  web_url: lenientText,
  url: lenientText,
})

const metricSchema = z.object({
  identifier: lenientText,
  date_started: lenientValue,
  date_closed: lenientValue,
  projects: lenientValue,
  alert_rule: lenientRecord,
})

const payload = z.object({ action: lenientText, data: lenientRecord })

const ISSUE_STATES: ReadonlyMap<string, AlertDraft['state']> = new Map<string, AlertDraft['state']>([
  ['created', 'firing'],
  ['unresolved', 'firing'],
  ['assigned', 'acknowledged'],
  ['resolved', 'resolved'],
  ['archived', 'resolved'],
  ['ignored', 'resolved'],
])
const PROJECT = /\/projects\/[^/]+\/([^/]+)/

/** A fatal level says more than the priority that Sentry guesses. */
const severityOfIssue = (level: string | null, priority: string | null): string | null =>
  level?.toLowerCase() === 'fatal' ? level : (priority ?? level)

function readIssue(action: string, raw: Readonly<Record<string, unknown>>): AlertDraft {
  const issue = issueSchema.parse(raw)
  return {
    type: 'alert',
    kind: 'issue',
    state: ISSUE_STATES.get(action) ?? 'info',
    reopening: action === 'unresolved',
    dedupKey: issue.id === null ? null : `issue:${issue.id}`,
    title: issue.title,
    description: issue.culprit,
    severityRaw: severityOfIssue(issue.level, issue.priority),
    vendorService: [issue.project['slug']],
    startsAt: issue.firstSeen,
    // The other actions happen now, however long ago the issue was last seen.
    eventTime: action === 'created' ? issue.lastSeen : null,
    sourceUrl: issue.web_url ?? issue.url,
    sourceAlertId: issue.shortId ?? issue.id,
    metadata: {
      issueUrl: issue.web_url ?? issue.url,
      culprit: issue.culprit,
      count: issue.count,
      userCount: issue.userCount,
      level: issue.level,
      shortId: issue.shortId,
      platform: issue.platform,
    },
  }
}

function readEvent(action: string, raw: Readonly<Record<string, unknown>>): AlertDraft {
  const event = eventSchema.parse(raw)
  return {
    type: 'alert',
    kind: 'issue',
    state: action === 'triggered' ? 'firing' : 'info',
    dedupKey: event.issue_id === null ? null : `issue:${event.issue_id}`,
    title: event.title,
    description: event.culprit,
    severityRaw: event.level,
    vendorService: [PROJECT.exec(event.url ?? '')?.[1]],
    vendorEnvironment: [event.environment],
    eventTime: event.datetime,
    sourceUrl: event.web_url ?? event.url,
    sourceAlertId: event.issue_id,
    metadata: { issueUrl: event.web_url ?? event.url, culprit: event.culprit, level: event.level },
  }
}

function readMetric(action: string, data: Readonly<Record<string, unknown>>): AlertDraft {
  const metric = metricSchema.parse(data['metric_alert'])
  const rule = metric.alert_rule
  const [ruleId, name] = [firstText(rule['id']), firstText(rule['name'])]
  const firing = action === 'critical' || action === 'warning'
  return {
    type: 'alert',
    state: firing ? 'firing' : action === 'resolved' ? 'resolved' : 'info',
    dedupKey: ruleId === null ? null : `metric:${ruleId}:${metric.identifier ?? ''}`,
    title: firstText(name, data['description_title']),
    description: data['description_text'],
    severityRaw: firing ? action : null,
    vendorService: [Array.isArray(metric.projects) ? metric.projects[0] : null],
    startsAt: metric.date_started,
    eventTime: action === 'resolved' ? metric.date_closed : null,
    sourceUrl: data['web_url'],
    sourceAlertId: ruleId,
    metadata: {
      issueUrl: data['web_url'],
      level: action,
      aggregate: rule['aggregate'],
      query: rule['query'],
    },
  }
}

function read(action: string, data: Readonly<Record<string, unknown>>): Draft {
  if (isRecord(data['metric_alert'])) return readMetric(action, data)
  if (isRecord(data['issue'])) return readIssue(action, data['issue'])
  // An error resource has its event under another name, comments and installations have none.
  if (isRecord(data['event'])) return readEvent(action, data['event'])
  return { type: 'skip' }
}

export const sentry = alertSource({
  slug: 'sentry',
  sourceType: 'sentry',
  displayName: 'Sentry',
  scheme: 'sentry',
  defaultVerification: 'required',
  aliases: [{ family: 'A', path: '/sentry/webhook/{key}' }],
  deliveryKey: ({ headers }) => headers.get('Request-ID'),
  answer: ({ headers }, family) =>
    family === 'A'
      ? { status: 202, members: { accepted: true, resource: headers.get('Sentry-Hook-Resource') ?? '' } }
      : null,
  payload,
  toAlerts: ({ action, data }) => [read(action?.toLowerCase() ?? '', data)],
  example: {
    action: 'created',
    installation: { uuid: '7a485448-a9e2-4c85-8a3c-4f44175783c9' },
    actor: { type: 'application', id: 'sentry', name: 'Sentry' },
    data: {
      issue: {
        id: '5170012345',
        shortId: 'CHECKOUT-1KZ',
        title: 'TimeoutError: payment gateway',
        culprit: 'POST /pay',
        level: 'error',
        status: 'unresolved',
        substatus: 'new',
        platform: 'node',
        project: { id: '4505', name: 'checkout-api', slug: 'checkout-api', platform: 'node' },
        priority: 'high',
        count: '41',
        userCount: 37,
        firstSeen: '2026-01-01T10:02:31Z',
        lastSeen: '2026-01-01T10:04:02Z',
        web_url: 'https://acme.sentry.io/issues/5170012345/',
        url: 'https://sentry.io/api/0/organizations/acme/issues/5170012345/',
      },
    },
  },
  otherExamples: [
    {
      action: 'critical',
      installation: { uuid: '7a485448-a9e2-4c85-8a3c-4f44175783c9' },
      actor: { type: 'application', id: 'sentry', name: 'Sentry' },
      data: {
        metric_alert: {
          id: '1093',
          identifier: '77',
          status: 20,
          date_started: '2026-01-01T10:02:00Z',
          projects: ['checkout-api'],
          alert_rule: {
            id: '55',
            name: 'Too many errors',
            aggregate: 'count()',
            query: 'level:error',
            time_window: 10,
            triggers: [{ label: 'critical', alert_threshold: 1000 }],
          },
        },
        description_title: 'Critical: Too many errors',
        description_text: '1000 events in the last 10 minutes',
        web_url: 'https://acme.sentry.io/organizations/acme/alerts/rules/details/55/',
      },
    },
  ],
})
