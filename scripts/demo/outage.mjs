// One believable outage: deployment 1042 of checkout-api breaks it, and everything that calls it starts to alarm.
import { grafanaAlert, grafanaNotification } from '../lib/grafana.mjs'

const seconds = (n) => n * 1000

/** What calls what: `from` depends on `to`. */
export const edges = [
  { from: 'web-frontend', to: 'checkout-api' },
  { from: 'cart', to: 'checkout-api' },
  { from: 'billing', to: 'checkout-api' },
  { from: 'checkout-api', to: 'payments-db' },
]

/** The outage as it unfolds; every time is derived from when the first alert fired. */
export function outageAt(onset) {
  const at = (offset) => new Date(onset.getTime() + seconds(offset))
  const storm = [
    {
      alertname: 'HighErrorRate',
      service: 'checkout-api',
      severity: 'critical',
      summary: 'checkout-api answers 8.4% of requests with 5xx, above 5% for 2 minutes',
      startsAt: at(0),
      values: { A: 0.084 },
    },
    {
      alertname: 'HighLatencyP95',
      service: 'checkout-api',
      severity: 'warning',
      summary: 'p95 latency of checkout-api is 4.2 s, above 2 s',
      startsAt: at(12),
      values: { A: 4.2 },
    },
    {
      alertname: 'HighErrorRate',
      service: 'web-frontend',
      severity: 'critical',
      summary: 'web-frontend: 6% of page loads fail, upstream checkout-api answers 503',
      startsAt: at(24),
      values: { A: 0.06 },
    },
    {
      alertname: 'CheckoutFailures',
      service: 'cart',
      severity: 'high',
      summary: 'cart: checkout calls fail with 503 Service Unavailable',
      startsAt: at(33),
      values: { A: 117 },
    },
    {
      alertname: 'InvoiceBacklog',
      service: 'billing',
      severity: 'warning',
      summary: 'billing: 340 invoices wait for an order confirmation of checkout-api',
      startsAt: at(45),
      values: { A: 340 },
    },
  ]
  const unrelated = {
    alertname: 'IndexLag',
    service: 'search-indexer',
    severity: 'warning',
    summary: 'search-indexer is 9 minutes behind the product catalogue',
    startsAt: at(38),
    values: { A: 540 },
  }
  const firing = (alert) => grafanaNotification([grafanaAlert(alert)])
  return {
    deployment: {
      kind: 'deployment',
      provider: 'github-actions',
      job: 'deploy/checkout-api',
      build: '1042',
      title: 'Deploy checkout-api 1042: new connection pool settings',
      service: 'checkout-api',
      environment: 'production',
      result: 'SUCCESS',
      commit: '9f2c41ab7d0e',
      branch: 'main',
      repository: 'acme/checkout-api',
      author: 'sam@example.com',
      url: 'https://ci.example.com/deploy/checkout-api/1042',
      startedAt: at(-330).toISOString(),
      finishedAt: at(-240).toISOString(),
    },
    notifications: [
      { say: 'checkout-api: HighErrorRate', body: firing(storm[0]) },
      { say: 'checkout-api: HighLatencyP95', body: firing(storm[1]) },
      { say: 'web-frontend: HighErrorRate', body: firing(storm[2]) },
      { say: 'cart: CheckoutFailures', body: firing(storm[3]) },
      { say: 'search-indexer: IndexLag (has nothing to do with it)', body: firing(unrelated) },
      { say: 'billing: InvoiceBacklog', body: firing(storm[4]) },
    ],
    /** The roll-back worked: every alert of the storm resolves, in one grouped notification. */
    recovery: (now) => grafanaNotification(storm.map((alert) => grafanaAlert({ ...alert, endsAt: now }))),
    services: ['checkout-api', 'web-frontend', 'cart', 'billing'],
  }
}
