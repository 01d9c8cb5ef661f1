/** What can be read of the metrics that were found. */
import { KINDS, type MetricKind } from '../series'
import type { FoundSeries } from './find-metrics'
import type { FoundMetric, MetricQuery } from './metric'
import { platformRule } from './platform-metrics'
import { escaped, labelled, prefixed, type Selection } from './promql'
import { requestRule } from './request-metrics'
import { resourceRule } from './resource-metrics'
import { patternOf } from './service-labels'

const MAX_QUERIES = 18
/** More metrics of one kind tell little that the first ones do not. */
const MAX_ALIKE = 2
const RULES = [platformRule, resourceRule, requestRule] as const
/** Measured where requests arrive, rather than somewhere inside. */
const AT_THE_DOOR = /(?:^|_)(?:http|grpc|rpc|server|requests?|responses?|calls?)(?:_|$)/

/** A query, how it names services, and those that it can tell about. */
export interface PlannedQuery extends MetricQuery, Pick<Selection, 'label' | 'names'> {
  readonly services: ReadonlySet<string>
}

/**
 * The queries worth asking: for every service one of each kind before a second of any, so that the many metrics of one
 * service do not push out another's. Kinds that `told` names are read in another way.
 */
export function plan(found: readonly FoundSeries[], told: ReadonlySet<MetricKind>): readonly PlannedQuery[] {
  const all = found
    .flatMap((one) => readingsOf(one, found))
    .filter(({ kind }) => !told.has(kind))
    .toSorted(
      (a, b) =>
        KINDS.indexOf(a.kind) - KINDS.indexOf(b.kind) ||
        Number(AT_THE_DOOR.test(b.metric)) - Number(AT_THE_DOOR.test(a.metric)) ||
        (a.promql < b.promql ? -1 : 1),
    )
  const known = new Map<string, number>()
  const rounds = new Map<PlannedQuery, number>()
  for (const query of all) {
    const keys = [...query.services].map((service) => `${service}\n${query.kind}`)
    rounds.set(query, Math.min(...keys.map((key) => known.get(key) ?? 0)))
    for (const key of keys) known.set(key, (known.get(key) ?? 0) + 1)
  }
  return all
    .filter((query) => (rounds.get(query) ?? 0) < MAX_ALIKE)
    .toSorted((a, b) => (rounds.get(a) ?? 0) - (rounds.get(b) ?? 0))
    .slice(0, MAX_QUERIES)
}

function readingsOf(one: FoundSeries, all: readonly FoundSeries[]): readonly PlannedQuery[] {
  const selection = selectionOf(one)
  const beside = new Map<string, FoundMetric>(
    all.filter(({ label }) => label === one.label).map((other) => [other.name, other]),
  )
  return readingsOfMetric(one, selection, beside).map((query) => ({
    ...query,
    label: selection.label,
    names: selection.names,
    services: one.services,
  }))
}

/** What the name and the labels of a metric say; the first rule that knows something decides. */
export function readingsOfMetric(
  metric: FoundMetric,
  selection: Selection,
  beside: ReadonlyMap<string, FoundMetric>,
): readonly MetricQuery[] {
  for (const rule of RULES) {
    const said = rule({ ...metric, selection, beside })
    if (said !== null) return said
  }
  return []
}

function selectionOf({ label, whole, services }: FoundSeries): Selection {
  const names = [...services]
  if (label === null) return prefixed(names[0] ?? '')
  const pattern = whole ? names.map((name) => escaped(name)).join('|') : patternOf(label, names)
  return labelled(label, `(?i:${pattern})`, whole)
}
