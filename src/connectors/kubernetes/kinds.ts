/** The kinds of objects that are read. Secrets and configuration are not among them, so nobody can ask for them. */
interface Kind {
  /** The resource's name in paths and commands. */
  readonly plural: string
  readonly api: string
  readonly namespaced: boolean
}

export const KINDS = {
  pod: { plural: 'pods', api: '/api/v1', namespaced: true },
  event: { plural: 'events', api: '/api/v1', namespaced: true },
  service: { plural: 'services', api: '/api/v1', namespaced: true },
  persistentvolumeclaim: { plural: 'persistentvolumeclaims', api: '/api/v1', namespaced: true },
  namespace: { plural: 'namespaces', api: '/api/v1', namespaced: false },
  node: { plural: 'nodes', api: '/api/v1', namespaced: false },
  deployment: { plural: 'deployments', api: '/apis/apps/v1', namespaced: true },
  replicaset: { plural: 'replicasets', api: '/apis/apps/v1', namespaced: true },
  statefulset: { plural: 'statefulsets', api: '/apis/apps/v1', namespaced: true },
  daemonset: { plural: 'daemonsets', api: '/apis/apps/v1', namespaced: true },
  job: { plural: 'jobs', api: '/apis/batch/v1', namespaced: true },
  cronjob: { plural: 'cronjobs', api: '/apis/batch/v1', namespaced: true },
  ingress: { plural: 'ingresses', api: '/apis/networking.k8s.io/v1', namespaced: true },
  horizontalpodautoscaler: {
    plural: 'horizontalpodautoscalers',
    api: '/apis/autoscaling/v2',
    namespaced: true,
  },
} as const satisfies Record<string, Kind>

export type KindName = keyof typeof KINDS

/** Kinds that run pods. */
export const WORKLOADS = ['deployment', 'replicaset', 'statefulset', 'daemonset', 'job', 'cronjob'] as const
