// `npm run chaos`: kills the server with SIGKILL at random moments of ingest, investigation and chat, starts it again,
// and counts whether anything was lost or happened twice. CHAOS_KILLS (50) and CHAOS_SEED are honoured; with CHAOS_MODEL=1 a
// slow language model takes part, so that kills fall into its streams.
import { setTimeout as sleep } from 'node:timers/promises'
import { countEverything } from './chaos/count.mjs'
import { startModel } from './chaos/model.mjs'
import { askOnce, deliver } from './chaos/sender.mjs'
import { newPerson } from './lib/api.mjs'
import { grafanaAlert, grafanaNotification } from './lib/grafana.mjs'
import { randomFrom } from './lib/random.mjs'
import { prepareServer, startDev, startMiniflare } from './lib/server.mjs'
import { table } from './lib/table.mjs'
import { unlimited } from './lib/unlimited.mjs'
import { waitFor } from './lib/wait.mjs'

const kills = Number(process.env.CHAOS_KILLS || 50)
const seed = Number(process.env.CHAOS_SEED || Date.now() % 1_000_000)
const random = randomFrom(seed)
const alertsPerRound = 8
// The contract starts at most five automatic investigations in five minutes for one organisation.
const roundsPerOrganisation = 4

const model = process.env.CHAOS_MODEL === '1' ? await startModel() : null
const vars = { ...unlimited, ...model?.vars }
const prepared = prepareServer()
const told = { alerts: new Set(), services: [], accepted: new Set(), asked: new Set() }
const organisations = []
let resent = 0
let server = await startDev({ prepared, vars })
const { port } = server

async function openOrganisation() {
  const { api } = await newPerson(server.url, 'Chaos')
  const { webhookUrl } = await api.post('/api/integrations', { source: 'grafana', name: 'Grafana' })
  const organisation = { api, webhookUrl, services: [] }
  organisations.push(organisation)
  return organisation
}

/** One service breaks: eight alerts at once, two of them delivered twice. */
function breakService({ webhookUrl }, service, deadline) {
  const startsAt = new Date()
  const alerts = Array.from({ length: alertsPerRound }, (_, index) =>
    grafanaAlert({
      alertname: `HighErrorRate${index}`,
      service,
      severity: 'critical',
      summary: `${service} fails, sign ${index}`,
      startsAt,
    }),
  )
  const send = async (alert) => {
    const { tries } = await deliver(webhookUrl, grafanaNotification([alert]), { deadline })
    if (tries > 1) resent++
    told.alerts.add(alert.fingerprint)
  }
  return Promise.all([...alerts, alerts[0], alerts[1]].map(send))
}

/** Asks about an incident that was investigated in an earlier round. */
async function askAboutThePast(organisation, round) {
  const listed = await organisation.api.get('/api/incidents').catch(() => ({ incidents: [] }))
  const past = listed.incidents.find(({ auroraStatus }) => auroraStatus === 'complete')
  if (!past) return
  const question = `What happened, and why? (question ${round})`
  told.asked.add(question)
  if (await askOnce(organisation.api, past.id, question)) told.accepted.add(question)
}

/** Milliseconds after the first alert: in the ingest, in the investigation and the chat, or when most work is done. */
function momentOfKill() {
  const part = random()
  if (part < 0.4) return random() * 300
  // A model takes about a second for its turns.
  const longer = model ? 1_500 : 0
  return part < 0.8 ? 200 + random() * (600 + longer) : 800 + random() * (1_200 + longer)
}

async function oneRound(round) {
  const isNew = round % roundsPerOrganisation === 0
  const organisation = isNew ? await openOrganisation() : organisations.at(-1)
  const service = `service-${round}`
  told.services.push(service)
  organisation.services.push(service)
  const work = Promise.all([
    breakService(organisation, service, Date.now() + 60_000),
    askAboutThePast(organisations[Math.floor(random() * organisations.length)], round),
  ])
  await sleep(momentOfKill())
  await server.kill9()
  server = await startDev({ prepared, port, vars })
  await work
}

/** Every incident is there and investigated, and no chat is at work any more. */
async function isSettled({ api, services }) {
  const { incidents, total } = await api.get('/api/incidents')
  if (total < services.length) return false
  if (!incidents.every(({ auroraStatus }) => auroraStatus === 'complete')) return false
  const joined = incidents.reduce((sum, incident) => sum + incident.correlatedAlertCount, 0)
  if (joined < services.length * (alertsPerRound - 1)) return false
  for (const { id } of incidents) {
    const { incident } = await api.get(`/api/incidents/${id}?include=chatSessions`)
    if (incident.chatSessions.some(({ status }) => status === 'in_progress')) return false
  }
  return true
}

async function settle() {
  const began = Date.now()
  for (const organisation of organisations)
    await waitFor('all work to end', () => isSettled(organisation), {
      timeoutMs: Math.max(10_000, began + 240_000 - Date.now()),
      everyMs: 500,
    }).catch((error) => console.log(`  ${error.message}`))
  return (Date.now() - began) / 1000
}

const began = Date.now()
console.log(`\nChaos: ${kills} times SIGKILL, seed ${seed} (CHAOS_SEED repeats it)\n`)
for (let round = 0; round < kills; round++) {
  await oneRound(round)
  const took = ((Date.now() - began) / 1000).toFixed(0)
  if ((round + 1) % 10 === 0 || round + 1 === kills)
    console.log(`  ${round + 1} kills, ${told.alerts.size} alerts accepted, ${took} s`)
}
const settled = await settle()
await server.stop()

const counting = await startMiniflare({ prepared, vars })
const rows = await countEverything(counting.db, told)
const resumed = await counting.db.prepare('SELECT COUNT(*) AS n FROM runs WHERE attempt > 1').first('n')
await counting.stop()
await model?.stop()
if (model)
  console.log(
    `\n  ${model.calls()} calls of the language model, ${model.cut()} of them cut off in the middle`,
  )

console.log(`\n  ${resent} deliveries had to be sent again because the server died before it answered`)
console.log(
  `  ${resumed} runs were interrupted and resumed; the last work ended ${settled.toFixed(0)} s after the last kill\n`,
)
console.log(
  table(
    ['', 'expected', 'found', 'lost', 'doubled'],
    rows.map(({ name, expected, found, lost, doubled }) => [name, expected, found, lost, doubled]),
  ),
)
const lost = rows.reduce((sum, row) => sum + row.lost, 0)
const doubled = rows.reduce((sum, row) => sum + row.doubled, 0)
console.log(`\n${kills} kills: ${lost} lost, ${doubled} doubled\n`)
process.exit(lost === 0 && doubled === 0 && told.alerts.size === kills * alertsPerRound ? 0 : 1)
