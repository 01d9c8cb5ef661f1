/** Models that answer requests, and what feeds them. */

import type { Scenario } from '../scenario'

const SERVING = [
  'feed-api > ranker',
  'ranker > feature-store',
  'fraud-scorer > feature-store',
  'payments > fraud-scorer',
  'search > embedder',
]

export const machineLearning: readonly Scenario[] = [
  {
    name: 'a heavier model goes live',
    story: 'The new version of the ranker takes ten times as long. Only the feed in front of it has alerts.',
    cause: 'ranker',
    mechanism: 'bad_change',
    alerts: [{ service: 'feed-api', title: 'P99AboveObjective' }],
    calls: SERVING,
    changes: [
      { service: 'ranker', at: -360 },
      { service: 'feed-api', at: -5000, kind: 'flag' },
      { service: 'embedder', at: -200 },
    ],
    metrics: {
      ranker: {
        latency_p95: { usual: 0.04, moves: [[-330, 0.4, 120]] },
        cpu: { usual: 6, moves: [[-330, 15, 120]] },
      },
      'feed-api': {
        latency_p95: { usual: 0.15, noise: 0.1, moves: [[-270, 0.55, 120]] },
        error_ratio: { usual: 0.001 },
      },
      'feature-store': { latency_p95: { usual: 0.004 }, request_rate: { usual: 800 } },
    },
  },
  {
    name: 'the feature store is at its memory limit',
    story:
      'The store refuses writes and evicts what is needed. It has no alerts; the models fall back to defaults.',
    cause: 'feature-store',
    mechanism: 'out_of_memory',
    alerts: [
      { service: 'ranker', title: 'FallbackModelUsed' },
      { service: 'fraud-scorer', title: 'ScoringTimeouts', at: 40, severity: 'critical' },
    ],
    calls: SERVING,
    changes: [{ service: 'ranker', at: -7000 }],
    metrics: {
      'feature-store': {
        latency_p95: { usual: 0.004, moves: [[-200, 0.3, 120]] },
        memory: { usual: 2.1e10, noise: 0.001 },
      },
      ranker: { latency_p95: { usual: 0.04, moves: [[-120, 0.3, 60]] } },
      'fraud-scorer': { latency_p95: { usual: 0.06, moves: [[-120, 0.4, 60]] } },
    },
    logs: {
      'feature-store': [['ERROR out of memory: command not allowed when used memory > maxmemory', 800, 0]],
    },
  },
  {
    name: 'no more accelerators',
    story:
      'The embedder wants to scale with the load of the evening, but the quota for accelerators is used up.',
    cause: 'embedder',
    mechanism: 'quota',
    alerts: [
      { service: 'search', title: 'SlowSearch' },
      { service: 'embedder', title: 'QueueWaitHigh', at: 35 },
    ],
    calls: SERVING,
    changes: [{ service: 'search', at: -4300 }],
    metrics: {
      embedder: {
        latency_p95: { usual: 0.09, moves: [[-300, 1.6, 240]] },
        request_rate: { usual: 120, noise: 0.05, moves: [[-1500, 155, 1200]] },
      },
      search: { latency_p95: { usual: 0.3, moves: [[-180, 2.1, 180]] } },
    },
    events: { embedder: ['FailedScaleUp: quota for accelerators in this zone exceeded', '3 pods pending'] },
  },
  {
    name: 'a model slowly gets worse',
    story:
      'Customers behave differently since a holiday. No system is ill, and nothing that is connected shows it.',
    cause: 'nobody',
    alerts: [{ service: 'churn-model', title: 'AccuracyBelowThreshold', severity: 'medium' }],
    calls: SERVING,
    changes: [{ service: 'payments', at: -2500 }],
  },
  {
    name: 'training reads the shared storage to death',
    story:
      'A training job reads its data set at full speed from the storage that also serves models. It is nobody’s dependency.',
    cause: 'trainer',
    mechanism: 'noisy_neighbour',
    alerts: [
      { service: 'ranker', title: 'ModelLoadSlow' },
      { service: 'feed-api', title: 'P99AboveObjective', at: 20 },
      { service: 'embedder', title: 'ModelLoadSlow', at: 35 },
    ],
    calls: [...SERVING, 'ranker > model-storage', 'embedder > model-storage', 'trainer > model-storage'],
    changes: [{ service: 'search', at: -3900 }],
    metrics: {
      trainer: {
        cpu: { usual: 0.2, noise: 0.2, moves: [[-200, 14, 30]] },
        request_rate: { usual: 0, moves: [[-200, 900]] },
      },
      'model-storage': {
        request_rate: { usual: 110, noise: 0.1, moves: [[-200, 1010]] },
        latency_p95: { usual: 0.01, moves: [[-170, 0.8, 60]] },
      },
      ranker: { latency_p95: { usual: 0.04, moves: [[-140, 0.5, 60]] } },
      embedder: { latency_p95: { usual: 0.09, moves: [[-110, 0.6, 60]] } },
      'feed-api': { latency_p95: { usual: 0.15, noise: 0.1, moves: [[-80, 0.7, 60]] } },
    },
  },
]
