/** Finds metrics of CloudWatch by names of services, and reads them in the same request. */
import * as z from 'zod'
import { iso } from '../../lib/time'
import type { Vendor } from '../operation'
import { ok, type Outcome } from '../outcome'
import { readingAs } from '../read'
import type { Span } from '../service-series'
import { askAws } from './ask-aws'
import type { Details } from './details'
import type { MetricSource } from './metric-sources'
import { regionOf } from './regions'
import { queryRequest } from './sign'

/** A request holds no more searches; which of too many metrics they find is CloudWatch's to choose. */
export const MOST_SEARCHES = 5
const MOST_PAGES = 3
const MOST_POINTS = 20_000
/** What stands between the parts of a label; no name has it. */
const BETWEEN = '|'
/** The characters of resources' names: a search has no others, and none of its own words. */
const SEARCHABLE = /^(?!(?:AND|OR|NOT)$)\w[\w.-]{0,63}$/

/** One metric of one resource, its values by time (ms). */
export interface FoundMetric {
  readonly source: MetricSource
  readonly metric: string
  readonly resource: string
  readonly beside: readonly string[]
  readonly values: ReadonlyMap<number, number>
}

const nothing = z.literal('').transform(() => ({ member: [] }))
const texts = z.object({ member: z.array(z.string()) }).or(nothing)
const result = z.object({ Id: z.string(), Label: z.string(), Timestamps: texts, Values: texts })
const page = z.object({
  GetMetricDataResponse: z.object({
    GetMetricDataResult: z.object({
      MetricDataResults: z.object({ member: z.array(result) }).or(nothing),
      NextToken: z.string().optional(),
    }),
  }),
})

export const isSearchable = (service: string): boolean => SEARCHABLE.test(service)

/** What these sources have of resources with names like these, five sources at most. */
export async function searchMetrics(
  vendor: Vendor<Details>,
  sources: readonly MetricSource[],
  services: readonly string[],
  { from, to }: Span,
): Promise<Outcome<readonly FoundMetric[]>> {
  const queries = sources.flatMap((source, index): readonly (readonly [string, string])[] => {
    const query = `MetricDataQueries.member.${index + 1}`
    return [
      [`${query}.Id`, `s${index}`],
      [`${query}.Expression`, searchFor(source, services)],
      [`${query}.Label`, labelOf(source)],
    ]
  })
  const found: FoundMetric[] = []
  let nextToken: string | undefined
  for (let count = 0; count < MOST_PAGES; count++) {
    const request = queryRequest('monitoring', regionOf(vendor.details.region), {
      Action: 'GetMetricData',
      Version: '2010-08-01',
      StartTime: iso(from),
      EndTime: iso(to),
      MaxDatapoints: MOST_POINTS,
      ...Object.fromEntries(queries),
      NextToken: nextToken,
    })
    const answer: Outcome<z.infer<typeof page>> = readingAs(await askAws(vendor, request), page)
    if (answer.kind !== 'ok') return answer
    const { MetricDataResults, NextToken } = answer.value.GetMetricDataResponse.GetMetricDataResult
    found.push(...MetricDataResults.member.flatMap((one) => foundIn(one, sources)))
    nextToken = NextToken
    if (nextToken === undefined) break
  }
  return ok(found)
}

/** Names are not quoted: so they are found inside of longer ones, and those of one word whatever their case. */
function searchFor(
  { namespace, named, beside, stat, readings }: MetricSource,
  services: readonly string[],
): string {
  const schema = [namespace, named, ...beside].join(',')
  const metrics = new Set(readings.flatMap(({ metric, of }) => [metric, ...(of === undefined ? [] : [of])]))
  const any = (name: string, terms: readonly string[]): string =>
    `(${terms.map((term) => `${name}=${term}`).join(' OR ')})`
  const these = any(
    'MetricName',
    [...metrics].map((metric) => `"${metric}"`),
  )
  return `SEARCH('{${schema}} ${these} ${any(named, services)}', '${stat}', 60)`
}

/** Has CloudWatch name each result by its metric, the resource, and the other dimensions. */
const labelOf = ({ named, beside }: MetricSource): string =>
  ['MetricName', ...[named, ...beside].map((dimension) => `Dim.${dimension}`)]
    .map((property) => `\${PROP('${property}')}`)
    .join(BETWEEN)

function foundIn(
  { Id, Label, Timestamps, Values }: z.infer<typeof result>,
  sources: readonly MetricSource[],
): readonly FoundMetric[] {
  const source = sources[Number(Id.slice(1))]
  const [metric = '', resource = '', ...beside] = Label.split(BETWEEN)
  const points = Timestamps.member.map(
    (time, index) => [Date.parse(time), Number(Values.member[index])] as const,
  )
  return source === undefined ? [] : [{ source, metric, resource, beside, values: new Map(points) }]
}
