/** Metrics whose names are fixed by cAdvisor, kube-state-metrics, the node exporter, runtimes and Prometheus itself. */
import { perSecond, reading, type Found, type MetricQuery, type Rule } from './metric'

const OURS = /^(?:container|kube|node|process)_|^up$/
const CPU_SECONDS = new Set(['container_cpu_usage_seconds_total', 'process_cpu_seconds_total'])
const MEMORY_BYTES = new Set(['container_memory_working_set_bytes', 'process_resident_memory_bytes'])
const LOST_PACKETS =
  /^(?:container_network|node_network)_(?:receive|transmit)_(?:packets_dropped|drop|errors|errs)_total$|^node_netstat_Tcp_RetransSegs$/
const DISK_BYTES = /^(?:container_fs_(?:reads|writes)|node_disk_(?:read|written))_bytes_total$/
const UNAVAILABLE = /^kube_(?:deployment_status_replicas_unavailable|daemonset_status_number_unavailable)$/
const RESTARTS = 'kube_pod_container_status_restarts_total'

export const platformRule: Rule = (found) => {
  const { name } = found
  if (!OURS.test(name)) return null
  const known = kubernetes(found) ?? resources(found)
  if (known !== null) return known
  // A pair of a used and an allowed amount may still be read.
  return /^(?:node_(?:memory|filesystem)_|process_(?:open|files_open)_)/.test(name) ? null : []
}

function resources(found: Found): readonly MetricQuery[] | null {
  const { name, selection } = found
  const sum = (extra: string) => selection.by('sum', selection.metric(name, extra))
  if (name === 'up')
    return [reading('unavailable', '1 - up', selection.by('sum', `1 - ${selection.metric(name)}`))]
  if (name === 'node_cpu_seconds_total')
    return [reading('cpu', name, perSecond(found, name, ',mode!~"idle|iowait"'))]
  if (CPU_SECONDS.has(name)) return [reading('cpu', name, perSecond(found, name, containersOf(found)))]
  if (MEMORY_BYTES.has(name)) return [reading('memory', name, sum(containersOf(found)))]
  if (
    name === 'container_cpu_cfs_throttled_periods_total' &&
    found.beside.has('container_cpu_cfs_periods_total')
  ) {
    const throttled = perSecond(found, name, containersOf(found))
    const all = perSecond(found, 'container_cpu_cfs_periods_total', containersOf(found))
    return [reading('saturation', name, `${throttled} / ${all}`)]
  }
  if (name === 'node_disk_io_time_seconds_total')
    return [reading('saturation', name, selection.by('max', `rate(${selection.metric(name)}[5m])`))]
  if (name === 'container_oom_events_total') return [reading('oom_kills', name, newlyCounted(found, name))]
  if (LOST_PACKETS.test(name)) return [reading('errors', name, perSecond(found, name))]
  return DISK_BYTES.test(name) ? [reading('disk_io', name, perSecond(found, name))] : null
}

function kubernetes(found: Found): readonly MetricQuery[] | null {
  const { name, selection } = found
  if (name === RESTARTS) {
    const restarts = newlyCounted(found, RESTARTS)
    const reason = 'kube_pod_container_status_last_terminated_reason'
    const killed = selection.by('sum', selection.metric(reason, ',reason="OOMKilled"'))
    // A reason has a series only once it happened; until then it is none.
    return [
      reading('restarts', name, restarts),
      reading('oom_kills', `${reason} OOMKilled`, `${killed} or 0 * ${restarts}`),
    ]
  }
  if (UNAVAILABLE.test(name))
    return [reading('unavailable', name, selection.by('sum', selection.metric(name)))]
  if (name === 'kube_pod_container_status_ready')
    return [reading('unavailable', `1 - ${name}`, selection.by('sum', `1 - ${selection.metric(name)}`))]
  return null
}

const newlyCounted = ({ selection }: Found, name: string): string =>
  selection.by('sum', `increase(${selection.metric(name)}[10m])`)

/** Of a pod's containers, not the sum of them all that cAdvisor shows beside them. */
const containersOf = ({ labels, selection }: Found): string =>
  selection.label !== 'container' &&
  [...(labels.get('container') ?? [])].some((container) => container !== '' && container !== 'POD')
    ? ',container!="",container!="POD"'
    : ''
