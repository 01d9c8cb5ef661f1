/** Services that hand work to each other through queues. */

import type { Scenario } from '../scenario'

const QUEUES = [
  'billing-api > rabbitmq',
  'invoice-worker > rabbitmq',
  'thumbnail-worker > rabbitmq',
  'export-worker > rabbitmq',
  'report-cron > rabbitmq',
  'customer-portal > billing-api',
]
const STREAM = ['orders-api > kafka', 'payments-api > kafka', 'ledger-consumer > kafka']

export const queues: readonly Scenario[] = [
  {
    name: 'one message that cannot be read',
    story:
      'A partner sent an invoice with a broken encoding. The invoice worker dies on it, gets it again, dies again. The queue shouts first.',
    cause: 'invoice-worker',
    mechanism: ['crash_loop', 'bad_data'],
    alerts: [
      { service: 'rabbitmq', title: 'QueueDepthHigh', severity: 'critical', labels: { queue: 'invoices' } },
      { service: 'invoice-worker', title: 'WorkerRestarted', at: 60 },
      { service: 'customer-portal', title: 'InvoicesMissing', at: 420, severity: 'medium' },
    ],
    calls: QUEUES,
    changes: [{ service: 'customer-portal', at: -700 }],
    metrics: {
      'invoice-worker': {
        restarts: {
          usual: 0,
          moves: [
            [-420, 2],
            [-120, 5],
          ],
        },
        request_rate: { usual: 14, noise: 0.2, moves: [[-420, 0]] },
      },
      rabbitmq: {
        cpu: { usual: 0.9, noise: 0.1 },
        memory: { usual: 1.1e9, noise: 0.02, moves: [[-400, 1.5e9, 900]] },
      },
    },
    logs: {
      'invoice-worker': [
        ['ERROR cannot deserialize message: invalid byte <hex> in column <n>', 61, 0],
        ['FATAL worker exited with exit code <n>', 60, 0],
      ],
    },
    events: { 'invoice-worker': ['Back-off restarting failed container worker (CrashLoopBackOff)'] },
  },
  {
    name: 'the disk of a broker is full',
    story:
      'A topic without retention filled the broker. Producers block, consumers starve, the broker says nothing.',
    cause: 'kafka',
    mechanism: 'disk_full',
    alerts: [
      { service: 'orders-api', title: 'ProduceTimeouts', severity: 'critical' },
      { service: 'payments-api', title: 'ProduceTimeouts', at: 20, severity: 'critical' },
      { service: 'ledger-consumer', title: 'ConsumerStalled', at: 90 },
    ],
    calls: STREAM,
    changes: [{ service: 'orders-api', at: -2600 }],
    metrics: {
      kafka: { cpu: { usual: 3, noise: 0.1 } },
      'orders-api': { latency_p95: { usual: 0.08, moves: [[-60, 30]] } },
      'payments-api': { latency_p95: { usual: 0.1, moves: [[-60, 30]] } },
    },
    logs: { kafka: [['ERROR Error while writing to checkpoint file: No space left on device', 60, 0]] },
  },
  {
    name: 'the mail provider is slow',
    story: 'The provider delivers mail with delays and says so on its status page. Our worker can only wait.',
    cause: 'email-worker',
    mechanism: 'external_provider',
    alerts: [{ service: 'email-worker', title: 'OldestMessageTooOld' }],
    calls: ['email-worker > rabbitmq', 'billing-api > rabbitmq'],
    changes: [{ service: 'billing-api', at: -1100 }],
    metrics: {
      'email-worker': {
        latency_p95: { usual: 0.9, noise: 0.15, moves: [[-500, 28, 120]] },
        error_ratio: { usual: 0.01, noise: 0.3, moves: [[-400, 0.2]] },
      },
      rabbitmq: { cpu: { usual: 0.9, noise: 0.1 } },
    },
    logs: { 'email-worker': [['ERROR timeout after <n> waiting for smtp.mailer.example', 140, 4]] },
    providers: ['Mailer: Delayed delivery of messages'],
  },
  {
    name: 'a timer that fires ten times',
    story:
      'A change to the schedule of report-cron made it enqueue every report ten times. All workers behind the same broker are late.',
    cause: 'report-cron',
    mechanism: 'config_change',
    alerts: [
      { service: 'thumbnail-worker', title: 'QueueLag' },
      { service: 'export-worker', title: 'QueueLag', at: 50 },
    ],
    calls: QUEUES,
    changes: [
      { service: 'report-cron', at: -600, kind: 'config' },
      { service: 'thumbnail-worker', at: -4000 },
    ],
    metrics: {
      'report-cron': { request_rate: { usual: 4, noise: 0.2, moves: [[-540, 400]] } },
      rabbitmq: {
        request_rate: { usual: 60, noise: 0.1, moves: [[-540, 460]] },
        cpu: { usual: 0.9, noise: 0.1, moves: [[-510, 2.2]] },
      },
      'thumbnail-worker': { latency_p95: { usual: 2, noise: 0.15, moves: [[-300, 70, 300]] } },
      'export-worker': { latency_p95: { usual: 6, noise: 0.15, moves: [[-240, 160, 300]] } },
    },
  },
  {
    name: 'a rotated password',
    story: 'The password of orders-db was rotated; its users still have the old one.',
    cause: 'orders-db',
    mechanism: ['access_denied', 'config_change'],
    alerts: [
      { service: 'order-worker', title: 'JobFailures', severity: 'critical' },
      { service: 'orders-api', title: 'HighErrorRate', at: 15, severity: 'critical' },
    ],
    calls: ['order-worker > orders-db', 'orders-api > orders-db', 'orders-api > kafka'],
    changes: [
      { service: 'orders-db', at: -120, kind: 'config' },
      { service: 'orders-api', at: -3100 },
    ],
    metrics: {
      'order-worker': { error_ratio: { usual: 0.01, noise: 0.2, moves: [[-60, 1]] } },
      'orders-api': { error_ratio: { usual: 0.004, moves: [[-60, 0.7]] } },
      kafka: { cpu: { usual: 3, noise: 0.1 } },
    },
    logs: {
      'order-worker': [['ERROR access denied for user <str>@<str>', 300, 0]],
      'orders-api': [['ERROR access denied for user <str>@<str>', 1900, 0]],
      'orders-db': [['FATAL password authentication failed for user <str>: access denied', 2200, 1]],
    },
  },
  {
    name: 'a broker over its memory mark',
    story:
      'RabbitMQ reached its memory mark and takes nothing any more until there is room. Those who publish wait, those who fetch get little.',
    cause: 'rabbitmq',
    alerts: [
      { service: 'billing-api', title: 'PublishTimeouts', severity: 'critical' },
      { service: 'invoice-worker', title: 'NothingProcessed', at: 45 },
      { service: 'rabbitmq', title: 'MemoryHigh', at: 60 },
    ],
    calls: QUEUES,
    metrics: {
      rabbitmq: { memory: { usual: 1.1e9, noise: 0.02, moves: [[-900, 2.6e9, 900]] } },
      'billing-api': { latency_p95: { usual: 0.15, moves: [[-120, 9]] } },
      'invoice-worker': { request_rate: { usual: 14, noise: 0.1, moves: [[-100, 0.5]] } },
    },
  },
  {
    name: 'exports wait for a slow database',
    story:
      'The database of the exports lost an index. Its worker finishes one export where it used to finish ten, and the queue grows.',
    cause: 'exports-db',
    alerts: [
      { service: 'rabbitmq', title: 'QueueDepthHigh', severity: 'critical', labels: { queue: 'exports' } },
      { service: 'export-worker', title: 'ExportsLate', at: 240 },
    ],
    calls: [...QUEUES, 'export-worker > exports-db'],
    metrics: {
      'exports-db': { latency_p95: { usual: 0.02, moves: [[-620, 1.8]] } },
      'export-worker': {
        request_rate: { usual: 30, noise: 0.1, moves: [[-600, 3]] },
        latency_p95: { usual: 0.5, moves: [[-600, 6]] },
      },
      rabbitmq: { backlog: { usual: 40, noise: 0.2, moves: [[-480, 9000, 900]] } },
    },
  },
]
