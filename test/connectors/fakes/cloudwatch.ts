/** CloudWatch's GetMetricData with searches: their grammar, their limits, and how names are found by their parts. */
import type { Seen } from './fake'

export interface FakeMetric {
  readonly namespace: string
  readonly dimensions: Readonly<Record<string, string>>
  readonly name: string
  readonly stat: string
  /** ISO 8601 and the number. */
  readonly points: readonly (readonly [string, number])[]
}

const MOST_SEARCHES = 5
const LONGEST = 1024
const SEARCH = /^SEARCH\('\{([\w/]+(?:,\w+)*)\} \(([^'()]+)\) \(([^'()]+)\)', '(\w+)', (\d+)\)$/
const TERM = /^(\w+)=(?:"([\w]+)"|(\w[\w.-]*))$/
const OPERATORS = new Set(['AND', 'OR', 'NOT'])

const refuse = (): Response =>
  new Response(
    '<ErrorResponse><Error><Type>Sender</Type><Code>ValidationError</Code><Message>words of the vendor that nobody may see</Message></Error></ErrorResponse>',
    { status: 400 },
  )

/** Answers with these metrics, so many results a page. */
export const aCloudWatch =
  (metrics: readonly FakeMetric[], perPage = 100) =>
  ({ url, body }: Seen): Response | null => {
    if (!url.hostname.startsWith('monitoring.')) return null
    const form = new URLSearchParams(body)
    if (form.get('Action') !== 'GetMetricData' || form.get('Version') !== '2010-08-01') return refuse()
    const queries = queriesIn(form)
    if (queries.length === 0 || queries.length > MOST_SEARCHES) return refuse()
    const results: string[] = []
    for (const { id, expression, label } of queries) {
      const found = searched(expression, metrics)
      if (found === null) return refuse()
      results.push(...found.map((metric) => resultOf(id, labelled(label, metric), metric, form)))
    }
    const from = Number(form.get('NextToken') ?? '0')
    const page = results.slice(from, from + perPage)
    const list =
      page.length === 0 ? '<MetricDataResults/>' : `<MetricDataResults>${page.join('')}</MetricDataResults>`
    const next = from + perPage < results.length ? `<NextToken>${from + perPage}</NextToken>` : ''
    return new Response(
      `<GetMetricDataResponse xmlns="http://monitoring.amazonaws.com/doc/2010-08-01/"><GetMetricDataResult>${next}${list}<Messages/></GetMetricDataResult></GetMetricDataResponse>`,
      { headers: { 'content-type': 'text/xml' } },
    )
  }

function queriesIn(form: URLSearchParams) {
  const queries = []
  for (let number = 1; form.has(`MetricDataQueries.member.${number}.Id`); number++) {
    const of = (key: string): string => form.get(`MetricDataQueries.member.${number}.${key}`) ?? ''
    queries.push({ id: of('Id'), expression: of('Expression'), label: of('Label') })
  }
  return queries
}

/** Null for what is no search. */
function searched(expression: string, metrics: readonly FakeMetric[]): readonly FakeMetric[] | null {
  const [, schema = '', names = '', services = '', stat, period] = SEARCH.exec(expression) ?? []
  if (stat === undefined || period !== '60' || expression.length > LONGEST) return null
  const [namespace, ...dimensions] = schema.split(',')
  const terms = [names, services].map((list) => list.split(' OR ').map((term) => TERM.exec(term)))
  if (terms.flat().some((term) => term === null || OPERATORS.has(term[3] ?? ''))) return null
  return metrics.filter(
    (metric) =>
      metric.namespace === namespace &&
      metric.stat === stat &&
      Object.keys(metric.dimensions).toSorted().join() === dimensions.toSorted().join() &&
      terms.every((list) => list.some((term) => matches(metric, term))),
  )
}

function matches({ name, dimensions }: FakeMetric, term: RegExpExecArray | null): boolean {
  const [, property = '', exact, partial = ''] = term ?? []
  const value = property === 'MetricName' ? name : (dimensions[property] ?? '')
  const parts = (text: string): string => `-${(text.toLowerCase().match(/[a-z]+|\d+/g) ?? []).join('-')}-`
  return exact === undefined ? parts(value).includes(parts(partial)) : value === exact
}

const labelled = (label: string, { name, dimensions }: FakeMetric): string =>
  label.replaceAll(/\$\{PROP\('(?:(MetricName)|Dim\.(\w+))'\)\}/g, (_, metric?: string, dimension = '') =>
    metric === undefined ? (dimensions[String(dimension)] ?? '') : name,
  )

function resultOf(id: string, label: string, { points }: FakeMetric, form: URLSearchParams): string {
  const [start, end] = ['StartTime', 'EndTime'].map((key) => Date.parse(form.get(key) ?? ''))
  // The first period is that in which the window begins.
  const inside = points.filter(
    ([time]) => Date.parse(time) > (start ?? 0) - 60_000 && Date.parse(time) < (end ?? 0),
  )
  const list = (name: string, texts: readonly (string | number)[]): string =>
    texts.length === 0
      ? `<${name}/>`
      : `<${name}>${texts.map((text) => `<member>${text}</member>`).join('')}</${name}>`
  const times = list(
    'Timestamps',
    inside.map(([time]) => time),
  )
  const values = list(
    'Values',
    inside.map(([, value]) => value),
  )
  return `<member><Id>${id}</Id><Label>${label}</Label>${times}${values}<StatusCode>Complete</StatusCode></member>`
}
