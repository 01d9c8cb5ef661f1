/** Grafana's unified alerting webhook. Its reader also serves Prometheus Alertmanager, whose format it extends. */
import * as z from 'zod'
import { labelFingerprint } from './fingerprint'
import { lenientRecord, lenientText, lenientValue } from './lenient'
import { alertSource, type AlertDraft, type BadItem, type SourceContext } from './source'
import { firstText, isRecord, textOf } from './text'

const alertSchema = z.object({
  status: lenientText,
  labels: lenientRecord,
  annotations: lenientRecord,
  startsAt: lenientValue,
  endsAt: lenientValue,
  values: lenientValue,
  generatorURL: lenientText,
  fingerprint: lenientText,
  silenceURL: lenientText,
  dashboardURL: lenientText,
  panelURL: lenientText,
  imageURL: lenientText,
  ruleUID: lenientText,
})
type GroupedAlert = z.infer<typeof alertSchema>

/** A group of alerts as Grafana and Alertmanager send it. */
export const alertGroup = z.object({
  alerts: z.array(z.unknown()),
  status: lenientText,
  commonLabels: lenientRecord,
  commonAnnotations: lenientRecord,
  truncatedAlerts: lenientText,
  title: lenientText,
  message: lenientText,
})
type AlertGroup = z.infer<typeof alertGroup>

/** One draft per alert of the group. */
export function readAlertGroup(group: AlertGroup, { settings }: SourceContext): (AlertDraft | BadItem)[] {
  return group.alerts.map((item) =>
    isRecord(item)
      ? draftOf(alertSchema.parse(item), group, settings.dropLabels)
      : { type: 'error', message: 'alert is not an object' },
  )
}

/** The field that both senders must send. */
export const missingAlerts = (body: unknown): string | null =>
  isRecord(body) && Array.isArray(body['alerts']) ? null : 'alerts'

function draftOf(alert: GroupedAlert, group: AlertGroup, dropLabels: readonly string[]): AlertDraft {
  const labels = textsOf({ ...group.commonLabels, ...alert.labels })
  const annotations = textsOf({ ...group.commonAnnotations, ...alert.annotations })
  const name = labels['alertname'] ?? null
  const resolved = statusOf(alert.status, group.status) === 'resolved'
  const test = name === 'TestAlert' && labels['instance'] === 'Grafana'
  const nothingSeen = name === 'DatasourceNoData' || name === 'DatasourceError'
  const fingerprint = alert.fingerprint ?? labelFingerprint(labels, dropLabels)
  const truncated = Number(group.truncatedAlerts ?? 0)
  return {
    type: 'alert',
    state: test ? 'info' : resolved ? 'resolved' : 'firing',
    test,
    dedupKey: fingerprint,
    title: firstText(name, group.title),
    description: firstText(annotations['description'], annotations['summary'], group.message),
    severityRaw: firstText(labels['severity'], labels['priority']),
    labels: nothingSeen ? { aurora_nodata: 'true', ...labels } : labels,
    startsAt: alert.startsAt,
    endsAt: alert.endsAt,
    eventTime: resolved ? alert.endsAt : alert.startsAt,
    sourceUrl: alert.generatorURL,
    dashboardUrl: alert.dashboardURL,
    runbookUrl: annotations['runbook_url'],
    sourceAlertId: alert.ruleUID ?? fingerprint,
    metadata: {
      alertUrl: alert.generatorURL,
      dashboardUrl: alert.dashboardURL,
      panelUrl: alert.panelURL,
      labels,
      summary: annotations['summary'],
      description: annotations['description'],
      runbookUrl: annotations['runbook_url'],
      values: alert.values,
      imageUrl: alert.imageURL,
      silenceUrl: alert.silenceURL,
      fingerprint,
      ruleUID: alert.ruleUID,
      query: queryOf(alert.generatorURL),
      truncatedAlerts: truncated > 0 ? truncated : null,
    },
  }
}

const STATUSES = new Set(['firing', 'resolved'])

function statusOf(...statuses: readonly (string | null)[]): string {
  const known = statuses.map((status) => status?.toLowerCase() ?? '').find((status) => STATUSES.has(status))
  return known ?? 'firing'
}

/** The expression inside a link to the Prometheus graph page. */
function queryOf(generatorUrl: string | null): string | null {
  return generatorUrl === null ? null : (URL.parse(generatorUrl)?.searchParams.get('g0.expr') ?? null)
}

/** Members as texts, without the absent ones: an empty label counts as no label. */
function textsOf(record: Readonly<Record<string, unknown>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(record).flatMap(([name, value]) => {
      const text = textOf(value)
      return text === null ? [] : [[name, text] as const]
    }),
  )
}

export const grafana = alertSource({
  slug: 'grafana',
  sourceType: 'grafana',
  displayName: 'Grafana',
  scheme: 'grafana',
  defaultVerification: 'if_configured',
  extraMethods: ['PUT'],
  aliases: [
    { family: 'A', path: '/grafana/alerts/webhook/{key}' },
    { family: 'C', path: '/api/grafana/alerts' },
    { family: 'D', path: '/api/grafana/webhook' },
  ],
  payload: alertGroup,
  missingField: missingAlerts,
  toAlerts: readAlertGroup,
  example: {
    receiver: 'aurora',
    status: 'firing',
    orgId: 1,
    alerts: [
      {
        status: 'firing',
        labels: {
          alertname: 'HighErrorRate',
          service: 'checkout-api',
          severity: 'critical',
          env: 'production',
          cluster: 'eu-1',
        },
        annotations: {
          summary: '5xx ratio above 5% for 10m',
          description: 'checkout-api 5xx ratio is 8.4%',
          runbook_url: 'https://runbooks.example.com/checkout-5xx',
        },
        startsAt: '2026-01-01T10:02:30Z',
        endsAt: '0001-01-01T00:00:00Z',
        values: { A: 0.084, C: 1 },
        valueString: "[ var='A' labels={service=checkout-api} value=0.084 ]",
        generatorURL: 'https://grafana.example.com/alerting/grafana/ae3kq/view?orgId=1',
        fingerprint: 'b3c1a9f0d2e4c6a8',
        silenceURL:
          'https://grafana.example.com/alerting/silence/new?alertmanager=grafana&matcher=alertname%3DHighErrorRate',
        dashboardURL: 'https://grafana.example.com/d/chk?orgId=1',
        panelURL: 'https://grafana.example.com/d/chk?orgId=1&viewPanel=4',
        imageURL: '',
        ruleUID: 'ae3kq',
      },
    ],
    groupLabels: { alertname: 'HighErrorRate' },
    commonLabels: { alertname: 'HighErrorRate', env: 'production' },
    commonAnnotations: { summary: '5xx ratio above 5% for 10m' },
    externalURL: 'https://grafana.example.com/',
    version: '1',
    groupKey: '{}:{alertname="HighErrorRate"}',
    truncatedAlerts: 0,
    title: '[FIRING:1] HighErrorRate (checkout-api production)',
    state: 'alerting',
    message: '**Firing** 5xx ratio above 5%',
  },
})
