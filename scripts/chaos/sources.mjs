/** A Prometheus and a Loki in which nothing is ever unusual: every service they are asked for exists, and is well. */
export function answerAsSource({ pathname, searchParams: asked }) {
  const services = [...new Set([...asked.values()].join(' ').match(/service-\d+/g))]
  if (pathname.endsWith('/api/v1/series'))
    return success(services.map((service) => ({ __name__: 'http_requests_in_flight', service })))
  if (pathname === '/api/v1/query_range')
    return success({ resultType: 'matrix', result: services.map(steady(asked)) })
  if (pathname === '/loki/api/v1/query_range') return success({ resultType: 'streams', result: [] })
  return success(pathname.endsWith('/query') ? { resultType: 'vector', result: [] } : [])
}

const success = (data) => ({ status: 'success', data })

const steady = (asked) => (service) => {
  const [start, end, step] = ['start', 'end', 'step'].map((name) => Number(asked.get(name)) || 60)
  const count = Math.min(500, Math.floor((end - start) / step) + 1)
  return {
    metric: { service },
    values: Array.from({ length: count }, (_, index) => [start + index * step, String(5 + (index % 3))]),
  }
}
