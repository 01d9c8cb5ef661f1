/** As many series as fit an answer, shared evenly among the services. */
import { KINDS, type MetricKind } from './metric'
import type { Series } from './range'

/** Bytes of JSON; a piece of evidence holds little more. */
const MAX_BYTES = 15_000

/** A series of a service, and the query that brought it. */
export interface ServiceSeries {
  readonly service: string
  readonly query: string
  readonly series: Series<MetricKind>
}

/** Every service's first series, then every service's second: kinds in their order, each once before any again. */
export function fairShare(all: readonly ServiceSeries[]): readonly ServiceSeries[] {
  const kept: ServiceSeries[] = []
  const told = new Set<string>()
  let bytes = 0
  for (const one of inTurns(all)) {
    // A query is told once, however many series it brought.
    const size = JSON.stringify(one.series).length + (told.has(one.query) ? 0 : one.query.length)
    if (bytes + size > MAX_BYTES) continue
    bytes += size
    told.add(one.query)
    kept.push(one)
  }
  return kept
}

function inTurns(all: readonly ServiceSeries[]): readonly ServiceSeries[] {
  const queues = [...Map.groupBy(all, ({ service }) => service.toLowerCase()).values()].map((own) => {
    const repeats = new Map<ServiceSeries, number>()
    for (const alike of Map.groupBy(own, ({ series }) => series.profile).values())
      for (const [index, one] of alike.entries()) repeats.set(one, index)
    return own.toSorted(
      (a, b) =>
        (repeats.get(a) ?? 0) - (repeats.get(b) ?? 0) ||
        KINDS.indexOf(a.series.profile) - KINDS.indexOf(b.series.profile),
    )
  })
  const longest = Math.max(0, ...queues.map(({ length }) => length))
  return Array.from({ length: longest }, (_, turn) => queues.flatMap((queue) => queue[turn] ?? [])).flat()
}
