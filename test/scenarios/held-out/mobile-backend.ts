/** What the phones talk to: a gateway, many small services, vendors behind them. */

import type { Scenario } from '../scenario'

const PHONES = [
  'mobile-gateway > session-service',
  'mobile-gateway > chat',
  'mobile-gateway > rides',
  'rides > maps-proxy',
  'rides > session-service',
  'chat > chat-db',
  'presence > chat-db',
  'chat > push-sender',
  'session-service > user-db',
]

export const mobileBackend: readonly Scenario[] = [
  {
    name: 'the symptom was changed last',
    story:
      'A release of the session service drops sessions. A flag of the gateway, where it shows first, was set one minute before the alerts.',
    cause: 'session-service',
    mechanism: 'bad_change',
    alerts: [
      { service: 'mobile-gateway', title: 'AppErrorsHigh', severity: 'critical' },
      { service: 'rides', title: 'BookingFailures', at: 35 },
      { service: 'session-service', title: 'ErrorRate', at: 180, severity: 'medium' },
    ],
    calls: PHONES,
    changes: [
      { service: 'session-service', at: -600 },
      { service: 'mobile-gateway', at: -60, kind: 'flag' },
    ],
    metrics: {
      'session-service': {
        error_ratio: { usual: 0.002, moves: [[-540, 0.3, 300]] },
        latency_p95: { usual: 0.03, gaps: 0.2 },
      },
      'mobile-gateway': { error_ratio: { usual: 0.006, noise: 0.1, moves: [[-420, 0.22, 360]] } },
      rides: { error_ratio: { usual: 0.004, moves: [[-400, 0.15, 300]] } },
      'user-db': { latency_p95: { usual: 0.004 } },
    },
  },
  {
    name: 'the maps vendor limits us',
    story: 'A campaign brought more riders than the contract with the maps vendor allows per second.',
    cause: 'maps-proxy',
    mechanism: 'quota',
    alerts: [
      { service: 'rides', title: 'NoRouteFound', severity: 'critical' },
      { service: 'maps-proxy', title: 'UpstreamErrors', at: 60 },
    ],
    calls: PHONES,
    changes: [{ service: 'chat', at: -800 }],
    metrics: {
      'maps-proxy': {
        error_ratio: { usual: 0.001, moves: [[-180, 0.4, 60]] },
        request_rate: { usual: 140, noise: 0.05, moves: [[-1600, 210, 1200]] },
      },
      rides: { error_ratio: { usual: 0.004, moves: [[-150, 0.3, 60]] } },
    },
    logs: { 'maps-proxy': [['ERROR vendor answered 429 too many requests', 2300, 9]] },
  },
  {
    name: 'the phones come back all at once',
    story:
      'The user database was slow for a minute. Every phone that failed to log in tries again every second, and the load never falls.',
    cause: 'user-db',
    mechanism: ['retry_storm', 'dependency_failure'],
    alerts: [
      { service: 'mobile-gateway', title: 'LoginFailures', severity: 'critical' },
      { service: 'session-service', title: 'SlowAnswers', at: 30 },
    ],
    calls: PHONES,
    changes: [{ service: 'rides', at: -2000 }],
    metrics: {
      'user-db': {
        latency_p95: { usual: 0.004, moves: [[-150, 2.5]] },
        cpu: { usual: 2, moves: [[-120, 7.8, 60]] },
        request_rate: { usual: 700, moves: [[-90, 3900, 90]] },
      },
      'session-service': {
        latency_p95: { usual: 0.03, moves: [[-120, 4]] },
        request_rate: { usual: 300, moves: [[-60, 2600, 90]] },
        error_ratio: { usual: 0.002, moves: [[-60, 0.5]] },
      },
      'mobile-gateway': {
        request_rate: { usual: 900, moves: [[-30, 4000, 90]] },
        error_ratio: { usual: 0.006, moves: [[-60, 0.4]] },
      },
    },
    logs: { 'session-service': [['WARN retrying query after <n>, attempt <n>', 3000, 20]] },
  },
  {
    name: 'the certificate of the push service',
    story: 'The certificate for push messages was never renewed. Push-sender was released an hour ago.',
    cause: 'push-sender',
    mechanism: 'certificate',
    alerts: [{ service: 'push-sender', title: 'DeliveryRateLow', severity: 'critical' }],
    calls: PHONES,
    changes: [{ service: 'push-sender', at: -3700 }],
    metrics: {
      'push-sender': { error_ratio: { usual: 0.01, noise: 0.2, moves: [[-240, 1]] } },
    },
    logs: { 'push-sender': [['ERROR tls handshake failed: certificate expired', 940, 0]] },
  },
  {
    name: 'an evening with many riders',
    story: 'Latency and load follow the evening. The alert is too sharp and goes away; nothing is wrong.',
    cause: 'nobody',
    alerts: [{ service: 'rides', title: 'LatencyAboveTarget', severity: 'medium', until: 300 }],
    calls: PHONES,
    changes: [{ service: 'presence', at: -6500 }],
    metrics: {
      rides: {
        latency_p95: { usual: 0.5, noise: 0.1, wave: [0.15, 5400] },
        request_rate: { usual: 60, noise: 0.1, wave: [0.3, 5400] },
        error_ratio: { usual: 0.004, noise: 0.3 },
      },
      'session-service': { latency_p95: { usual: 0.03, noise: 0.1, gaps: 0.1 } },
    },
  },
  {
    name: 'a flag turns on a heavy query',
    story:
      'The flag for read receipts makes chat ask its database for every message. Presence shares the database.',
    cause: 'chat',
    mechanism: 'config_change',
    alerts: [
      { service: 'chat-db', title: 'HighCPU' },
      { service: 'chat', title: 'SlowMessages', at: 30 },
      { service: 'presence', title: 'SlowAnswers', at: 60 },
    ],
    calls: PHONES,
    changes: [
      { service: 'chat', at: -200, kind: 'flag' },
      { service: 'push-sender', at: -240 },
    ],
    metrics: {
      'chat-db': {
        cpu: { usual: 2, noise: 0.1, moves: [[-150, 7.7, 60]] },
        request_rate: { usual: 500, moves: [[-180, 4200, 60]] },
        latency_p95: { usual: 0.005, moves: [[-120, 0.4, 60]] },
      },
      chat: { latency_p95: { usual: 0.1, moves: [[-100, 1.5, 60]] }, request_rate: { usual: 200 } },
      presence: { latency_p95: { usual: 0.04, moves: [[-90, 0.5, 60]] }, request_rate: { usual: 300 } },
    },
  },
]
