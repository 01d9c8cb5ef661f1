import { createHash } from 'node:crypto'

/** Identity of an alert as Grafana computes it: a hash over its labels. */
const fingerprintOf = (labels) =>
  createHash('sha256').update(JSON.stringify(labels)).digest('hex').slice(0, 16)

/**
 * One item of a Grafana notification.
 * @param {{ alertname: string, service: string, severity: string, summary: string, startsAt: Date, endsAt?: Date,
 *   labels?: Record<string, string>, values?: Record<string, number> }} alert
 */
export function grafanaAlert({
  alertname,
  service,
  severity,
  summary,
  startsAt,
  endsAt,
  labels = {},
  values = {},
}) {
  const all = { alertname, service, severity, env: 'production', ...labels }
  const fingerprint = fingerprintOf(all)
  return {
    status: endsAt ? 'resolved' : 'firing',
    labels: all,
    annotations: { summary, description: summary },
    startsAt: startsAt.toISOString(),
    endsAt: endsAt ? endsAt.toISOString() : '0001-01-01T00:00:00Z',
    values,
    generatorURL: `https://grafana.example.com/alerting/grafana/${fingerprint}/view`,
    fingerprint,
    dashboardURL: `https://grafana.example.com/d/${service}`,
    panelURL: '',
    imageURL: '',
    ruleUID: fingerprint.slice(0, 8),
  }
}

/** A whole notification, as the webhook contact point sends it. */
export function grafanaNotification(alerts) {
  const status = alerts.some((alert) => alert.status === 'firing') ? 'firing' : 'resolved'
  const [first] = alerts
  return {
    receiver: 'aurora',
    status,
    orgId: 1,
    alerts,
    groupLabels: { alertname: first.labels.alertname },
    commonLabels: { env: 'production' },
    commonAnnotations: {},
    externalURL: 'https://grafana.example.com/',
    version: '1',
    groupKey: `{}:{alertname="${first.labels.alertname}"}`,
    truncatedAlerts: 0,
    title: `[${status.toUpperCase()}:${alerts.length}] ${first.labels.alertname}`,
    state: status === 'firing' ? 'alerting' : 'ok',
    message: first.annotations.summary,
  }
}
