/** Netdata Cloud: flat alerts, flat reachability notes, and the nested form of its newer agents. */
import * as z from 'zod'
import { lenientRecord, lenientText, lenientValue } from './lenient'
import { alertSource, type AlertDraft } from './source'
import { firstText, recordOf, textOf } from './text'

const payload = z.object({
  message: lenientText,
  /** A name, or the whole alert. */
  alert: lenientValue,
  title: lenientText,
  token: lenientText,
  info: lenientText,
  chart: lenientText,
  context: lenientText,
  /** A name, or `{name, slug}`. */
  space: lenientValue,
  room: lenientValue,
  Rooms: lenientValue,
  rooms: lenientValue,
  severity: lenientText,
  status: lenientValue,
  date: lenientValue,
  when: lenientValue,
  duration: lenientText,
  value: lenientValue,
  additional_active_critical_alerts: lenientValue,
  additional_active_warning_alerts: lenientValue,
  alert_url: lenientText,
  url: lenientText,
  host: lenientText,
  node: lenientRecord,
  labels: lenientRecord,
  host_labels: lenientRecord,
})
type Notification = z.infer<typeof payload>

const RECOVERED = new Set(['clear', 'cleared', 'removed'])
/** A word of host name characters; without a digit, dash or dot it could be any word. */
const HOST = /^(?=[^\s]*[\d.-])[a-z0-9](?:[a-z0-9_.-]{0,251}[a-z0-9])?$/i

/** What the three shapes say, read alike. */
function factsOf(body: Notification) {
  const nested = recordOf(body.alert)
  const state = recordOf(nested['state'])
  const { reachable } = recordOf(body.status)
  const firstWord = body.message?.split(/\s/, 1)[0] ?? ''
  return {
    nested,
    state,
    reachable: typeof reachable === 'boolean' ? reachable : null,
    name: firstText(nested['name'], typeof body.alert === 'string' ? body.alert : null),
    host: firstText(
      body.node['hostname'],
      body.node['name'],
      body.host,
      HOST.test(firstWord) ? firstWord : null,
    ),
    space: nameOf(body.space),
    chart: firstText(recordOf(nested['chart'])['id'], nested['chart'], body.chart),
    word: firstText(body.severity, state['status'], typeof body.status === 'string' ? body.status : null),
  }
}

function draftOf(body: Notification): AlertDraft {
  const { nested, state, reachable, name, host, space, chart, word } = factsOf(body)
  const rendered = recordOf(nested['rendered'])
  const condition = name ?? (reachable === null ? null : 'reachability')
  const resolved = reachable === true || RECOVERED.has(word?.toLowerCase() ?? '')
  const url = firstText(body.alert_url, nested['url'], body.url)
  const at = firstText(body.date, body.when)
  const test = body.token !== null || isTestTitle(body)
  return {
    type: 'alert',
    state: test ? 'info' : resolved ? 'resolved' : 'firing',
    test,
    dedupKey:
      condition === null ? (test ? 'test' : null) : [space, host, condition, chart].map(orEmpty).join('|'),
    title: firstText(name, body.message, body.title),
    description: firstText(body.message, body.info, rendered['info'], rendered['summary']),
    severityRaw: word,
    labels: { ...recordOf(body.node['labels']), ...body.host_labels, ...body.labels },
    vendorService: [host],
    vendorHost: [host],
    startsAt: resolved ? null : at,
    endsAt: resolved ? at : null,
    eventTime: at,
    sourceUrl: url,
    sourceAlertId: condition,
    metadata: {
      alertUrl: url,
      chart,
      context: firstText(body.context, nested['context']),
      duration: firstText(body.duration, recordOf(nested['duration'])['value_str']),
      room: roomOf(body),
      space,
      value: state['value_str'] ?? state['value'] ?? body.value,
      additionalCriticalAlerts: body.additional_active_critical_alerts,
      additionalWarningAlerts: body.additional_active_warning_alerts,
    },
  }
}

const orEmpty = (part: string | null): string => part ?? ''
const isTestTitle = (body: Notification): boolean =>
  [body.title, body.message, textOf(body.alert)].some((text) => text?.toLowerCase() === 'test notification')

function nameOf(value: unknown): string | null {
  const record = recordOf(value)
  return firstText(record['name'], record['slug'], typeof value === 'string' ? value : null)
}

function roomOf(body: Notification): string | null {
  const listed = [body.Rooms, body.rooms].find(Array.isArray)
  return nameOf(listed?.[0] ?? body.room)
}

export const netdata = alertSource({
  slug: 'netdata',
  sourceType: 'netdata',
  displayName: 'Netdata',
  scheme: 'token',
  defaultVerification: 'token_only',
  verificationFixed: true,
  aliases: [
    { family: 'A', path: '/netdata/alerts/webhook/{key}' },
    { family: 'C', path: '/api/netdata/alerts' },
  ],
  verificationToken: (body) => textOf(recordOf(body)['token'], 200),
  instructions: [
    'In Netdata Cloud open Space settings, then Alerts & Notifications, and add a Webhook integration.',
    'Enter the address as webhook URL; no further authentication is needed.',
    'Send the test notification: the token in it is then shown here and can be entered in Netdata Cloud.',
  ],
  payload,
  toAlerts: (body) => [draftOf(body)],
  example: {
    message: 'web-03 disk space utilization on /var is critical',
    alert: 'disk_space_usage',
    info: 'Total space utilization of disk /var',
    chart: 'disk_space._var',
    context: 'disk.space',
    space: 'acme',
    Rooms: [{ name: 'production', url: 'https://app.netdata.cloud/spaces/acme/rooms/production' }],
    family: '/var',
    class: 'Utilization',
    severity: 'critical',
    date: '2026-01-01T10:03:11Z',
    duration: '5m12s',
    additional_active_critical_alerts: 1,
    additional_active_warning_alerts: 3,
    alert_url: 'https://app.netdata.cloud/spaces/acme/alerts/4711',
  },
  otherExamples: [
    {
      message: 'web-03 is unreachable',
      url: 'https://app.netdata.cloud/spaces/acme/nodes/n-7',
      host: 'web-03',
      severity: 'critical',
      status: { reachable: false, text: 'unreachable' },
    },
    {
      alert: {
        name: 'disk_space_usage',
        state: { status: 'WARNING', value: 91.2, value_str: '91.2%' },
        chart: { id: 'disk_space._var', name: 'disk_space./var' },
        rendered: { info: 'Total space utilization of disk /var', summary: 'Disk /var' },
        duration: { value: 312, value_str: '5m12s' },
        config: { classification: 'Utilization' },
        url: 'https://app.netdata.cloud/spaces/acme/alerts/4711',
        context: 'disk.space',
      },
      node: { hostname: 'web-03' },
      space: { name: 'acme', slug: 'acme' },
      when: '2026-01-01T10:03:11Z',
    },
  ],
})
