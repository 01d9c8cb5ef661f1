/** Metrics of Cloud Monitoring that tell about a service, by the label that has its name. Their names are fixed by Google. */
import type { MetricKind } from '../series'

export interface MetricSource {
  readonly type: string
  readonly kind: MetricKind
  /** What one of its numbers is in the unit of the kind. */
  readonly unit: number
  /** The label of the resource that has the name; behind that of the project where it says so. */
  readonly named: string
  readonly behindProject?: true
  /** What else is asked for. */
  readonly only?: string
  /** Told apart by the class of the status, so that the share of failures is known. */
  readonly byStatus?: true
  /** How a series becomes a number a minute, and those of a service one. */
  readonly aligner: 'ALIGN_RATE' | 'ALIGN_DELTA' | 'ALIGN_MEAN' | 'ALIGN_PERCENTILE_95'
  readonly reducer: 'REDUCE_SUM' | 'REDUCE_MAX' | 'REDUCE_PERCENTILE_95'
}

const RUN = { named: 'service_name' } as const
const CONTAINER = { named: 'container_name' } as const
const DATABASE = { named: 'database_id', behindProject: true } as const
const IN_USE = { kind: 'saturation', unit: 1, aligner: 'ALIGN_MEAN', reducer: 'REDUCE_MAX' } as const

/** Those that say most first. */
export const METRIC_SOURCES: readonly MetricSource[] = [
  {
    ...RUN,
    type: 'run.googleapis.com/request_count',
    kind: 'request_rate',
    unit: 1,
    byStatus: true,
    aligner: 'ALIGN_RATE',
    reducer: 'REDUCE_SUM',
  },
  {
    ...RUN,
    type: 'run.googleapis.com/request_latencies',
    kind: 'latency_p95',
    unit: 0.001,
    aligner: 'ALIGN_DELTA',
    reducer: 'REDUCE_PERCENTILE_95',
  },
  {
    ...RUN,
    ...IN_USE,
    type: 'run.googleapis.com/container/cpu/utilizations',
    aligner: 'ALIGN_PERCENTILE_95',
  },
  {
    ...RUN,
    ...IN_USE,
    type: 'run.googleapis.com/container/memory/utilizations',
    aligner: 'ALIGN_PERCENTILE_95',
  },
  {
    ...CONTAINER,
    type: 'kubernetes.io/container/restart_count',
    kind: 'restarts',
    unit: 1,
    aligner: 'ALIGN_DELTA',
    reducer: 'REDUCE_SUM',
  },
  { ...CONTAINER, ...IN_USE, type: 'kubernetes.io/container/cpu/limit_utilization' },
  {
    ...CONTAINER,
    ...IN_USE,
    type: 'kubernetes.io/container/memory/limit_utilization',
    // The rest can be had back at any time.
    only: 'metric.labels.memory_type="non-evictable"',
  },
  { ...DATABASE, ...IN_USE, type: 'cloudsql.googleapis.com/database/cpu/utilization' },
  { ...DATABASE, ...IN_USE, type: 'cloudsql.googleapis.com/database/memory/utilization' },
  { ...DATABASE, ...IN_USE, type: 'cloudsql.googleapis.com/database/disk/utilization' },
]
