/** Nightly jobs, a warehouse, dashboards: few metrics, slow clocks, coarse alerts. */

import type { Scenario } from '../scenario'

const PIPELINE = [
  'dashboards > warehouse',
  'warehouse > transform',
  'transform > ingest',
  'airflow-scheduler > airflow-worker',
  'transform > airflow-worker',
]

export const dataPlatform: readonly Scenario[] = [
  {
    name: 'two jobs wait for each other',
    story: 'A long transaction of the nightly job and a report lock each other in the warehouse.',
    cause: 'warehouse',
    mechanism: 'data_lock',
    alerts: [
      { service: 'dashboards', title: 'QueriesTimeOut' },
      { service: 'warehouse', title: 'LongTransactions', at: 120, severity: 'medium' },
    ],
    calls: PIPELINE,
    changes: [{ service: 'dashboards', at: -1700 }],
    metrics: {
      warehouse: {
        latency_p95: { usual: 4, noise: 0.2, moves: [[-200, 120, 120]] },
        cpu: { usual: 9, noise: 0.1 },
      },
      dashboards: { latency_p95: { usual: 6, noise: 0.2, moves: [[-120, 130, 120]] } },
    },
    logs: { warehouse: [['ERROR deadlock detected: process <n> waits for ShareLock', 31, 0]] },
  },
  {
    name: 'a file that never came',
    story:
      'A partner delivered nothing. Ingest says so in its log; only the users of the data alert, hours of pipeline later.',
    cause: 'ingest',
    alerts: [
      { service: 'dashboards', title: 'DataTooOld', severity: 'medium' },
      { service: 'warehouse', title: 'PartitionMissing', at: 300, severity: 'medium' },
    ],
    calls: PIPELINE,
    changes: [{ service: 'airflow-scheduler', at: -7100 }],
    metrics: { warehouse: { cpu: { usual: 9, noise: 0.15 }, latency_p95: { usual: 4, noise: 0.2 } } },
    logs: {
      ingest: [['ERROR expected file is missing: partner/orders/<n>.csv', 30, 0]],
      warehouse: [['INFO vacuum done', 4, 4]],
    },
  },
  {
    name: 'a join that does not fit into memory',
    story: 'Transform joins twice as much data as yesterday and is killed, again and again.',
    cause: 'transform',
    mechanism: 'out_of_memory',
    alerts: [
      { service: 'dashboards', title: 'DataTooOld', severity: 'medium' },
      { service: 'warehouse', title: 'LoadOverdue', at: 60 },
    ],
    calls: PIPELINE,
    changes: [{ service: 'dashboards', at: -3000 }],
    metrics: {
      transform: {
        memory: { usual: 9e9, noise: 0.03, gaps: 0.3, moves: [[-1500, 3.1e10, 600]] },
        restarts: {
          usual: 0,
          gaps: 0.2,
          moves: [
            [-600, 1],
            [-100, 3],
          ],
        },
      },
      warehouse: { cpu: { usual: 9, noise: 0.15 } },
    },
    events: { transform: ['Executor exited with exit code 137 (OOMKilled)'] },
  },
  {
    name: 'temporary files fill the workers',
    story: 'A task leaves its temporary files behind. The scheduler alerts first, since its tasks queue up.',
    cause: 'airflow-worker',
    mechanism: 'disk_full',
    alerts: [
      { service: 'airflow-scheduler', title: 'TasksQueuedTooLong' },
      { service: 'airflow-worker', title: 'TaskFailures', at: 90 },
    ],
    calls: PIPELINE,
    changes: [{ service: 'transform', at: -2200 }],
    metrics: {
      'airflow-worker': { error_ratio: { usual: 0.02, noise: 0.4, moves: [[-300, 0.7, 120]] } },
      'airflow-scheduler': { latency_p95: { usual: 3, noise: 0.2, moves: [[-180, 60, 120]] } },
    },
    logs: { 'airflow-worker': [['OSError: ENOSPC: no space left on device, write', 77, 0]] },
  },
  {
    name: 'three jobs fail and nobody knows why',
    story:
      'A shared library was rolled back by hand. No source reports it, and the jobs are not known to be connected.',
    cause: 'nobody',
    alerts: [
      { service: 'churn-job', title: 'JobFailed' },
      { service: 'stock-job', title: 'JobFailed', at: 4 },
      { service: 'price-job', title: 'JobFailed', at: 9 },
    ],
  },
  {
    name: 'the nightly job is late as every month',
    story: 'On the last day of a month the job takes longer. It ends by itself, the alert goes away.',
    cause: 'nobody',
    alerts: [{ service: 'month-end-job', title: 'RunsLongerThanUsual', severity: 'low', until: 840 }],
    calls: ['month-end-job > warehouse'],
    changes: [{ service: 'ingest', at: -1000 }],
    metrics: {
      'month-end-job': {
        cpu: { usual: 6, noise: 0.2 },
        memory: { usual: 6e9, noise: 0.05, wave: [0.1, 1800] },
      },
      warehouse: { cpu: { usual: 9, noise: 0.15 }, latency_p95: { usual: 4, noise: 0.3 } },
    },
  },
]
