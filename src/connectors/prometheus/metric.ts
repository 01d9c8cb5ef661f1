/** A metric as it was found, and one reading of it. */
import type { MetricKind } from '../series'
import type { Selection } from './promql'
import type { Unit } from './units'

/** A metric that has series of services asked about. */
export interface FoundMetric {
  readonly name: string
  /** Names of its labels, and their values where those matter. */
  readonly labels: ReadonlyMap<string, ReadonlySet<string>>
}

/** What is needed to read it. */
export interface Found extends FoundMetric {
  readonly selection: Selection
  /** Metrics of the same services, by name. */
  readonly beside: ReadonlyMap<string, FoundMetric>
}

/** One query: its numbers are those of `kind` once they are converted from `unit`. */
export interface MetricQuery {
  readonly kind: MetricKind
  /** What the series is called. */
  readonly metric: string
  readonly promql: string
  readonly unit: Unit
}

/** What some names say: null when they are not for this rule, empty when there is nothing to read. */
export type Rule = (found: Found) => readonly MetricQuery[] | null

export const reading = (
  kind: MetricKind,
  metric: string,
  promql: string,
  unit: Unit = 'as_is',
): MetricQuery => ({ kind, metric, promql, unit })

/** How much of a counter was counted in a second. */
export const perSecond = ({ selection }: Found, name: string, matchers = ''): string =>
  selection.by('sum', `rate(${selection.metric(name, matchers)}[5m])`)

/** A name without some of its words: what a used and an allowed amount of the same thing have in common. */
export const stemOf = (name: string, words: ReadonlySet<string>): string =>
  name
    .toLowerCase()
    .split('_')
    .filter((word) => !words.has(word))
    .join('_')
