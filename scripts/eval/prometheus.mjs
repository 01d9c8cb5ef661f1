// As much of a Prometheus as the investigation asks: labels, series, and queries at a time or over time.
import { compile, matcherOf } from './promql.mjs'

/**
 * Answers the HTTP API over series whose times are moved by `shift` seconds.
 * @param {{ labels: Record<string, string>, points: [number, number][] }[]} series
 */
export function prometheusOf(series, shift) {
  return (url) => {
    const { pathname, searchParams: query } = new URL(url)
    if (pathname === '/api/v1/labels')
      return success([...new Set(series.flatMap(({ labels }) => Object.keys(labels)))].toSorted())
    if (pathname.startsWith('/api/v1/label/')) return success([])
    if (pathname === '/api/v1/rules') return success({ groups: [] })
    if (pathname === '/api/v1/series') {
      const matches = query.getAll('match[]').map(matcherOf)
      return success(series.map(({ labels }) => labels).filter((labels) => matches.some((is) => is(labels))))
    }
    if (pathname === '/api/v1/query') return success(instant(series, shift, query))
    if (pathname === '/api/v1/query_range') return success(range(series, shift, query))
    return Response.json({ status: 'error', errorType: 'not_found', error: 'not found' }, { status: 404 })
  }
}

const success = (data) => Response.json({ status: 'success', data })

function instant(series, shift, query) {
  if (query.get('query') === 'vector(1)') return { resultType: 'vector', result: [] }
  const time = Number(query.get('time'))
  const result = compile(query.get('query'), series)(time - shift)
  return {
    resultType: 'vector',
    result: result.map(({ labels, value }) => ({ metric: labels, value: [time, String(value)] })),
  }
}

function range(series, shift, query) {
  const at = compile(query.get('query'), series)
  const [start, end, step] = ['start', 'end', 'step'].map((name) => Number(query.get(name)))
  const results = new Map()
  for (let time = start; time <= end; time += step) {
    for (const { labels, value } of at(time - shift)) {
      const key = JSON.stringify(labels)
      if (!results.has(key)) results.set(key, { metric: labels, values: [] })
      results.get(key).values.push([time, String(value)])
    }
  }
  return { resultType: 'matrix', result: [...results.values()] }
}
