/** Which service, environment and host an alert is about, derived alike for every source. */
import { LIMITS } from './canonical'
import { textOf } from './text'

const SERVICE_LABELS = [
  'service',
  'service_name',
  'service.name',
  'app',
  'app.kubernetes.io/name',
  'app_kubernetes_io_name',
  'application',
  'component',
  'deployment',
  'statefulset',
  'daemonset',
  'container',
  'job',
] as const
const ENVIRONMENT_LABELS = ['env', 'environment', 'deployment.environment', 'deployment_environment', 'stage']
const HOST_LABELS = ['host', 'hostname', 'instance', 'node', 'pod'] as const

const words = (text: string): ReadonlySet<string> => new Set(text.split(' '))
const NOTHING = words('- n/a none null undefined unknown')
const NO_SERVICE = words('- * all any default n/a none null undefined unknown search other')
const NO_CONTAINER = words('pod istio-proxy linkerd-proxy')
/** Scrape jobs: they name the exporter, not the service that it watches. */
const NO_JOB = words(
  'node node-exporter node_exporter kube-state-metrics kubelet cadvisor prometheus pushgateway blackbox blackbox-exporter',
)
const ENVIRONMENTS: readonly (readonly [string, ReadonlySet<string>])[] = [
  ['production', words('prod prd production live')],
  ['staging', words('stg stage staging preprod pre-prod uat')],
  ['development', words('dev development local')],
  ['test', words('test testing qa ci')],
]
const NAMESPACE = /^(prod|stg|staging|dev)(?:$|[-_])/

/** Where the values of one derivation come from, in this order. */
export interface Origins {
  readonly mapped: unknown
  readonly labels: Readonly<Record<string, unknown>>
  readonly vendor: readonly unknown[]
  readonly fallback: string | null
}

/** The first usable service name, or null. */
export function serviceOf({ mapped, labels, vendor, fallback }: Origins): string | null {
  return (
    serviceName(mapped) ??
    firstOf(SERVICE_LABELS, (label) => serviceName(labels[label], label)) ??
    firstOf(vendor, (value) => serviceName(value)) ??
    serviceName(fallback)
  )
}

/** The first usable environment, by its usual name (`prd` is `production`), or null. */
export function environmentOf({ mapped, labels, vendor, fallback }: Origins): string | null {
  return (
    environmentName(mapped) ??
    firstOf(ENVIRONMENT_LABELS, (label) => environmentName(labels[label])) ??
    environmentName(NAMESPACE.exec(textOf(labels['namespace'])?.toLowerCase() ?? '')?.[1]) ??
    firstOf(vendor, environmentName) ??
    environmentName(fallback)
  )
}

/** The first usable host, or null. */
export function hostOf({ mapped, labels, vendor, fallback }: Origins): string | null {
  return (
    hostName(mapped) ??
    firstOf(HOST_LABELS, (label) => hostName(labels[label])) ??
    firstOf(vendor, hostName) ??
    hostName(fallback)
  )
}

function serviceName(value: unknown, label?: (typeof SERVICE_LABELS)[number]): string | null {
  const name = textOf(value)
  if (name === null || Array.from(name).length > LIMITS.name) return null
  const lower = name.toLowerCase()
  if (NO_SERVICE.has(lower)) return null
  if (label === 'container' && NO_CONTAINER.has(lower)) return null
  if (label === 'job' && (NO_JOB.has(lower) || lower.startsWith('kubernetes-'))) return null
  return name
}

function environmentName(value: unknown): string | null {
  const name = textOf(value)?.toLowerCase() ?? null
  if (name === null || NOTHING.has(name)) return null
  const usual = ENVIRONMENTS.find(([, synonyms]) => synonyms.has(name))?.[0]
  return usual ?? textOf(name, LIMITS.environment)
}

function hostName(value: unknown): string | null {
  const name = textOf(value, LIMITS.name)
  return name === null || NOTHING.has(name.toLowerCase()) ? null : name
}

function firstOf<Item>(items: readonly Item[], read: (item: Item) => string | null): string | null {
  for (const item of items) {
    const found = read(item)
    if (found !== null) return found
  }
  return null
}
