// Whole systems: their issues go the whole way, webhook, incident, investigation through a Prometheus connection, report.
import { setTimeout as sleep } from 'node:timers/promises'
import { newPerson } from '../lib/api.mjs'
import { prepareServer, startMiniflare } from '../lib/server.mjs'
import { table } from '../lib/table.mjs'
import { unlimited } from '../lib/unlimited.mjs'
import { waitFor } from '../lib/wait.mjs'
import { baselines } from './baselines.mjs'
import { beyond, modelVariables, usageOf } from './model.mjs'
import { prometheusOf } from './prometheus.mjs'
import { breaches, share } from './score.mjs'

/**
 * Runs every issue of every system and prints how often the service at fault was named.
 * @param {{ name: string, edges: { from: string, to: string }[], promised?: { top1: number, top3: number },
 *   issues: { name: string, cause: string, target: { node: string, metric: string, timestamp: number }, end: number,
 *   series: { labels: Record<string, string>, points: [number, number][] }[], gauges?: object[] }[] }[]} systems times in
 *   seconds; `gauges` is for simple methods, where `series` are counters and histograms
 * @returns {Promise<string[]>} promises that were broken, as sentences
 */
export async function evaluateSystems(systems) {
  if (systems.length === 0) return []
  /** The Prometheus of each case, by its host name. */
  const hosts = new Map()
  const server = await startMiniflare({
    prepared: prepareServer(),
    vars: { ...unlimited, ...modelVariables },
    outbound: async (request) => hosts.get(new URL(request.url).hostname)?.(request.url) ?? beyond(request),
  })
  const broken = []
  for (const system of systems) {
    broken.push(...(await evaluate(system, server.url, hosts)))
    // Scoring took a while: connections that the server has closed since are noticed before the next is used.
    await sleep(100)
  }
  await server.stop()
  return broken
}

async function evaluate(system, url, hosts) {
  const started = Date.now()
  console.log(`\n${system.name}, ${system.issues.length} issues through the whole system`)
  const runs = []
  for (const issue of system.issues) {
    const run = await investigate(issue, system, url, hosts)
    runs.push(run)
    console.log(lineOf(issue, run))
  }
  const answers = runs.map(suspectsOf)
  const methods = {
    'aurora edge': answers,
    ...Object.fromEntries(
      Object.entries(baselines).map(([name, answer]) => [
        name,
        system.issues.map(({ target, series, gauges = series }) =>
          answer({ alerts: [target.node], onset: target.timestamp, series: gauges, edges: system.edges }),
        ),
      ]),
    ),
  }
  const causes = system.issues.map(({ cause }) => cause)
  const rows = Object.entries(methods).map(([name, found]) => [
    name,
    share(causes, found, 1).toFixed(2),
    share(causes, found, 3).toFixed(2),
  ])
  console.log(`\n${table(['method', 'top 1', 'top 3'], rows)}`)
  console.log(`  ${usageOf(runs)}; ${Math.round((Date.now() - started) / 1000)} s`)
  return breaches(
    system.name,
    { top1: share(causes, answers, 1), top3: share(causes, answers, 3) },
    system.promised,
  )
}

const suspectsOf = ({ candidates }) => candidates.map(({ service }) => service)

function lineOf(issue, run) {
  const { verdict, confidence } = run
  const suspects = suspectsOf(run)
  const rank = suspects.indexOf(issue.cause) + 1
  const miss = rank === 1 ? '' : `; ${issue.cause} is ${rank === 0 ? 'not named' : `number ${rank}`}`
  return `  ${issue.name.padEnd(15)} ${issue.target.metric.padEnd(12)} ${verdict} ${confidence}: ${suspects[0] ?? 'nobody'}${miss}`
}

/** Lets one issue run through the whole system; answers the finished run. */
async function investigate({ name, target, series, end }, system, url, hosts) {
  const { api } = await newPerson(url, 'Eval')
  const host = `${`${system.name}-${name}`.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-')}.prometheus.example.com`
  // The issue ends now, on the data's own grid.
  const shift = Math.floor(Date.now() / 1000 - end)
  hosts.set(host, prometheusOf(series, shift))
  await api.post('/api/connectors/prometheus/connect', { baseUrl: `https://${host}`, authType: 'none' })
  await api.put('/api/topology/edges', { edges: system.edges })
  const { webhookUrl } = await api.post('/api/integrations', { source: 'generic', name: 'Eval' })
  await api.post(new URL(webhookUrl).pathname, {
    title: `${target.metric} of ${target.node} is unusual`,
    service: target.node,
    severity: 'high',
    status: 'firing',
    startsAt: new Date((target.timestamp + shift) * 1000).toISOString(),
  })
  return waitFor(
    `the report on ${name}`,
    async () => {
      const [incident] = (await api.get('/api/incidents')).incidents
      if (incident === undefined) return null
      const [first] = (await api.get(`/api/incidents/${incident.id}/runs`)).runs
      if (first?.endedAt == null) return null
      return (await api.get(`/api/incidents/${incident.id}/runs/${first.runId}`)).run
    },
    { timeoutMs: 120_000 },
  )
}
