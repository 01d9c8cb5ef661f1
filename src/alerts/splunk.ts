/** Splunk's built-in webhook action. It sends no header and never says that an alert ended. */
import { createHash } from 'node:crypto'
import * as z from 'zod'
import type { Severity } from './canonical'
import { lenientRecord, lenientText } from './lenient'
import { severityOf } from './severity'
import { alertSource, type AlertDraft } from './source'
import { firstText, recordOf, textOf } from './text'

const payload = z.object({
  result: lenientRecord,
  sid: lenientText,
  results_link: lenientText,
  search_name: lenientText,
  search: lenientText,
  owner: lenientText,
  app: lenientText,
  severity: lenientText,
})
type Notification = z.infer<typeof payload>

/** The time of the search and its counter, which change with every run of a saved search. */
const RUN = /_at_\d+_\d+$/
/** Splunk's own scale, from debug (1) to fatal (6). */
const LEVELS = new Map<number, Severity>([
  [6, 'critical'],
  [5, 'critical'],
  [4, 'high'],
  [3, 'medium'],
  [2, 'low'],
  [1, 'low'],
])

function levelOf(word: string | null): Severity {
  return word !== null && /^\d+(?:\.0+)?$/.test(word)
    ? (LEVELS.get(Number(word)) ?? 'unknown')
    : severityOf(word)
}

function draftOf(alert: Notification, groupFields: readonly string[]): AlertDraft {
  const { result } = alert
  const words = [result['severity'], result['urgency'], result['priority'], alert.severity].map((word) =>
    textOf(word),
  )
  const severityRaw = words.find((word) => levelOf(word) !== 'unknown') ?? firstText(...words)
  const search = alert.search_name ?? alert.sid?.replace(RUN, '') ?? null
  const groups = groupFields.flatMap((name) =>
    Object.hasOwn(result, name) ? (textOf(result[name]) ?? []) : [],
  )
  return {
    type: 'alert',
    state: 'firing',
    dedupKey: search === null ? null : [search, ...groups].join('|'),
    title: search,
    severityRaw,
    severity: levelOf(severityRaw),
    labels: labelsOfRow(result),
    startsAt: result['_time'],
    eventTime: result['_time'],
    sourceUrl: alert.results_link,
    sourceAlertId: alert.sid,
    metadata: {
      app: alert.app,
      owner: alert.owner,
      resultsLink: alert.results_link,
      searchQuery: alert.search,
      fields: result,
    },
  }
}

/** The search and the row: an alert that triggers for each result sends one delivery a row, all of them with one `sid`. */
function deliveryKeyOf({ sid, result }: Readonly<Record<string, unknown>>): string | null {
  const search = textOf(sid)
  if (search === null) return null
  const row = createHash('sha256').update(JSON.stringify(recordOf(result)))
  return `${search}|${row.digest('hex').slice(0, 16)}`
}

/** The row without Splunk's internal fields; `app` names a Splunk app, never the service that the alert is about. */
function labelsOfRow(row: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(row).filter(([name]) => !name.startsWith('_') && name !== 'app'))
}

export const splunk = alertSource({
  slug: 'splunk',
  sourceType: 'splunk',
  displayName: 'Splunk',
  scheme: 'token',
  defaultVerification: 'token_only',
  verificationFixed: true,
  aliases: [
    { family: 'A', path: '/splunk/alerts/webhook/{key}' },
    { family: 'C', path: '/api/splunk/alerts' },
  ],
  settings: { autoResolveSeconds: 3600 },
  deliveryKey: ({ body }) => deliveryKeyOf(recordOf(body)),
  instructions: [
    'In Splunk open Settings, then Server settings, then Webhook allow list, and add the address.',
    'Edit the alert, add the trigger action Webhook and enter the address as URL.',
    'Splunk sends no recoveries: an alert that is not seen for an hour resolves by itself.',
  ],
  payload,
  toAlerts: (alert, { settings }) => [draftOf(alert, settings.groupFields)],
  example: {
    result: {
      _time: '1767261760',
      host: 'web-03',
      source: 'nginx-access',
      sourcetype: 'nginx:access',
      service: 'checkout-api',
      env: 'production',
      status: '503',
      count: '412',
      severity: 'high',
    },
    sid: 'scheduler__admin__search__RMD5b1f3_at_1767261760_1432',
    results_link:
      'https://splunk.example.com/app/search/@go?sid=scheduler__admin__search__RMD5b1f3_at_1767261760_1432',
    search_name: 'checkout 5xx burst',
    owner: 'admin',
    app: 'search',
  },
})
