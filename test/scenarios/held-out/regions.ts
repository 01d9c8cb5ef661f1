/** The same services in two regions, with what connects them. */

import type { Scenario } from '../scenario'

const REGIONS = [
  'traffic-manager > us-gateway',
  'traffic-manager > eu-gateway',
  'us-gateway > us-orders',
  'us-orders > us-db',
  'us-gateway > us-search',
  'eu-gateway > eu-orders',
  'eu-gateway > eu-users',
  'eu-orders > eu-db',
  'eu-db > us-db',
]

export const regions: readonly Scenario[] = [
  {
    name: 'a link between zones loses packets',
    story: 'One transit link drops packets. It belongs to another team, which has metrics but no alerts.',
    cause: 'eu-transit',
    mechanism: 'network_failure',
    alerts: [
      { service: 'eu-orders', title: 'Timeouts', severity: 'critical' },
      { service: 'eu-users', title: 'Timeouts', at: 5 },
      { service: 'eu-gateway', title: 'ErrorBudgetBurn', at: 10, severity: 'critical' },
    ],
    calls: [...REGIONS, 'eu-orders > eu-transit', 'eu-users > eu-transit', 'eu-gateway > eu-transit'],
    changes: [{ service: 'eu-users', at: -1900 }],
    metrics: {
      'eu-transit': { error_ratio: { usual: 0.0002, noise: 0.3, moves: [[-90, 0.3]] } },
      'eu-orders': {
        latency_p95: { usual: 0.1, moves: [[-60, 3]] },
        error_ratio: { usual: 0.002, moves: [[-60, 0.2]] },
      },
      'eu-users': { latency_p95: { usual: 0.06, moves: [[-60, 2.5]] } },
      'eu-gateway': { error_ratio: { usual: 0.004, moves: [[-30, 0.2]] } },
    },
    logs: {
      'eu-transit': [['WARN interface <str>: packet loss <n>, error counters rising', 60, 0]],
      'eu-orders': [['ERROR read tcp <ip>: i/o timeout', 800, 2]],
    },
  },
  {
    name: 'all traffic goes to one region',
    story: 'A wrong weight in the traffic manager sends everybody to the United States.',
    cause: 'traffic-manager',
    mechanism: ['config_change', 'traffic_surge'],
    alerts: [
      { service: 'us-gateway', title: 'Saturated', severity: 'critical' },
      { service: 'us-orders', title: 'SlowAnswers', at: 60 },
      { service: 'us-db', title: 'HighCPU', at: 90 },
    ],
    calls: REGIONS,
    changes: [
      { service: 'traffic-manager', at: -150, kind: 'config' },
      { service: 'us-search', at: -900 },
    ],
    metrics: {
      'us-gateway': {
        request_rate: { usual: 800, moves: [[-120, 2100, 60]] },
        latency_p95: { usual: 0.1, moves: [[-60, 2, 60]] },
      },
      'us-orders': {
        request_rate: { usual: 200, moves: [[-120, 520, 60]] },
        latency_p95: { usual: 0.1, moves: [[-30, 1, 60]] },
      },
      'us-db': { cpu: { usual: 4, moves: [[-60, 11, 60]] } },
      'eu-gateway': { request_rate: { usual: 1300, moves: [[-120, 3, 60]] } },
    },
  },
  {
    name: 'a replica falls behind',
    story: 'The copy of the database in Europe lags. Only staging was released.',
    cause: 'eu-db',
    mechanism: 'data_lock',
    alerts: [{ service: 'eu-orders', title: 'OrdersNotFound', severity: 'critical' }],
    calls: REGIONS,
    changes: [{ service: 'eu-orders', at: -250, environment: 'staging' }],
    metrics: {
      'eu-orders': { error_ratio: { usual: 0.002, moves: [[-60, 0.12]] }, latency_p95: { usual: 0.1 } },
      'eu-db': { latency_p95: { usual: 0.004, moves: [[-240, 0.05, 120]] }, cpu: { usual: 3, noise: 0.1 } },
      'us-db': { cpu: { usual: 4 }, latency_p95: { usual: 0.004 } },
    },
    logs: { 'eu-db': [['ERROR replication lag is <n>, reads refused', 300, 0]] },
  },
  {
    name: 'a release by a clock that is ahead',
    story:
      'The build server’s clock is ahead by three minutes, so a release seems to end after the first alert. No metrics are connected.',
    cause: 'us-orders',
    mechanism: 'bad_change',
    alerts: [
      { service: 'us-orders', title: 'ErrorRate', severity: 'critical' },
      { service: 'us-gateway', title: 'ErrorRate', at: 40 },
      { service: 'traffic-manager', title: 'RegionUnhealthy', at: 100, severity: 'critical' },
    ],
    calls: REGIONS,
    changes: [{ service: 'us-orders', at: 100 }],
  },
  {
    name: 'one outage in each region',
    story: 'A cable is cut in Europe while a disk dies in the United States. Only alerts are known.',
    cause: 'nobody',
    alerts: [
      { service: 'us-db', title: 'VolumeDegraded', severity: 'critical' },
      { service: 'eu-users', title: 'Unreachable', at: 20, severity: 'critical' },
    ],
    calls: REGIONS,
    changes: [{ service: 'us-search', at: -5000 }],
  },
  {
    name: 'one query burns the processors',
    story:
      'A crawler asks the search for ever deeper pages: no more requests than before, each a hundred times as dear.',
    cause: 'us-search',
    mechanism: 'cpu_saturation',
    alerts: [
      { service: 'us-search', title: 'LatencyHigh' },
      { service: 'us-gateway', title: 'SlowAnswers', at: 35 },
    ],
    calls: REGIONS,
    changes: [{ service: 'eu-users', at: -500 }],
    metrics: {
      'us-search': {
        cpu: { usual: 3, noise: 0.08, moves: [[-300, 15.5, 120]] },
        latency_p95: { usual: 0.2, noise: 0.1, moves: [[-200, 5, 120]] },
        request_rate: { usual: 90, noise: 0.1 },
      },
      'us-gateway': { latency_p95: { usual: 0.1, moves: [[-120, 0.9, 120]] } },
    },
  },
  {
    name: 'a drill of the region',
    story: 'The operators rehearse the failover with marked test alerts.',
    cause: 'nobody',
    mechanism: 'monitoring_artifact',
    alerts: [
      { service: 'eu-gateway', title: 'TestAlert region down', severity: 'critical' },
      { service: 'eu-orders', title: 'TestAlert region down', at: 3, severity: 'critical' },
    ],
    calls: REGIONS,
  },
]
