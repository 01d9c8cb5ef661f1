/** Which labels name the service that a series is about, and how platforms decorate the name. */
import { escaped } from './promql'

/** The other end of a call, as service meshes and proxies see it: theirs is not the service that they run beside. */
export const DESTINATION_LABELS = [
  'destination_workload',
  'destination_canonical_service',
  'destination_service_name',
  'destination_service',
  'envoy_cluster_name',
] as const

/** Labels that name a service, the most telling first. `exported_` is what the program itself said, where the scrape differs. */
const LABELS = [
  ...DESTINATION_LABELS,
  'exported_service',
  'service',
  'service_name',
  'microservice',
  'application',
  'app',
  'app_kubernetes_io_name',
  'app_name',
  'k8s_app',
  'label_app',
  'kubernetes_name',
  'deployment',
  'statefulset',
  'daemonset',
  'workload',
  'k8s_deployment_name',
  'k8s_statefulset_name',
  'owner_name',
  'container',
  'container_name',
  'k8s_container_name',
  'container_label_com_docker_compose_service',
  'component',
  'backend',
  'proxy',
  'exported_job',
  'job',
  'consumergroup',
  'queue',
  'exported_pod',
  'pod',
  'pod_name',
  'kubernetes_pod_name',
  'k8s_pod_name',
  'instance',
  'name',
] as const

/** The labels to look at, that of the connection before all others. */
export const labelsToTry = (own: string | null): readonly string[] => [
  ...new Set(own === null ? LABELS : [own, ...LABELS]),
]

/** Before the name: a namespace, or the direction, port and subset of an Envoy cluster. */
const BEFORE = String.raw`(?:[^/|]+/|[a-z]+\|[0-9]*\|[^|]*\|)?`
/** Behind it: the domain of a cluster, a port, a provider. */
const BEHIND = String.raw`(?:\.[a-z0-9-]+\.svc(?:\.[a-z0-9.-]+)?)?(?::[0-9]+)?(?:@.+)?`
/** What Kubernetes appends: two hashes (Deployment), one (DaemonSet), a number (StatefulSet). Its hashes know no vowels. */
const REPLICA = String.raw`(?:(?:-[a-f0-9]{6,10}|-[b-df-hj-np-tv-z0-9]{6,10})-[a-z0-9]{5}|-[b-df-hj-np-tv-z0-9]{5}|-[0-9]{1,4})?`

const MAY_BE_REPLICA = /pod|instance|^name$/

/** RE2, and an expression of this language, of the values that name one of these services; group 1 is the name. */
export function patternOf(label: string, services: readonly string[]): string {
  // The longest first: a name may be the beginning of another.
  const names = services.toSorted((a, b) => b.length - a.length || (a < b ? -1 : 1)).map(escaped)
  return `${BEFORE}(${names.join('|')})${MAY_BE_REPLICA.test(label) ? REPLICA : ''}${BEHIND}`
}

/** Beginning of the names of metrics that carry a service's own name. */
export const prefixOf = (service: string): string =>
  `${service.toLowerCase().replaceAll(/[^a-z0-9]+/g, '_')}_`
