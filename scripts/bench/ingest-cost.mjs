// What an alert costs the database, counted and not timed, with few and with many alerts stored: it must not grow.
import { table } from '../lib/table.mjs'
import { seedAlerts } from './seed-alerts.mjs'

const SIZES = (process.env.BENCH_ALERTS || '1000,100000').split(',').map(Number)
const ALERTS = 50
const number = (value) => value.toFixed(1)

export async function measureAlertCosts(bench) {
  const { api, orgId, paths } = await bench.anOrganisation('History', 1, { investigate: false })
  const [path] = paths
  const { integrations } = await api.get('/api/integrations')
  const [{ id: integrationId }] = integrations
  const rows = []
  const costs = []
  let from = 0
  for (const size of SIZES) {
    await seedAlerts(bench.db, { orgId, integrationId, from, to: size })
    from = size
    // The service has an open incident, an open alert and thousands of closed ones.
    const cost = await costOf(bench, path, `service-${size % 50}`)
    costs.push(cost)
    rows.push([number(size).replace('.0', ''), ...Object.values(cost).map(number)])
  }
  console.log('\nCost of one alert, half of the stored ones open and half closed:\n')
  console.log(
    table(
      [
        'alerts stored',
        'accept: statements',
        'rows read',
        'written',
        'process: statements',
        'rows read',
        'written',
      ],
      rows,
    ),
  )
  const [first, last] = [costs[0], costs.at(-1)]
  for (const key of Object.keys(first))
    bench.promise(
      last[key] <= first[key] * 1.2 + 2,
      `${key} grows with the stored alerts: ${number(first[key])}, then ${number(last[key])}`,
    )
}

/** A delivery with one alert as it is accepted, and a chunk of alerts as it is processed. */
async function costOf(bench, path, service) {
  const send = async (body) => {
    const response = await fetch(bench.url + path, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-aurora-debug': 'cost' },
      body: JSON.stringify(body),
    })
    return figuresOf(response.headers.get('x-aurora-cost') ?? '')
  }
  // The first one opens the incident that the others join.
  await send(bench.alertOf(service))
  await bench.drained()
  const accepted = await send(bench.alertOf(service))
  await bench.drained()
  const before = await processingCost(bench)
  await send(Array.from({ length: ALERTS }, () => bench.alertOf(service)))
  await bench.drained()
  const after = await processingCost(bench)
  const each = (key) => (after[key] - before[key]) / ALERTS
  return {
    acceptStatements: accepted.stmts,
    acceptRead: accepted.read,
    acceptWritten: accepted.written,
    processStatements: each('stmts'),
    processRead: each('read'),
    processWritten: each('written'),
  }
}

/** What processing has cost so far. */
async function processingCost({ url }) {
  return figuresOf(await (await fetch(`${url}/debug/ingest-cost`)).text())
}

const figuresOf = (text) =>
  Object.fromEntries(text.split(';').map((pair) => [pair.split('=')[0], Number(pair.split('=')[1])]))
