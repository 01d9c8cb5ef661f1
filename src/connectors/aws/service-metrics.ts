/** Metrics of services in CloudWatch, in the connection's region: those of resources that are named like them. */
import { MINUTE } from '../../lib/time'
import type { Vendor } from '../operation'
import { anyOk, mapOk, ok } from '../outcome'
import { serviceSeries, type MinutePoint, type Span } from '../service-series'
import type { Details } from './details'
import { isSearchable, MOST_SEARCHES, searchMetrics, type FoundMetric } from './metric-search'
import { METRIC_SOURCES } from './metric-sources'
import { ownerOf } from './names'
import { hostOf, regionOf } from './regions'

export const awsServiceMetrics = serviceSeries(
  ({ details }: Vendor<Details>) => `https://${hostOf('monitoring', regionOf(details.region))}/`,
  async (vendor: Vendor<Details>, services, span) => {
    const searchable = services.filter(isSearchable)
    if (searchable.length === 0) return ok([])
    const batches = Array.from({ length: Math.ceil(METRIC_SOURCES.length / MOST_SEARCHES) }, (_, index) =>
      METRIC_SOURCES.slice(index * MOST_SEARCHES, (index + 1) * MOST_SEARCHES),
    )
    const answers = await Promise.all(batches.map((batch) => searchMetrics(vendor, batch, searchable, span)))
    return mapOk(anyOk(answers), (found) =>
      ownedBy(searchable, resourcesIn(found.flat())).flatMap((owned) => pointsOf(owned, span)),
    )
  },
)

/** The metrics of each resource by each statistic, the shortest names first. */
const resourcesIn = (found: readonly FoundMetric[]): readonly (readonly FoundMetric[])[] =>
  [
    ...Map.groupBy(found, ({ source, resource, beside }) =>
      [source.namespace, source.stat, resource, ...beside].join('\n'),
    ).values(),
  ].toSorted((a, b) => lengthOf(a) - lengthOf(b) || (labelOf(a) < labelOf(b) ? -1 : 1))

const lengthOf = ([one]: readonly FoundMetric[]): number => one?.resource.length ?? 0
const labelOf = ([one]: readonly FoundMetric[]): string => [one?.resource, ...(one?.beside ?? [])].join('\n')

interface Owned {
  readonly service: string
  readonly first: FoundMetric
  readonly own: readonly FoundMetric[]
}

/** Those of the services. `staging-checkout` says nothing of `checkout` where something of its kind is called `checkout`. */
function ownedBy(
  services: readonly string[],
  resources: readonly (readonly FoundMetric[])[],
): readonly Owned[] {
  const owned = resources.flatMap((own) => {
    const [first] = own
    const owner = first === undefined ? null : ownerOf(first.resource, services)
    return first === undefined || owner === null ? [] : [{ ...owner, first, own }]
  })
  const kindOf = ({ service, first }: Owned): string => `${first.source.namespace} ${service}`
  const exact = new Set(owned.filter(({ isExact }) => isExact).map(kindOf))
  return owned.filter((one) => one.isExact || !exact.has(kindOf(one)))
}

/** What one resource tells of its service by one statistic. */
function pointsOf({ service, first, own }: Owned, span: Span): readonly MinutePoint[] {
  const { source, resource, beside } = first
  const where = [resource, ...(beside.length === 0 ? [] : ['in', beside.join(', ')])].join(' ')
  const valuesOf = (metric: string): ReadonlyMap<number, number> =>
    new Map(own.filter((one) => one.metric === metric).flatMap(({ values }) => [...values]))
  return source.readings.flatMap(({ metric, kind, unit, of, rare }) => {
    const values = valuesOf(metric)
    const name = of === undefined ? `${metric} ${source.stat}` : `${metric} / ${of}`
    const point = { service, profile: kind, name: `${name} of ${where}` }
    const read =
      of === undefined
        ? [...values].map(([at, value]) => [at, value * unit] as const)
        : sharesOf(values, valuesOf(of))
    const zeros = rare === true && values.size > 0 ? minutesOf(span).map((at) => [at, 0] as const) : []
    return [...zeros, ...read].map(([at, value]) => ({ ...point, at, value }))
  })
}

/** Where nothing of it was reported there was none. */
const sharesOf = (part: ReadonlyMap<number, number>, whole: ReadonlyMap<number, number>) =>
  [...whole].flatMap(([at, all]) => (all > 0 ? [[at, (part.get(at) ?? 0) / all] as const] : []))

const minutesOf = ({ from, to }: Span): readonly number[] =>
  Array.from({ length: Math.floor((to - from) / MINUTE) + 1 }, (_, index) => from + index * MINUTE)
