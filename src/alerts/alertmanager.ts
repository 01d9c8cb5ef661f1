/** Prometheus Alertmanager's webhook. A delivery carries the whole group, repeats are by design. */
import { alertGroup, missingAlerts, readAlertGroup } from './grafana'
import { alertSource } from './source'

export const alertmanager = alertSource({
  slug: 'alertmanager',
  sourceType: 'alertmanager',
  displayName: 'Alertmanager',
  scheme: 'token',
  defaultVerification: 'token_only',
  verificationFixed: true,
  payload: alertGroup,
  missingField: missingAlerts,
  toAlerts: readAlertGroup,
  example: {
    version: '4',
    groupKey: '{}:{alertname="KubePodCrashLooping"}',
    truncatedAlerts: 0,
    status: 'firing',
    receiver: 'aurora',
    groupLabels: { alertname: 'KubePodCrashLooping' },
    commonLabels: { alertname: 'KubePodCrashLooping', namespace: 'payments', severity: 'warning' },
    commonAnnotations: { runbook_url: 'https://runbooks.example.com/crashloop' },
    externalURL: 'https://alertmanager.example.com',
    alerts: [
      {
        status: 'firing',
        labels: {
          alertname: 'KubePodCrashLooping',
          namespace: 'payments',
          pod: 'ledger-7c9d',
          container: 'ledger',
          severity: 'warning',
        },
        annotations: { description: 'Pod payments/ledger-7c9d restarted 6 times in 10m' },
        startsAt: '2026-01-01T10:04:00Z',
        endsAt: '0001-01-01T00:00:00Z',
        generatorURL:
          'https://prometheus.example.com/graph?g0.expr=increase(kube_pod_container_status_restarts_total%5B10m%5D)+%3E+5&g0.tab=1',
        fingerprint: '88b86ee52d73e9ca',
      },
    ],
  },
})
