/** Alerts without an outage, and outages about which the evidence does not tell enough. */

import type { Scenario } from '../scenario'

export const monitoring: readonly Scenario[] = [
  {
    name: 'a test of the alerting',
    story: 'Someone pressed the button that sends a test alert.',
    cause: 'nobody',
    mechanism: 'monitoring_artifact',
    alerts: [{ service: 'payments', title: 'TestAlert', labels: { aurora_test: 'true' } }],
    calls: ['checkout > payments'],
    changes: [{ service: 'payments', at: -300 }],
  },
  {
    name: 'no data after a restart of the monitoring',
    story: 'The monitoring was restarted and asked too early. All alerts say that there is no data.',
    cause: 'nobody',
    mechanism: 'monitoring_artifact',
    alerts: ['orders', 'users', 'mailer'].map((service, index) => ({
      service,
      title: `${service} (no data)`,
      at: index * 2,
      labels: { aurora_nodata: 'true' },
    })),
    calls: ['orders > users'],
  },
  {
    name: 'an alert at its threshold',
    story: 'The latency of the wiki hovers around its threshold. Users notice nothing.',
    cause: 'nobody',
    mechanism: 'monitoring_artifact',
    alerts: [{ service: 'wiki', title: 'LatencyHigh', severity: 'low', flaps: 6, until: 700 }],
    metrics: {
      wiki: { latency_p95: { usual: 0.8, noise: 0.12 }, error_ratio: { usual: 0.002, noise: 0.3 } },
    },
    changes: [{ service: 'wiki', at: -90_000 }],
  },
  {
    name: 'two things at once',
    story:
      'The wiki runs out of licences while the payment provider is slow. Neither has to do with the other.',
    cause: 'nobody',
    alerts: [
      { service: 'wiki', title: 'SeatsUsedUp' },
      { service: 'payments', title: 'ProviderSlow', at: 25 },
    ],
    calls: ['checkout > payments', 'wiki > sso'],
    changes: [{ service: 'newsletter', at: -400 }],
    metrics: {
      payments: { latency_p95: { usual: 0.3, moves: [[-60, 2]] } },
      sso: { latency_p95: { usual: 0.05 } },
    },
  },
  {
    name: 'one alert and nothing else',
    story: 'Nothing is connected yet. Nobody can know.',
    cause: 'nobody',
    alerts: [{ service: 'warehouse-sync', title: 'SyncFailed', severity: 'critical' }],
  },
  {
    name: 'a threshold that is too tight',
    story: 'Two slow requests of an export tipped the average. The service is well, and the alert goes away.',
    cause: 'nobody',
    alerts: [{ service: 'export', title: 'AverageLatencyHigh', severity: 'low', until: 180 }],
    calls: ['portal > export', 'export > object-store'],
    changes: [{ service: 'export', at: -4800 }],
    metrics: {
      export: {
        latency_p95: { usual: 3, noise: 0.25 },
        error_ratio: { usual: 0.01, noise: 0.4 },
        cpu: { usual: 1, noise: 0.2 },
      },
      'object-store': { latency_p95: { usual: 0.05, noise: 0.15 } },
      portal: { error_ratio: { usual: 0.003 }, latency_p95: { usual: 0.4, noise: 0.1 } },
    },
    logs: { export: [['WARN slow query took <n>', 3, 2]] },
  },
  {
    name: 'the scraper lost its way',
    story: 'A network policy cut the monitoring off. All targets are down to it, none is to its users.',
    cause: 'nobody',
    alerts: ['orders', 'users', 'mailer', 'stock', 'prices'].map((service, index) => ({
      service,
      title: 'TargetDown',
      at: index,
      severity: 'critical',
    })),
    metrics: {
      orders: { error_ratio: { usual: 0.002, ends: -30 }, latency_p95: { usual: 0.1, ends: -30 } },
      users: { error_ratio: { usual: 0.001, ends: -30 } },
      stock: { latency_p95: { usual: 0.2, ends: -30 } },
    },
  },
  {
    name: 'alerts that name no service',
    story: 'The old monitoring knows hosts only, and nobody has mapped them.',
    cause: 'nobody',
    alerts: [
      { service: null, title: 'Load above 20 on vm-114', host: 'vm-114' },
      { service: null, title: 'Ping loss 30 % on vm-115', at: 60, host: 'vm-115' },
    ],
    changes: [{ service: 'intranet', at: -500 }],
  },
  {
    name: 'the metrics are gone with the outage',
    story:
      'The room that burns holds the metrics, too. What is left is an alert of checkout and a release of the newsletter.',
    cause: 'nobody',
    alerts: [{ service: 'checkout', title: 'ProbeFailed', severity: 'critical' }],
    calls: ['checkout > payments', 'newsletter > mailer'],
    changes: [{ service: 'newsletter', at: -200 }],
    failed: ['prometheus_service_metrics', 'loki_service_logs'],
  },
  {
    name: 'a release of a service that only listens',
    story:
      'Analytics, which reads what checkout sends, was released a minute before checkout lost its payment provider. Nothing that is connected shows the provider.',
    cause: 'nobody',
    alerts: [{ service: 'checkout', title: 'PaymentsFailing', severity: 'critical' }],
    calls: ['analytics > checkout', 'dashboard > analytics'],
    changes: [{ service: 'analytics', at: -60 }],
  },
]
