/** What is read of the objects of a cluster. Everything may be missing: versions and distributions differ. */
import * as z from 'zod'
import type { Schema } from '../../lib/schema'

const text = z.string().nullish().catch(null)
const count = z.number().nullish().catch(null)
const list = <S extends Schema>(schema: S) => z.array(schema).nullish().catch(null)
const named = z.object({ kind: text, name: text })
const amounts = z
  .record(z.string(), z.union([z.string(), z.number()]))
  .nullish()
  .catch(null)

const metadata = z.object({
  name: z.string(),
  namespace: text,
  creationTimestamp: text,
  labels: z.record(z.string(), z.string()).nullish().catch(null),
  annotations: z.record(z.string(), z.string()).nullish().catch(null),
  ownerReferences: list(named),
})

const conditions = list(z.object({ type: text, status: text, reason: text, message: text }))
const ended = z.object({ reason: text, exitCode: count, finishedAt: text })
const state = z
  .object({ waiting: z.object({ reason: text, message: text }).nullish(), terminated: ended.nullish() })
  .nullish()
  .catch(null)
const container = z.object({
  name: z.string(),
  image: text,
  resources: z.object({ limits: amounts, requests: amounts }).nullish().catch(null),
})
const containerStatus = z.object({
  name: z.string(),
  ready: z.boolean().nullish(),
  restartCount: count,
  state,
  lastState: state,
})

export const pod = z.object({
  metadata,
  spec: z.object({ nodeName: text, containers: list(container), initContainers: list(container) }),
  status: z.object({
    phase: text,
    reason: text,
    message: text,
    startTime: text,
    conditions,
    containerStatuses: list(containerStatus),
    initContainerStatuses: list(containerStatus),
  }),
})

export const event = z.object({
  metadata,
  type: text,
  reason: text,
  message: text,
  count,
  firstTimestamp: text,
  lastTimestamp: text,
  eventTime: text,
  series: z.object({ count, lastObservedTime: text }).nullish().catch(null),
  involvedObject: named.nullish().catch(null),
})

export const workload = z.object({
  kind: text,
  metadata,
  spec: z.object({
    replicas: count,
    suspend: z.boolean().nullish().catch(null),
    schedule: text,
    template: z
      .object({ spec: z.object({ containers: list(container) }) })
      .nullish()
      .catch(null),
  }),
  status: z
    .object({
      replicas: count,
      readyReplicas: count,
      updatedReplicas: count,
      availableReplicas: count,
      desiredNumberScheduled: count,
      numberReady: count,
      succeeded: count,
      failed: count,
      observedGeneration: count,
      conditions,
    })
    .nullish(),
})

export const node = z.object({
  metadata,
  spec: z.object({
    unschedulable: z.boolean().nullish().catch(null),
    taints: list(z.object({ key: text, effect: text })),
  }),
  status: z.object({
    conditions,
    capacity: amounts,
    allocatable: amounts,
    nodeInfo: z.object({ kubeletVersion: text }).nullish().catch(null),
  }),
})

export const autoscaler = z.object({
  metadata,
  spec: z.object({ scaleTargetRef: named, minReplicas: count, maxReplicas: count }),
  status: z.object({ currentReplicas: count, desiredReplicas: count, conditions }).nullish(),
})

export const anything = z.object({
  kind: text,
  metadata,
  status: z.object({ phase: text, conditions }).nullish().catch(null),
})

/** The objects of a list that look as they should, and whether the cluster has more of them. */
export function itemsOf<T>(
  data: unknown,
  schema: Schema<T>,
): { readonly items: readonly T[]; readonly more: boolean } | null {
  const parsed = listed.safeParse(data)
  if (!parsed.success) return null
  const items = parsed.data.items.flatMap((item) => {
    const one = z.safeParse(schema, item)
    return one.success ? [one.data] : []
  })
  const { continue: next, remainingItemCount } = parsed.data.metadata ?? {}
  return { items, more: Boolean(next) || (remainingItemCount ?? 0) > 0 }
}

const listed = z.object({
  items: z.array(z.unknown()),
  metadata: z.object({ continue: text, remainingItemCount: count }).nullish().catch(null),
})

export type Pod = z.infer<typeof pod>
export type KubernetesEvent = z.infer<typeof event>
export type Workload = z.infer<typeof workload>
export type Node = z.infer<typeof node>
export type Autoscaler = z.infer<typeof autoscaler>
export type Anything = z.infer<typeof anything>
export type ContainerStatus = z.infer<typeof containerStatus>
export type Condition = NonNullable<z.infer<typeof conditions>>[number]
