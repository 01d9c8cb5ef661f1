/** One large application, its database, a cache and a load balancer. */

import type { Scenario } from '../scenario'

const STACK = ['loadbalancer > app', 'app > postgres-main', 'app > memcached', 'jobs > postgres-main']

export const monolith: readonly Scenario[] = [
  {
    name: 'a release that leaks connections',
    story:
      'The release of 90 minutes ago does not return connections on one code path. Now the pool is empty; the database only counts what it is asked for.',
    cause: 'app',
    mechanism: 'pool_exhaustion',
    alerts: [
      { service: 'app', title: 'HighErrorRate', severity: 'critical' },
      { service: 'postgres-main', title: 'ConnectionsAbove90Percent', at: 30 },
    ],
    calls: STACK,
    changes: [{ service: 'app', at: -5400 }],
    metrics: {
      app: {
        error_ratio: { usual: 0.003, moves: [[-60, 0.5, 60]] },
        latency_p95: { usual: 0.4, moves: [[-90, 9, 60]] },
      },
      'postgres-main': { cpu: { usual: 2.1, noise: 0.1 }, latency_p95: { usual: 0.01, noise: 0.1 } },
    },
    logs: {
      app: [['ERROR timeout acquiring a connection from the pool after <n>', 900, 3]],
      'postgres-main': [['LOG checkpoint complete: wrote <n> buffers', 9, 9]],
    },
  },
  {
    name: 'the disk of the database runs full',
    story:
      'An abandoned replication slot kept the write-ahead log. The database warned, nobody looked; ten minutes later it stopped writing.',
    cause: 'postgres-main',
    mechanism: 'disk_full',
    alerts: [
      { service: 'postgres-main', title: 'VolumeAlmostFull', severity: 'medium' },
      { service: 'app', title: 'HighErrorRate', at: 600, severity: 'critical' },
      { service: 'jobs', title: 'JobFailures', at: 640 },
      { service: 'loadbalancer', title: 'BackendErrors', at: 655, severity: 'critical' },
    ],
    calls: STACK,
    changes: [{ service: 'app', at: -1500 }],
    metrics: {
      app: { error_ratio: { usual: 0.003, moves: [[540, 0.9]] }, latency_p95: { usual: 0.4 } },
      jobs: { error_ratio: { usual: 0.02, noise: 0.3, moves: [[560, 1]] } },
    },
    logs: {
      'postgres-main': [
        ['PANIC could not write to file pg_wal/xlogtemp.<n>: No space left on device', 44, 0],
      ],
      app: [['ERROR could not connect to server: connection refused', 700, 0]],
    },
  },
  {
    name: 'a migration locks the busiest table',
    story:
      'A schema migration waits for an exclusive lock on orders, and everything waits behind it. Memcached was restarted for a patch half an hour before.',
    cause: 'postgres-main',
    mechanism: ['data_lock', 'bad_change'],
    alerts: [
      { service: 'loadbalancer', title: 'QueueGrowing' },
      { service: 'app', title: 'SlowRequests', at: 20, severity: 'critical' },
      { service: 'jobs', title: 'JobsOverdue', at: 160 },
    ],
    calls: STACK,
    changes: [
      { service: 'postgres-main', at: -95, kind: 'other' },
      { service: 'memcached', at: -1800, kind: 'infrastructure' },
    ],
    metrics: {
      app: {
        latency_p95: { usual: 0.4, moves: [[-60, 12, 60]] },
        request_rate: { usual: 210, noise: 0.08, moves: [[0, 120]] },
      },
      'postgres-main': {
        latency_p95: { usual: 0.01, noise: 0.1, moves: [[-80, 9]] },
        cpu: { usual: 2.1, noise: 0.1, moves: [[-60, 0.9]] },
      },
      memcached: { latency_p95: { usual: 0.001 }, cpu: { usual: 0.4 } },
    },
    logs: {
      'postgres-main': [
        ['ERROR canceling statement due to lock timeout, lock wait timeout on orders', 120, 0],
      ],
    },
  },
  {
    name: 'a client certificate expired at midnight',
    story:
      'The certificate with which the application identifies itself to the bank expired. The last release is 50 minutes old and harmless.',
    cause: 'app',
    mechanism: 'certificate',
    alerts: [{ service: 'app', title: 'PaymentFailures', severity: 'critical' }],
    calls: STACK,
    changes: [{ service: 'app', at: -3000 }],
    metrics: {
      app: { error_ratio: { usual: 0.003, moves: [[-120, 0.08]] }, latency_p95: { usual: 0.4 } },
      'postgres-main': { latency_p95: { usual: 0.01, noise: 0.1 } },
    },
    logs: { app: [['ERROR POST <url> failed: x509: certificate has expired or is not yet valid', 85, 0]] },
  },
  {
    name: 'the daily peak looks like trouble',
    story: 'CPU rises every lunch time. The threshold is too low, users notice nothing, the alert goes away.',
    cause: 'nobody',
    alerts: [{ service: 'app', title: 'CPUAbove70Percent', severity: 'medium', until: 420 }],
    calls: STACK,
    changes: [{ service: 'jobs', at: -5200 }],
    metrics: {
      app: {
        cpu: { usual: 5, noise: 0.06, wave: [0.25, 2400] },
        error_ratio: { usual: 0.003 },
        latency_p95: { usual: 0.4, noise: 0.08, wave: [0.1, 2400] },
        request_rate: { usual: 210, wave: [0.2, 2400] },
      },
    },
  },
  {
    name: 'a television advertisement',
    story: 'Twelve times the usual visitors within two minutes. The last release was in the morning.',
    cause: 'app',
    mechanism: 'traffic_surge',
    alerts: [
      { service: 'loadbalancer', title: 'QueueGrowing', severity: 'critical' },
      { service: 'app', title: 'SlowRequests', at: 20 },
    ],
    calls: STACK,
    changes: [{ service: 'app', at: -6900 }],
    metrics: {
      loadbalancer: { request_rate: { usual: 205, noise: 0.07, moves: [[-240, 2500, 120]] } },
      app: {
        request_rate: { usual: 200, noise: 0.07, moves: [[-240, 2400, 120]] },
        cpu: { usual: 5, moves: [[-180, 15.8, 60]] },
        latency_p95: { usual: 0.4, moves: [[-150, 6, 120]] },
        error_ratio: { usual: 0.003, moves: [[-60, 0.3, 60]] },
      },
      'postgres-main': { cpu: { usual: 2.1, noise: 0.1, moves: [[-120, 4.4, 120]] } },
    },
  },
  {
    name: 'a failover that is over before anyone is paged',
    story:
      'The database failed over within two minutes. Since then the pool of the application is full of dead connections, and the rule waits for five minutes before it pages.',
    cause: 'postgres-main',
    alerts: [
      { service: 'app', title: 'HighErrorRate', severity: 'critical' },
      { service: 'loadbalancer', title: 'BackendErrors', at: 40 },
    ],
    calls: STACK,
    metrics: {
      loadbalancer: { error_ratio: { usual: 0.002, moves: [[-300, 0.25]] } },
      app: { error_ratio: { usual: 0.003, moves: [[-330, 0.35]] }, latency_p95: { usual: 0.2 } },
      'postgres-main': {
        error_ratio: {
          usual: 0.001,
          moves: [
            [-360, 0.9],
            [-270, 0.001],
          ],
        },
        latency_p95: { usual: 0.01 },
      },
      memcached: { latency_p95: { usual: 0.001 } },
    },
  },
  {
    name: 'a cache that was restarted and is well again',
    story:
      'Memcached was restarted for a patch; its errors were over after four minutes. Ten minutes later a report that somebody started by hand burns the database.',
    cause: 'postgres-main',
    alerts: [{ service: 'app', title: 'SlowResponses' }],
    calls: STACK,
    metrics: {
      app: { latency_p95: { usual: 0.2, moves: [[-200, 1.4]] }, error_ratio: { usual: 0.003 } },
      memcached: {
        error_ratio: {
          usual: 0.001,
          moves: [
            [-1100, 0.6],
            [-860, 0.001],
          ],
        },
        latency_p95: { usual: 0.001 },
      },
      'postgres-main': {
        latency_p95: { usual: 0.01, moves: [[-240, 0.4]] },
        cpu: { usual: 2, moves: [[-240, 7.5]] },
      },
    },
  },
]
