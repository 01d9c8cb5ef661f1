/** Metrics of services in Cloud Monitoring: of services of Cloud Run, containers and databases that are called like them. */
import * as z from 'zod'
import { iso, MINUTE } from '../../lib/time'
import type { Vendor } from '../operation'
import { anyOk, mapOk, ok, type Outcome } from '../outcome'
import { quoted } from '../quoted'
import { read, readingAs, withQuery } from '../read'
import { MOST_BYTES } from '../service-logs'
import { serviceSeries, type MinutePoint, type Span } from '../service-series'
import type { Details } from './details'
import { METRIC_SOURCES, type MetricSource } from './metric-sources'
import { projectsToRead } from './projects'

const API = 'https://monitoring.googleapis.com/v3/projects'
/** Each is asked for every metric. */
const MOST_PROJECTS = 4
const STATUS = 'response_code_class'

const labels = z.object({ labels: z.record(z.string(), z.string()).default({}) }).default({ labels: {} })
const value = z.object({ doubleValue: z.number().optional(), int64Value: z.coerce.number().optional() })
const timeSeries = z.object({
  metric: labels,
  resource: labels,
  points: z.array(z.object({ interval: z.object({ endTime: z.string() }), value })).default([]),
})
const found = z.object({ timeSeries: z.array(timeSeries).default([]) })
type TimeSeries = z.infer<typeof timeSeries>

export const gcpServiceMetrics = serviceSeries(
  () => API,
  async (vendor: Vendor<Details>, services, span) => {
    const projects = await projectsToRead(vendor, MOST_PROJECTS)
    if (projects.kind !== 'ok') return projects
    const answers: Outcome<readonly MinutePoint[]>[] = []
    // One project after the other: a Worker has six connections open, and what waits for one runs out of its own time.
    for (const project of projects.value)
      answers.push(
        ...(await Promise.all(
          METRIC_SOURCES.map((source) => readSource(vendor, project, source, services, span)),
        )),
      )
    return mapOk(anyOk(answers), (read) => read.flat())
  },
)

/** One metric of a project. */
async function readSource(
  vendor: Vendor<Details>,
  project: string,
  source: MetricSource,
  services: readonly string[],
  { from, to }: Span,
): Promise<Outcome<readonly MinutePoint[]>> {
  const named = namesIn(project, source, services)
  const label = `resource.labels.${source.named}`
  const filter = [
    `metric.type=${quoted(source.type)}`,
    `${label}=one_of(${[...named.keys()].map(quoted).join(',')})`,
    ...(source.only === undefined ? [] : [source.only]),
  ].join(' AND ')
  const url = withQuery(`${API}/${encodeURIComponent(project)}/timeSeries`, {
    filter,
    'interval.startTime': iso(from),
    'interval.endTime': iso(to),
    'aggregation.alignmentPeriod': '60s',
    'aggregation.perSeriesAligner': source.aligner,
    'aggregation.crossSeriesReducer': source.reducer,
    'aggregation.groupByFields': [label, ...(source.byStatus === true ? [`metric.labels.${STATUS}`] : [])],
  })
  const answer = await read(vendor, url, { maxBytes: MOST_BYTES })
  // A project has only the metrics of what it uses.
  if (answer.kind === 'not_found') return ok([])
  return mapOk(readingAs(answer, found), ({ timeSeries }) =>
    [...named].flatMap(([name, service]) => {
      const own = timeSeries.filter(({ resource }) => resource.labels[source.named] === name)
      return pointsOf(source, { service, name: `${source.type} in ${project}` }, own)
    }),
  )
}

/** The services by what a label calls them: names of these resources are in lower case. */
const namesIn = (
  project: string,
  { behindProject }: MetricSource,
  services: readonly string[],
): ReadonlyMap<string, string> =>
  new Map(
    services.map((service) => [
      `${behindProject === true ? `${project}:` : ''}${service.toLowerCase()}`,
      service,
    ]),
  )

function pointsOf(
  { kind, unit, byStatus }: MetricSource,
  point: Pick<MinutePoint, 'service' | 'name'>,
  own: readonly TimeSeries[],
): readonly MinutePoint[] {
  const all = minutesOf(own)
  const read = [...all].map(([at, value]) => ({ ...point, profile: kind, at, value: value * unit }))
  if (byStatus !== true) return read
  const failed = minutesOf(own.filter(({ metric }) => metric.labels[STATUS] === '5xx'))
  const share = { ...point, profile: 'error_ratio', name: `5xx of ${point.name}` } as const
  return [
    ...[...all].flatMap(([at, value]) =>
      value > 0 ? [{ ...share, at, value: (failed.get(at) ?? 0) / value }] : [],
    ),
    ...read,
  ]
}

/** The sum of some series by the beginning of each minute (ms). */
function minutesOf(series: readonly TimeSeries[]): ReadonlyMap<number, number> {
  const minutes = new Map<number, number>()
  for (const { points } of series)
    for (const { interval, value } of points) {
      const at = Date.parse(interval.endTime) - MINUTE
      minutes.set(at, (minutes.get(at) ?? 0) + (value.doubleValue ?? value.int64Value ?? Number.NaN))
    }
  return minutes
}
