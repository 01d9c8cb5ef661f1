// As much of a Prometheus as the investigation asks: finding series, and aggregations of a selector over time.

/** Seconds for which a sample stands until the next one, as in Prometheus. */
const LOOKBACK = 300
const SELECTOR = /([a-zA-Z_:][a-zA-Z0-9_:]*)?\{([^}]*)\}/
const MATCHER = /([a-zA-Z_]\w*)(=~|=)"((?:[^"\\]|\\.)*)"/g
const AGGREGATION = /^(max|min|sum) by \((\w+)\) \((.*)\)$/s

/**
 * Answers the HTTP API over series whose times are moved by `shift` seconds.
 * @param {{ labels: Record<string, string>, points: [number, number][] }[]} series
 */
export function prometheusOf(series, shift) {
  return (url) => {
    const { pathname, searchParams: query } = new URL(url)
    if (pathname === '/api/v1/query') return success({ resultType: 'vector', result: [] })
    if (pathname.startsWith('/api/v1/label/')) return success([])
    if (pathname === '/api/v1/series') {
      const matches = query.getAll('match[]').map(selectorOf)
      return success(series.map(({ labels }) => labels).filter((labels) => matches.some((is) => is(labels))))
    }
    if (pathname === '/api/v1/query_range') return success(range(series, shift, query))
    return Response.json({ status: 'error', errorType: 'not_found', error: 'not found' }, { status: 404 })
  }
}

const success = (data) => Response.json({ status: 'success', data })

/** A predicate on labels. */
function selectorOf(text) {
  const [, name, matchers = ''] = SELECTOR.exec(text) ?? []
  const all = Array.from(matchers.matchAll(MATCHER), ([, label, operator, quoted]) => {
    const value = JSON.parse(`"${quoted}"`)
    const pattern = operator === '=~' ? new RegExp(`^(?:${value})$`) : null
    return (labels) =>
      pattern === null ? (labels[label] ?? '') === value : pattern.test(labels[label] ?? '')
  })
  return (labels) => (name === undefined || labels.__name__ === name) && all.every((is) => is(labels))
}

function range(series, shift, query) {
  const [, operation, label, inner] = AGGREGATION.exec(query.get('query') ?? '') ?? []
  if (operation === undefined) throw new Error(`not understood: ${query.get('query')}`)
  const chosen = series.filter(({ labels }) => selectorOf(inner)(labels))
  const [start, end, step] = ['start', 'end', 'step'].map((name) => Number(query.get(name)))
  const result = Object.entries(Object.groupBy(chosen, ({ labels }) => labels[label] ?? '')).map(
    ([value, group]) => {
      const values = []
      for (let time = start; time <= end; time += step) {
        const found = group.flatMap(({ points }) => valueAt(points, time - shift))
        if (found.length > 0) values.push([time, String(joined(operation, found))])
      }
      return { metric: { [label]: value }, values }
    },
  )
  return { resultType: 'matrix', result: result.filter(({ values }) => values.length > 0) }
}

function joined(operation, values) {
  if (operation === 'sum') return values.reduce((sum, value) => sum + value, 0)
  return operation === 'max' ? Math.max(...values) : Math.min(...values)
}

/** The newest value at a time, unless it is too old. */
function valueAt(points, time) {
  const found = points.findLast(([at]) => at <= time)
  return found !== undefined && time - found[0] < LOOKBACK ? [found[1]] : []
}
