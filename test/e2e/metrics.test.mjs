/** Metrics of a real Prometheus: found by the names of services, read with its own PromQL, cited by the report. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parcels } from '../../scripts/eval/parcels.mjs'
import { prometheusOf } from '../../scripts/eval/prometheus.mjs'
import { newPerson } from '../../scripts/lib/api.mjs'
import { prepareServer, startMiniflare, throwAwayFolder } from '../../scripts/lib/server.mjs'
import { waitFor } from '../../scripts/lib/wait.mjs'
import { missingForHistory, startHistory } from '../../scripts/prometheus/history.mjs'

const HOST = 'prometheus.example.com'
const EXPRESSION =
  'histogram_quantile(0.95, sum by (le, destination_workload) (rate(istio_request_duration_milliseconds_bucket[5m])))'

/** A service of the simulated system that became slow, ending now. */
function anIssue() {
  const { edges, issues } = parcels({ seed: 20_260_101, cases: 5 })
  const { target, end, cause, series } = issues.find(({ name }) => name.endsWith('latency'))
  // Between two seconds, so that no sample is at the very edge of a range: versions differ on whether that is inside.
  const shift = Math.floor(Date.now() / 1000 - end) - 0.5
  const moved = series.map(({ labels, points }) => ({
    labels,
    points: points.map(([time, value]) => [time + shift, value]),
  }))
  return { edges, cause, service: target.node, startsAt: Math.ceil(target.timestamp + shift), series: moved }
}

const numbersOf = ({ data: { result } }) =>
  new Map(
    result.map(({ metric, value, values = [value] }) => [
      JSON.stringify(Object.entries(metric).toSorted(([a], [b]) => (a < b ? -1 : 1))),
      new Map(values.map(([time, text]) => [Math.round(time), Number(text)])),
    ]),
  )

/** Whether two answers hold the same numbers; the last scrape may be on either side of the present. */
function assertAlike(real, likeness, url) {
  const [expected, found] = [numbersOf(real), numbersOf(likeness)]
  assert.deepEqual(new Set(found.keys()), new Set(expected.keys()), url)
  for (const [key, values] of expected)
    for (const [time, value] of values) {
      const other = found.get(key).get(time)
      const same = Number.isNaN(value)
        ? Number.isNaN(other) || other === undefined
        : Math.abs(value - other) <= 1e-6 * Math.max(1, Math.abs(value))
      assert.ok(same, `${decodeURIComponent(url)} at ${time}: ${value}, not ${other}`)
    }
}

test(
  'an investigation names the service at fault by the metrics of a real Prometheus',
  { timeout: 240_000 },
  async (t) => {
    const missing = missingForHistory()
    if (missing.length > 0) {
      const said = `SKIPPED: not installed: ${missing.join(', ')}. On Debian: apt-get install prometheus`
      console.log(said)
      return t.skip(said)
    }
    const { edges, cause, service, startsAt, series } = anIssue()
    const rules = {
      groups: [{ name: 'slo', rules: [{ alert: 'SlowAnswers', expr: `${EXPRESSION} > 250` }] }],
    }
    const prometheus = await startHistory(throwAwayFolder('history'), series, rules)
    t.after(() => prometheus.stop())
    const asked = []
    const server = await startMiniflare({
      prepared: prepareServer(),
      // Connections lead to public names only; this one's is played by the Prometheus on this machine.
      outbound: async ({ url }) => {
        const { hostname, pathname, search } = new URL(url)
        if (hostname !== HOST) return new Response(null, { status: 599 })
        const answer = await fetch(prometheus.url + pathname + search)
        const text = await answer.text()
        asked.push({ url, status: answer.status, text })
        return new Response(text, { status: answer.status, headers: { 'content-type': 'application/json' } })
      },
    })
    t.after(() => server.stop())
    const { api } = await newPerson(server.url, 'Metrics')
    await api.post('/api/connectors/prometheus/connect', { baseUrl: `https://${HOST}`, authType: 'none' })
    await api.put('/api/topology/edges', { edges })
    const { webhookUrl } = await api.post('/api/integrations', {
      source: 'alertmanager',
      name: 'Alertmanager',
    })
    const labels = { alertname: 'SlowAnswers', service, severity: 'critical' }
    await api.post(new URL(webhookUrl).pathname, {
      version: '4',
      status: 'firing',
      alerts: [
        {
          status: 'firing',
          labels,
          annotations: {},
          startsAt: new Date(startsAt * 1000).toISOString(),
          fingerprint: 'f1',
        },
      ],
    })
    const { run, incident } = await waitFor(
      'the report',
      async () => {
        const [open] = (await api.get('/api/incidents')).incidents
        if (open === undefined) return null
        const [first] = (await api.get(`/api/incidents/${open.id}/runs`)).runs
        if (first?.endedAt == null) return null
        const { incident } = await api.get(`/api/incidents/${open.id}`)
        return { run: (await api.get(`/api/incidents/${open.id}/runs/${first.runId}`)).run, incident }
      },
      { timeoutMs: 120_000 },
    )

    await t.test('and cites what it read', () => {
      assert.equal(run.candidates[0].service, cause)
      assert.match(incident.summary, new RegExp(cause))
      const tools = new Set(incident.citations.map(({ toolName }) => toolName))
      assert.ok(tools.has('prometheus_service_metrics'), [...tools].join())
    })

    await t.test("every query is one that a real Prometheus understands, the alert's own among them", () => {
      assert.deepEqual(
        asked.filter(({ status }) => status !== 200),
        [],
      )
      const queries = asked.flatMap(({ url }) => new URL(url).searchParams.get('query') ?? [])
      assert.ok(queries.includes(EXPRESSION))
      assert.ok(queries.some((query) => query.includes('container_cpu_usage_seconds_total')))
    })

    await t.test('and the stand-in of `npm run eval` answers as it does', async () => {
      const likeness = prometheusOf(series, 0)
      const queries = asked.filter(({ url }) => /\/query_range\?|group\+by/.test(url))
      assert.ok(queries.length > 20)
      for (const { url, text } of queries) assertAlike(JSON.parse(text), await likeness(url).json(), url)
    })
  },
)
