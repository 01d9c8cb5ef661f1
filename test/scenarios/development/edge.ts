/** What stands between users and servers: content delivery, firewall, balancers. */

import type { Scenario } from '../scenario'

export const edge: readonly Scenario[] = [
  {
    name: 'the content delivery network fails in Europe',
    story: 'The provider has an incident. The sites behind it are healthy and only see less traffic.',
    cause: 'cdn',
    mechanism: 'external_provider',
    alerts: [
      { service: 'shop-site', title: 'SyntheticCheckFailed', severity: 'critical' },
      { service: 'help-site', title: 'SyntheticCheckFailed', at: 12 },
      { service: 'press-site', title: 'SyntheticCheckFailed', at: 31 },
    ],
    calls: ['shop-site > cdn', 'help-site > cdn', 'press-site > cdn', 'cdn > origin'],
    changes: [{ service: 'help-site', at: -600 }],
    metrics: {
      origin: { request_rate: { usual: 90, noise: 0.1, moves: [[-60, 30]] }, error_ratio: { usual: 0.002 } },
    },
    providers: ['Edgeworld: Elevated errors in Europe'],
  },
  {
    name: 'a firewall rule blocks customers',
    story:
      'A new rule of the firewall takes carts for attacks. The services behind it are idle; only the business numbers fall.',
    cause: 'waf',
    mechanism: ['config_change', 'access_denied'],
    alerts: [
      { service: 'checkout', title: 'ConversionBelowNormal', severity: 'critical' },
      { service: 'login', title: 'LoginsBelowNormal', at: 110 },
    ],
    calls: ['waf > checkout', 'waf > login', 'checkout > payments'],
    changes: [
      { service: 'waf', at: -240, kind: 'config' },
      { service: 'checkout', at: -2700 },
    ],
    metrics: {
      waf: {
        error_ratio: { usual: 0.01, noise: 0.1, moves: [[-210, 0.3, 60]] },
        request_rate: { usual: 500 },
      },
      checkout: {
        request_rate: { usual: 80, noise: 0.08, moves: [[-210, 35, 60]] },
        error_ratio: { usual: 0.002 },
        latency_p95: { usual: 0.3 },
      },
      login: {
        request_rate: { usual: 50, noise: 0.08, moves: [[-210, 24, 60]] },
        error_ratio: { usual: 0.01 },
      },
    },
    logs: { waf: [['blocked by rule <n>: request denied, 403 forbidden', 5200, 40]] },
  },
  {
    name: 'someone empties the cache of the edge',
    story: 'All objects were purged from the edge at once. The origin gets ten times its usual requests.',
    cause: 'edge-cache',
    mechanism: ['config_change', 'traffic_surge'],
    alerts: [
      { service: 'origin-web', title: 'HighCPU' },
      { service: 'origin-db', title: 'SlowQueries', at: 60 },
    ],
    calls: ['edge-cache > origin-web', 'origin-web > origin-db'],
    changes: [
      { service: 'edge-cache', at: -190, kind: 'config' },
      { service: 'origin-web', at: -5800 },
    ],
    metrics: {
      'edge-cache': { latency_p95: { usual: 0.03, moves: [[-170, 1.5, 60]] }, request_rate: { usual: 4000 } },
      'origin-web': {
        request_rate: { usual: 300, noise: 0.08, moves: [[-180, 3100, 30]] },
        cpu: { usual: 2, moves: [[-150, 7.9, 60]] },
        latency_p95: { usual: 0.2, moves: [[-120, 3, 60]] },
      },
      'origin-db': { cpu: { usual: 1, noise: 0.1, moves: [[-120, 5, 60]] } },
    },
  },
  {
    name: 'the database of the origin restarts',
    story:
      'The database failed over by itself. The assets were released two minutes before and have nothing to do with it.',
    cause: 'origin-db',
    mechanism: ['dependency_failure', 'crash_loop'],
    alerts: [
      { service: 'origin-web', title: 'HighErrorRate', severity: 'critical' },
      { service: 'api', title: 'HighErrorRate', at: 5, severity: 'critical' },
      { service: 'account', title: 'HighErrorRate', at: 12 },
    ],
    calls: ['origin-web > origin-db', 'api > origin-db', 'account > origin-db', 'origin-web > assets'],
    changes: [{ service: 'assets', at: -130 }],
    metrics: {
      'origin-db': {
        request_rate: {
          usual: 900,
          noise: 0.06,
          moves: [
            [-40, 0],
            [120, 700],
          ],
        },
        restarts: { usual: 0, moves: [[-30, 1]] },
      },
      'origin-web': {
        error_ratio: {
          usual: 0.002,
          moves: [
            [-40, 0.8],
            [150, 0.1],
          ],
        },
      },
      api: {
        error_ratio: {
          usual: 0.003,
          moves: [
            [-40, 0.7],
            [150, 0.05],
          ],
        },
      },
      account: {
        error_ratio: {
          usual: 0.003,
          moves: [
            [-30, 0.7],
            [150, 0.05],
          ],
        },
      },
      assets: { error_ratio: { usual: 0.001 }, latency_p95: { usual: 0.02 } },
    },
    logs: {
      'origin-web': [['ERROR dial tcp <ip>: connection refused', 640, 0]],
      api: [['ERROR dial tcp <ip>: connection refused', 900, 0]],
      'origin-db': [['FATAL terminating connection due to administrator command', 300, 0]],
    },
  },
  {
    name: 'the balancer blames everybody',
    story:
      'One back end, profile, lost its storage mount. The balancer in front counts errors of all routes and alerts before profile does, louder.',
    cause: 'profile',
    alerts: [
      { service: 'balancer', title: 'ErrorsAbove5Percent', severity: 'critical' },
      { service: 'balancer', title: 'HealthCheckFailing', at: 20, severity: 'critical' },
      { service: 'balancer', title: 'SLOBurnFast', at: 60, severity: 'critical' },
      { service: 'profile', title: 'ErrorsAbove5Percent', at: 150, severity: 'medium' },
    ],
    calls: ['balancer > profile', 'balancer > timeline', 'balancer > photos'],
    changes: [{ service: 'balancer', at: -6000 }],
    metrics: {
      balancer: {
        error_ratio: { usual: 0.004, noise: 0.1, moves: [[-90, 0.15]] },
        latency_p95: { usual: 0.2 },
      },
      profile: { error_ratio: { usual: 0.002, moves: [[-100, 0.6]] }, latency_p95: { usual: 0.09 } },
      timeline: { error_ratio: { usual: 0.002 }, latency_p95: { usual: 0.3, noise: 0.12 } },
      photos: { error_ratio: { usual: 0.01, noise: 0.3 } },
    },
    logs: { profile: [['ERROR stat /mnt/avatars: stale file handle', 230, 0]] },
  },
]
