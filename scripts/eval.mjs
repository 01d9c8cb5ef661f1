// `npm run eval`: how often the investigation names the service at fault. Whole way: webhook, incident, investigation
// through a Prometheus connection, report. The data of PetShop is looked for in EVAL_PETSHOP or ../shared/data/petshop.
import { join } from 'node:path'
import { baselines } from './eval/baselines.mjs'
import { loadPetshop } from './eval/petshop.mjs'
import { prometheusOf } from './eval/prometheus.mjs'
import { newPerson } from './lib/api.mjs'
import { prepareServer, startMiniflare } from './lib/server.mjs'
import { table } from './lib/table.mjs'
import { unlimited } from './lib/unlimited.mjs'
import { waitFor } from './lib/wait.mjs'
import { root } from './lib/wrangler.mjs'

const folder = process.env.EVAL_PETSHOP ?? join(root, '..', 'shared', 'data', 'petshop')
const petshop = loadPetshop(folder)
if (petshop === null) {
  console.log(`SKIPPED: no PetShop data in ${folder}`)
  process.exit(0)
}

/** The Prometheus of each case, by its host name. */
const systems = new Map()
const server = await startMiniflare({
  prepared: prepareServer(),
  vars: unlimited,
  outbound: async (request) =>
    systems.get(new URL(request.url).hostname)?.(request.url) ?? new Response(null, { status: 599 }),
})

/** Lets one case run through the whole system; answers the services that the report names, the first suspect first. */
async function investigate({ name, target, series, end }) {
  const { api } = await newPerson(server.url, 'Eval')
  const host = `${name.replaceAll(/[^a-z0-9]+/g, '-')}.prometheus.example.com`
  // The issue ends now, on the data's own grid of minutes.
  const shift = Math.floor(Date.now() / 1000 - end)
  systems.set(host, prometheusOf(series, shift))
  await api.post('/api/connectors/prometheus/connect', { baseUrl: `https://${host}`, authType: 'none' })
  await api.put('/api/topology/edges', { edges: petshop.edges })
  const { webhookUrl } = await api.post('/api/integrations', { source: 'generic', name: 'Eval' })
  await api.post(new URL(webhookUrl).pathname, {
    title: `${target.metric} of ${target.node} is unusual`,
    service: target.node,
    severity: 'high',
    status: 'firing',
    startsAt: new Date((target.timestamp + shift) * 1000).toISOString(),
  })
  const run = await waitFor(
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
  return run
}

const suspectsOf = (run) => run.candidates.map(({ service }) => service)

const started = Date.now()
const runs = []
for (const issue of petshop.issues) {
  const run = await investigate(issue)
  runs.push(run)
  const rank = suspectsOf(run).indexOf(issue.cause) + 1
  console.log(
    `  ${issue.name.padEnd(15)} ${target(issue)} ${run.verdict} ${run.confidence}: ${suspectsOf(run)[0] ?? 'nobody'}${rank === 1 ? '' : `; ${issue.cause} is ${rank === 0 ? 'not named' : `number ${rank}`}`}`,
  )
}
await server.stop()

function target({ target: { metric } }) {
  return metric.padEnd(12)
}

function share(answers, most) {
  const hits = petshop.issues.filter(({ cause }, index) => answers[index].slice(0, most).includes(cause))
  return (hits.length / petshop.issues.length).toFixed(2)
}

const methods = {
  'aurora edge': runs.map(suspectsOf),
  ...Object.fromEntries(
    Object.entries(baselines).map(([name, answer]) => [
      name,
      petshop.issues.map((issue) => answer(issue, petshop.edges)),
    ]),
  ),
}
console.log(
  `\nPetShop, ${petshop.issues.length} issues in ${Math.round((Date.now() - started) / 1000)} s\n\n${table(
    ['method', 'top 1', 'top 3'],
    Object.entries(methods).map(([name, answers]) => [name, share(answers, 1), share(answers, 3)]),
  )}`,
)
process.exit(0)
