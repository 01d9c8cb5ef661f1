// The PetShop data set (Amazon, CC BY 4.0) as a monitoring system would show it: series over time, a call graph, an alert.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

const STEP = 300
const QUANTILES = { p50: '0.5', p90: '0.9', p95: '0.95', p99: '0.99' }

/** @returns {object | null} a system as `evaluateSystems` takes it; null where the data is not there */
export function loadPetshop(folder) {
  const base = join(folder, 'low_traffic')
  if (!existsSync(base)) return null
  const normal = seriesOf(join(base, 'noissue', 'metrics.csv'))
  const issues = ['train', 'test'].flatMap((part) =>
    readdirSync(join(base, part))
      .toSorted((a, b) => a.localeCompare(b, 'en', { numeric: true }))
      .map((name) => issueOf(join(base, part, name), `${part}/${name}`, normal)),
  )
  return {
    name: 'PetShop',
    edges: edgesOf(join(base, 'graph.csv')),
    issues,
    promised: { top1: 0.8, top3: 0.95 },
  }
}

const csv = (path) =>
  readFileSync(path, 'utf8')
    .trim()
    .split('\n')
    .map((line) => line.split(','))

function edgesOf(path) {
  const [[, ...names], ...rows] = csv(path)
  return rows.flatMap(([from, ...cells]) =>
    names.flatMap((to, index) => (Number(cells[index]) === 1 ? [{ from, to }] : [])),
  )
}

/** Columns by name: `{ labels, points: [seconds, value][] }`. */
function seriesOf(path) {
  const [services, metrics, statistics, , ...rows] = csv(path)
  return services.slice(1).map((service, index) => {
    const column = index + 1
    return {
      labels: labelsOf(service, metrics[column], statistics[column]),
      points: rows.flatMap((row) =>
        (row[column] ?? '') === '' ? [] : [[Number(row[0]), Number(row[column])]],
      ),
    }
  })
}

function labelsOf(service, metric, statistic) {
  const name = { latency: 'petshop_latency_seconds', availability: 'petshop_availability_percent' }[metric]
  if (name === undefined) return { __name__: 'petshop_requests', service }
  return { __name__: name, service, quantile: QUANTILES[statistic] ?? 'avg' }
}

/** First and last time of any point. */
const spanOf = (series) =>
  series
    .flatMap(({ points }) => points)
    .reduce((span, [time]) => ({ first: Math.min(span.first, time), last: Math.max(span.last, time) }), {
      first: Infinity,
      last: -Infinity,
    })

const keyOf = ({ labels }) => JSON.stringify(labels)

/** An issue behind the normal period, which was recorded at another time and is moved to just before it. */
function issueOf(folder, name, normal) {
  const { target, root_cause: cause } = JSON.parse(readFileSync(join(folder, 'target.json'), 'utf8'))
  const own = seriesOf(join(folder, 'metrics.csv'))
  const { first, last } = spanOf(own)
  const { last: lastNormal } = spanOf(normal)
  const moved = new Map(
    normal.map((series) => [
      keyOf(series),
      series.points.map(([time, value]) => [time - lastNormal + first - STEP, value]),
    ]),
  )
  return {
    name,
    target,
    cause: cause.node,
    end: last,
    series: own.map((series) => ({
      labels: series.labels,
      points: [...(moved.get(keyOf(series)) ?? []), ...series.points],
    })),
  }
}
