/** Which objects of a cluster are of a service, by their labels and by the names that Kubernetes gives. */
import type { Pod, Workload } from './objects'

const LABELS = [
  'app.kubernetes.io/name',
  'app.kubernetes.io/instance',
  'app',
  'k8s-app',
  'name',
  'service',
  'component',
]

/** Labels that a service's pods are asked for by, where a cluster has too many pods to list. */
export const SELECTORS = ['app.kubernetes.io/name', 'app'] as const

/** What is appended for replicas: hashes without vowels, or a number. */
const REPLICA = /(?:(?:-[b-df-hj-np-tv-xz0-9]{5,10}){1,2}|-\d{1,4})$/

/** Whether a pod, or what owns it, has this name or the name with what Kubernetes appends. */
export const isNamed = (name: string, service: string): boolean =>
  isSame(name, service) || isSame(name.replace(REPLICA, ''), service)

export const isPodOf = ({ metadata, spec }: Pod, service: string): boolean =>
  isLabelled(metadata, service) ||
  isNamed(metadata.name, service) ||
  (metadata.ownerReferences ?? []).some(({ name }) => isNamed(name ?? '', service)) ||
  (spec.containers ?? []).some(({ name }) => isSame(name, service))

export const isWorkloadOf = ({ metadata }: Workload, service: string): boolean =>
  isLabelled(metadata, service) || isSame(metadata.name, service)

const isLabelled = ({ labels }: Pod['metadata'], service: string): boolean =>
  LABELS.some((label) => isSame(labels?.[label] ?? '', service))

const isSame = (name: string, service: string): boolean => name.toLowerCase() === service.toLowerCase()
