/** Metrics of CloudWatch that tell about a service, by the dimension that has its name. Their names are fixed by AWS. */
import type { MetricKind } from '../series'

interface Reading {
  readonly metric: string
  readonly kind: MetricKind
  /** What one of its numbers is in the unit of the kind. */
  readonly unit: number
  /** The metric that it is a share of. */
  readonly of?: string
  /** Reported only in minutes in which it happened: in the others it is 0. */
  readonly rare?: true
}

export interface MetricSource {
  readonly namespace: string
  readonly named: string
  /** The other dimensions; metrics with more or fewer are sums over other things. */
  readonly beside: readonly string[]
  readonly stat: 'Average' | 'Maximum' | 'Sum' | 'SampleCount' | 'p95'
  readonly readings: readonly Reading[]
}

const PERCENT = 0.01
const MILLISECONDS = 0.001
const A_MINUTE = 1 / 60

const APPLICATION = { namespace: 'ApplicationSignals', named: 'Service', beside: ['Environment'] }
const BALANCED = { namespace: 'AWS/ApplicationELB', named: 'TargetGroup', beside: ['LoadBalancer'] }
const GATEWAY = { namespace: 'AWS/ApiGateway', named: 'ApiName', beside: [] }
const FUNCTION = { namespace: 'AWS/Lambda', named: 'FunctionName', beside: [] }
const POD = { namespace: 'ContainerInsights', named: 'PodName', beside: ['ClusterName', 'Namespace'] }

/** Those that say most first. */
export const METRIC_SOURCES: readonly MetricSource[] = [
  // Each request reports a fault of 0 or 1.
  { ...APPLICATION, stat: 'Average', readings: [{ metric: 'Fault', kind: 'error_ratio', unit: 1 }] },
  { ...APPLICATION, stat: 'p95', readings: [{ metric: 'Latency', kind: 'latency_p95', unit: MILLISECONDS }] },
  {
    ...APPLICATION,
    stat: 'SampleCount',
    readings: [{ metric: 'Latency', kind: 'request_rate', unit: A_MINUTE }],
  },
  {
    ...BALANCED,
    stat: 'Sum',
    readings: [
      { metric: 'HTTPCode_Target_5XX_Count', kind: 'error_ratio', unit: 1, of: 'RequestCount' },
      { metric: 'RequestCount', kind: 'request_rate', unit: A_MINUTE },
    ],
  },
  { ...BALANCED, stat: 'p95', readings: [{ metric: 'TargetResponseTime', kind: 'latency_p95', unit: 1 }] },
  {
    ...BALANCED,
    stat: 'Maximum',
    readings: [{ metric: 'UnHealthyHostCount', kind: 'unavailable', unit: 1 }],
  },
  {
    ...GATEWAY,
    stat: 'Sum',
    readings: [
      { metric: '5XXError', kind: 'error_ratio', unit: 1, of: 'Count' },
      { metric: 'Count', kind: 'request_rate', unit: A_MINUTE },
    ],
  },
  { ...GATEWAY, stat: 'p95', readings: [{ metric: 'Latency', kind: 'latency_p95', unit: MILLISECONDS }] },
  {
    ...FUNCTION,
    stat: 'Sum',
    readings: [
      { metric: 'Errors', kind: 'error_ratio', unit: 1, of: 'Invocations' },
      { metric: 'Invocations', kind: 'request_rate', unit: A_MINUTE },
      { metric: 'Throttles', kind: 'errors', unit: A_MINUTE, rare: true },
    ],
  },
  { ...FUNCTION, stat: 'p95', readings: [{ metric: 'Duration', kind: 'latency_p95', unit: MILLISECONDS }] },
  {
    namespace: 'AWS/ECS',
    named: 'ServiceName',
    beside: ['ClusterName'],
    stat: 'Average',
    readings: [
      { metric: 'CPUUtilization', kind: 'saturation', unit: PERCENT },
      { metric: 'MemoryUtilization', kind: 'saturation', unit: PERCENT },
    ],
  },
  {
    ...POD,
    stat: 'Sum',
    readings: [{ metric: 'pod_number_of_container_restarts', kind: 'restarts', unit: 1 }],
  },
  {
    ...POD,
    stat: 'Average',
    readings: [
      { metric: 'pod_cpu_utilization_over_pod_limit', kind: 'saturation', unit: PERCENT },
      { metric: 'pod_memory_utilization_over_pod_limit', kind: 'saturation', unit: PERCENT },
    ],
  },
  {
    namespace: 'AWS/RDS',
    named: 'DBInstanceIdentifier',
    beside: [],
    stat: 'Average',
    readings: [
      { metric: 'CPUUtilization', kind: 'saturation', unit: PERCENT },
      { metric: 'DatabaseConnections', kind: 'backlog', unit: 1 },
      { metric: 'DiskQueueDepth', kind: 'backlog', unit: 1 },
    ],
  },
  {
    namespace: 'AWS/SQS',
    named: 'QueueName',
    beside: [],
    stat: 'Maximum',
    readings: [
      { metric: 'ApproximateAgeOfOldestMessage', kind: 'backlog', unit: 1 },
      { metric: 'ApproximateNumberOfMessagesVisible', kind: 'backlog', unit: 1 },
    ],
  },
  {
    namespace: 'AWS/DynamoDB',
    named: 'TableName',
    beside: [],
    stat: 'Sum',
    readings: [
      { metric: 'ReadThrottleEvents', kind: 'errors', unit: A_MINUTE, rare: true },
      { metric: 'WriteThrottleEvents', kind: 'errors', unit: A_MINUTE, rare: true },
    ],
  },
]
