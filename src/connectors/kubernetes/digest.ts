/**
 * What an investigation sees of an object: what went wrong and when. Environment variables, arguments and annotations stay
 * behind, since people keep passwords in them.
 */
import type {
  Anything,
  Autoscaler,
  Condition,
  ContainerStatus,
  KubernetesEvent,
  Node,
  Pod,
  Workload,
} from './objects'

export function showPod({ metadata, spec, status }: Pod) {
  const statuses = [...(status.initContainerStatuses ?? []), ...(status.containerStatuses ?? [])]
  const main = status.containerStatuses ?? []
  const images = [...(spec.initContainers ?? []), ...(spec.containers ?? [])]
  return {
    name: metadata.name,
    namespace: metadata.namespace ?? null,
    phase: status.phase ?? null,
    reason: status.reason ?? null,
    message: status.message ?? null,
    ready: `${main.filter(({ ready }) => ready === true).length}/${main.length}`,
    restarts: statuses.reduce((sum, { restartCount }) => sum + (restartCount ?? 0), 0),
    startedAt: status.startTime ?? null,
    node: spec.nodeName ?? null,
    owner: ownerOf(metadata.ownerReferences),
    containers: images.map(({ name, image, resources }) => ({
      name,
      image: image ?? null,
      limits: resources?.limits ?? null,
      requests: resources?.requests ?? null,
      ...containerState(statuses.find((it) => it.name === name)),
    })),
    troubles: troublesOf(status.conditions, 'True'),
  }
}

function containerState(status: ContainerStatus | undefined) {
  const { waiting, terminated } = status?.state ?? {}
  const last = status?.lastState?.terminated
  return {
    ready: status?.ready ?? false,
    restarts: status?.restartCount ?? 0,
    state:
      waiting != null
        ? 'waiting'
        : terminated != null
          ? 'terminated'
          : status === undefined
            ? null
            : 'running',
    stateReason: waiting?.reason ?? terminated?.reason ?? null,
    lastEnd:
      last == null
        ? null
        : { reason: last.reason ?? null, exitCode: last.exitCode ?? null, at: last.finishedAt ?? null },
  }
}

/** Pods in trouble first, those that restarted most before the others. */
export const podsByTrouble = (pods: readonly Pod[]) =>
  pods.map(showPod).toSorted((a, b) => weight(b) - weight(a) || a.name.localeCompare(b.name))

const weight = ({ phase, restarts, troubles }: ReturnType<typeof showPod>): number =>
  (phase === 'Running' || phase === 'Succeeded' ? 0 : 1e6) + (troubles.length > 0 ? 1e5 : 0) + restarts

export const showEvent = (event: KubernetesEvent) => ({
  type: event.type ?? null,
  reason: event.reason ?? null,
  message: event.message ?? null,
  object: `${event.involvedObject?.kind ?? '?'}/${event.involvedObject?.name ?? '?'}`,
  namespace: event.metadata.namespace ?? null,
  count: event.series?.count ?? event.count ?? 1,
  firstSeen: event.firstTimestamp ?? event.eventTime ?? event.metadata.creationTimestamp ?? null,
  lastSeen: lastSeen(event),
})

const lastSeen = (event: KubernetesEvent): string | null =>
  event.series?.lastObservedTime ??
  event.lastTimestamp ??
  event.eventTime ??
  event.metadata.creationTimestamp ??
  null

/** Newest first. */
export const eventsByTime = (events: readonly KubernetesEvent[]) =>
  events.map(showEvent).toSorted((a, b) => (b.lastSeen ?? '').localeCompare(a.lastSeen ?? ''))

export function showWorkload({ kind, metadata, spec, status }: Workload) {
  return {
    kind: kind ?? null,
    name: metadata.name,
    namespace: metadata.namespace ?? null,
    createdAt: metadata.creationTimestamp ?? null,
    owner: ownerOf(metadata.ownerReferences),
    revision: metadata.annotations?.['deployment.kubernetes.io/revision'] ?? null,
    desired: spec.replicas ?? status?.desiredNumberScheduled ?? null,
    ready: status?.readyReplicas ?? status?.numberReady ?? 0,
    updated: status?.updatedReplicas ?? null,
    available: status?.availableReplicas ?? null,
    failed: status?.failed ?? null,
    succeeded: status?.succeeded ?? null,
    schedule: spec.schedule ?? null,
    suspended: spec.suspend ?? null,
    containers: (spec.template?.spec.containers ?? []).map(({ name, image, resources }) => ({
      name,
      image: image ?? null,
      limits: resources?.limits ?? null,
    })),
    conditions: (status?.conditions ?? []).map(showCondition),
  }
}

export function showNode({ metadata, spec, status }: Node) {
  const ready = status.conditions?.find(({ type }) => type === 'Ready')
  return {
    name: metadata.name,
    ready: ready?.status === 'True',
    unschedulable: spec.unschedulable ?? false,
    taints: (spec.taints ?? []).map(({ key, effect }) => `${key ?? ''}:${effect ?? ''}`),
    pressures: (status.conditions ?? [])
      .filter(({ type, status }) => type !== 'Ready' && status === 'True')
      .map(showCondition),
    capacity: status.capacity ?? null,
    allocatable: status.allocatable ?? null,
    kubeletVersion: status.nodeInfo?.kubeletVersion ?? null,
  }
}

export const showAutoscaler = ({ metadata, spec, status }: Autoscaler) => ({
  name: metadata.name,
  namespace: metadata.namespace ?? null,
  target: `${spec.scaleTargetRef.kind ?? '?'}/${spec.scaleTargetRef.name ?? '?'}`,
  min: spec.minReplicas ?? null,
  max: spec.maxReplicas ?? null,
  current: status?.currentReplicas ?? null,
  desired: status?.desiredReplicas ?? null,
  conditions: (status?.conditions ?? []).map(showCondition),
})

export const showAnything = ({ kind, metadata, status }: Anything) => ({
  kind: kind ?? null,
  name: metadata.name,
  namespace: metadata.namespace ?? null,
  createdAt: metadata.creationTimestamp ?? null,
  phase: status?.phase ?? null,
  conditions: (status?.conditions ?? []).map(showCondition),
})

const showCondition = ({ type, status, reason, message }: Condition) => ({
  type: type ?? null,
  status: status ?? null,
  reason: reason ?? null,
  message: message ?? null,
})

/** Conditions that are not as a healthy object has them. A job that is done is not ready, and well. */
const troublesOf = (conditions: readonly Condition[] | null | undefined, healthy: string) =>
  (conditions ?? [])
    .filter(({ status, reason }) => status !== healthy && reason !== 'PodCompleted')
    .map(showCondition)

const ownerOf = (
  owners:
    | readonly { readonly kind?: string | null | undefined; readonly name?: string | null | undefined }[]
    | null
    | undefined,
) => {
  const [owner] = owners ?? []
  return owner === undefined ? null : `${owner.kind ?? '?'}/${owner.name ?? '?'}`
}
