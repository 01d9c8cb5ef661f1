/** As many series as fit an answer, shared evenly among the services. */
import { KINDS, type MetricKind, type Series } from './series'

/** Bytes of JSON; a piece of evidence holds little more. */
const MAX_BYTES = 15_000

export interface ServiceSeries {
  readonly service: string
  readonly series: Series<MetricKind>
  /** What brought it, where that is told, too. */
  readonly query?: string
}

/** Every service's first series, then every service's second: kinds in their order, each once before any again. */
export function fairShare<T extends ServiceSeries>(all: readonly T[]): readonly T[] {
  const kept: T[] = []
  const told = new Set<string>()
  let bytes = 0
  for (const one of inTurns(all)) {
    const { series, query = '' } = one
    // A query is told once, however many series it brought.
    const size = JSON.stringify(series).length + (told.has(query) ? 0 : query.length)
    if (bytes + size > MAX_BYTES) continue
    bytes += size
    told.add(query)
    kept.push(one)
  }
  return kept
}

function inTurns<T extends ServiceSeries>(all: readonly T[]): readonly T[] {
  const queues = [...Map.groupBy(all, ({ service }) => service.toLowerCase()).values()].map((own) => {
    const repeats = new Map<T, number>()
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
