/** Cloud Monitoring's timeSeries.list: its filters, and what is left of labels once series are put together. */
import { json, type Seen } from './fake'

export interface FakeTimeSeries {
  readonly type: string
  readonly labels: Readonly<Record<string, string>>
  readonly status?: string
  /** The end of each minute (ISO 8601) and its number. */
  readonly points: readonly (readonly [string, number])[]
  /** Counts come as texts. */
  readonly whole?: true
}

const FILTER =
  /^metric\.type="([^"\\]+)" AND resource\.labels\.(\w+)=one_of\((.+)\)(?: AND metric\.labels\.memory_type="non-evictable")?$/s

/** Answers with these series, by project; a metric that a project has not is not found there. */
export const aCloudMonitoring =
  (series: Readonly<Record<string, readonly FakeTimeSeries[]>>) =>
  ({ url }: Seen): Response | null => {
    const project = /^\/v3\/projects\/([^/]+)\/timeSeries$/.exec(url.pathname)?.[1]
    if (url.hostname !== 'monitoring.googleapis.com' || project === undefined) return null
    const { searchParams: query } = url
    const [, type, label = '', list] = FILTER.exec(query.get('filter') ?? '') ?? []
    const names = namesIn(list ?? '')
    const groups = query.getAll('aggregation.groupByFields')
    const isWhole =
      names !== null &&
      query.get('aggregation.alignmentPeriod') === '60s' &&
      query.get('aggregation.perSeriesAligner')?.startsWith('ALIGN_') === true &&
      query.get('aggregation.crossSeriesReducer')?.startsWith('REDUCE_') === true &&
      groups.includes(`resource.labels.${label}`)
    if (!isWhole) return json({ error: { code: 400, status: 'INVALID_ARGUMENT' } }, 400)
    const own = (series[project] ?? []).filter((one) => one.type === type)
    if (own.length === 0) return json({ error: { code: 404, status: 'NOT_FOUND' } }, 404)
    const found = own.filter(({ labels }) => names.includes(labels[label] ?? ''))
    return json({
      timeSeries: found.map(({ labels, status, points, whole }) => ({
        metric: groups.includes('metric.labels.response_code_class')
          ? { labels: { response_code_class: status } }
          : {},
        resource: { labels: { [label]: labels[label], project_id: project } },
        points: points.map(([endTime, value]) => ({
          interval: { startTime: endTime, endTime },
          value: whole === true ? { int64Value: String(value) } : { doubleValue: value },
        })),
      })),
    })
  }

/** The strings of a list, null for what is none. */
function namesIn(list: string): readonly string[] | null {
  const STRING = String.raw`"(?:[^"\\\n]|\\["\\n])*"`
  if (!new RegExp(`^${STRING}(?:,${STRING})*$`).test(list)) return null
  return (list.match(new RegExp(STRING, 'g')) ?? []).map((text) =>
    text.slice(1, -1).replaceAll(/\\(.)/g, (_, character: string) => (character === 'n' ? '\n' : character)),
  )
}
