/**
 * Which metrics to read next: what the alerts themselves look at, then those of the alerting services and what they call, then of whatever an unusual one calls.
 * A walk down the call graph along anomalies, as in "Localizing failure root causes in a microservice through causality
 * inference" (Meng et al., 2020), without its random steps: the same case gives the same calls.
 */
import type { CaseFile } from '../analyst/case-file'
import { serviceKey } from '../analyst/names'
import { isSymptom } from '../analyst/signs'
import { iso } from '../../lib/time'
import { commandOf } from '../tools/tool'
import { askedIn, toldIn, toolsOf } from './ask-services'
import type { Turn } from './investigate'
import type { Transcript } from './transcript'

const MAX_ALERTS = 3
const MAX_SERVICES = 8
const MAX_ROUNDS = 6
/** How far the topology was read around the alerting services. */
const KNOWN_HOPS = 3

const isAlertSeries = (name: string): boolean => name.endsWith('_alert_series')
const isServiceMetrics = (name: string): boolean => name.endsWith('_service_metrics')
export const isMetrics = (name: string): boolean => isServiceMetrics(name) || isAlertSeries(name)

/** The expressions of the alerts once, then the metrics of services for as long as these lead on. */
export function furtherCalls(
  file: CaseFile,
  { evidence }: Pick<Transcript, 'evidence'>,
  offered: ReadonlySet<string>,
): Turn['calls'] {
  const asked = evidence.some(({ tool }) => isAlertSeries(tool))
  return [...(asked ? [] : expressionCalls(file, offered)), ...metricCalls(file, evidence, offered)]
}

/** The first alerts of a rule: with its expression where their link carries it, else by its name. */
function expressionCalls(file: CaseFile, offered: ReadonlySet<string>): Turn['calls'] {
  const tool = [...offered].toSorted().find(isAlertSeries)
  const alerts = file.timeline.value.alerts.flatMap(({ service, labels, sourceUrl }) => {
    const rule = labels['alertname']
    if (service === null || rule === undefined || rule === '') return []
    const expression = URL.parse(sourceUrl ?? '')?.searchParams.get('g0.expr') ?? ''
    return [{ service, rule, ...(expression === '' ? {} : { expression }) }]
  })
  const each = new Map(
    alerts.toReversed().map((alert) => [`${serviceKey(alert.service)}\n${alert.rule}`, alert]),
  )
  const first = [...each.values()].toReversed().slice(0, MAX_ALERTS)
  return tool === undefined || first.length === 0
    ? []
    : [{ name: tool, args: { alerts: first, onset: iso(file.onset) } }]
}

function metricCalls(
  file: CaseFile,
  evidence: Transcript['evidence'],
  offered: ReadonlySet<string>,
): Turn['calls'] {
  const rounds = evidence.filter((item) => isServiceMetrics(item.tool))
  const isSpent = (name: string): boolean =>
    rounds.some(({ tool, status }) => tool === name && status !== 'success')
  const open = toolsOf('service_metrics', offered).filter((name) => !isSpent(name))
  if (open.length === 0 || rounds.length >= MAX_ROUNDS) return []
  const unexplored = unexploredOf(file, evidence)
  if (unexplored !== undefined && offered.has('service_topology'))
    return [{ name: 'service_topology', args: topologyOf(unexplored) }]
  const told = toldIn(rounds)
  const unmeasured = frontierOf(file).filter((service) => !told.has(serviceKey(service)))
  // One source after the other: the next when one is down, and for the services that one does not know.
  const calls = open.flatMap((name) => {
    const asked = askedIn(rounds.filter(({ tool }) => tool === name))
    const services = unmeasured.filter((service) => !asked.has(serviceKey(service))).slice(0, MAX_SERVICES)
    return services.length === 0 ? [] : [{ name, args: { services, onset: iso(file.onset) } }]
  })
  return calls.slice(0, 1)
}

const topologyOf = (service: string) => ({ service, hops: KNOWN_HOPS })

const anomalousOf = ({ series }: CaseFile): readonly string[] => [
  ...new Set(series.filter((one) => one.score.anomalous && isSymptom(one)).map(({ service }) => service)),
]

const alertingOf = ({ timeline }: CaseFile): readonly string[] =>
  timeline.value.services.map(({ service }) => service)

/** Alerting services, what they call, and what an unusual service calls; each once, in this order. */
function frontierOf(file: CaseFile): readonly string[] {
  const callees = (service: string) => file.graph.dependencies(service, 1).map((found) => found.service)
  const alerting = alertingOf(file)
  const all = [...alerting, ...alerting.flatMap(callees), ...anomalousOf(file).flatMap(callees)]
  return [...new Map(all.toReversed().map((service) => [serviceKey(service), service])).values()].toReversed()
}

/** An unusual service at the edge of the known graph, whose own dependencies nobody has asked for. */
function unexploredOf(file: CaseFile, evidence: Transcript['evidence']): string | undefined {
  const asked = new Set(evidence.map(({ command }) => command))
  const alerting = alertingOf(file)
  return anomalousOf(file).find((service) => {
    const hops = alerting.map((from) => file.graph.hops(from, service)).filter((found) => found !== null)
    return (
      hops.length > 0 &&
      Math.min(...hops) >= KNOWN_HOPS &&
      file.graph.dependencies(service, 1).length === 0 &&
      !asked.has(commandOf('service_topology', topologyOf(service)))
    )
  })
}
