// `npm run chaos`: kills the server with SIGKILL in the middle of whatever it does, starts it again, and counts whether anything
// was lost or happened twice. Around it stand slow data sources, a slow language model and slow receivers of notifications, so
// that kills fall into tool calls, streams of the model, the last steps of a run and messages that are on their way.
// CHAOS_KILLS (50) and CHAOS_SEED are honoured; CHAOS_MODEL=0 leaves the language model out.
import { countEverything } from './chaos/count.mjs'
import { momentOfKill } from './chaos/moments.mjs'
import { askOnce, deliver, resolveOnce } from './chaos/sender.mjs'
import { startVictim } from './chaos/server.mjs'
import { connectToWorld, startWorld, worldly } from './chaos/world.mjs'
import { newPerson } from './lib/api.mjs'
import { grafanaAlert, grafanaNotification } from './lib/grafana.mjs'
import { freePort } from './lib/ports.mjs'
import { randomFrom } from './lib/random.mjs'
import { prepareServer, startMiniflare } from './lib/server.mjs'
import { table } from './lib/table.mjs'
import { unlimited } from './lib/unlimited.mjs'
import { waitFor } from './lib/wait.mjs'

const kills = Number(process.env.CHAOS_KILLS || 50)
const seed = Number(process.env.CHAOS_SEED || Date.now() % 1_000_000)
const withModel = process.env.CHAOS_MODEL !== '0'
const random = randomFrom(seed)
const alertsPerRound = 8
// The contract starts at most five automatic investigations in five minutes for one organisation.
const roundsPerOrganisation = 4

const world = await startWorld(random)
const vars = { ...unlimited, ...(withModel && worldly) }
const prepared = prepareServer()
const port = await freePort()
const url = `http://127.0.0.1:${port}`
const start = () => startVictim({ prepared, port, vars, world: world.url })
const told = { alerts: new Set(), services: [], accepted: new Set(), asked: new Set() }
const organisations = []
const hits = new Map()
let resent = 0
let victim = await start()

async function openOrganisation() {
  const { api } = await newPerson(url, 'Chaos')
  const { webhookUrl } = await api.post('/api/integrations', { source: 'grafana', name: 'Grafana' })
  await connectToWorld(api)
  const organisation = { api, webhookUrl, services: [], resolved: new Set() }
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

/** Asks about an incident that was investigated in an earlier round, and resolves one, of which a postmortem is written. */
async function goBack(round) {
  for (const { api, resolved } of organisations.toSorted(() => random() - 0.5)) {
    const { incidents } = await api.get('/api/incidents').catch(() => ({ incidents: [] }))
    const past = incidents.filter(({ auroraStatus }) => auroraStatus === 'complete')
    if (past.length === 0) continue
    const question = `What happened, and why? (question ${round})`
    told.asked.add(question)
    // One whose alerts have all come: a late one of a resolved incident would rightly open another.
    const open = past.find(
      ({ status, id, correlatedAlertCount }) =>
        status === 'analyzed' && correlatedAlertCount >= alertsPerRound - 1 && !resolved.has(id),
    )
    if (open) resolved.add(open.id)
    const [isAccepted] = await Promise.all([
      askOnce(api, past[0].id, question),
      open && resolveOnce(api, open.id),
    ])
    if (isAccepted) told.accepted.add(question)
    return
  }
}

async function oneRound(round) {
  const isNew = round % roundsPerOrganisation === 0
  const organisation = isNew ? await openOrganisation() : organisations.at(-1)
  const service = `service-${round}`
  told.services.push(service)
  organisation.services.push(service)
  const work = Promise.all([breakService(organisation, service, Date.now() + 60_000), goBack(round)])
  const phases = await momentOfKill(world.phases, random)
  await victim.kill9()
  for (const phase of phases.length > 0 ? phases : ['nothing of these'])
    hits.set(phase, (hits.get(phase) ?? 0) + 1)
  victim = await start()
  await work
}

/** Every incident is there and investigated, every answer and postmortem is written, every message is out. */
async function isSettled({ api, services }) {
  const { incidents, total } = await api.get('/api/incidents')
  if (total < services.length) return false
  if (!incidents.every(({ auroraStatus }) => auroraStatus === 'complete')) return false
  const joined = incidents.reduce((sum, incident) => sum + incident.correlatedAlertCount, 0)
  if (joined < services.length * (alertsPerRound - 1)) return false
  for (const { id } of incidents) {
    const { incident } = await api.get(`/api/incidents/${id}?include=chatSessions`)
    if (incident.chatSessions.some(({ status }) => status === 'in_progress')) return false
    if (
      incident.status === 'resolved' &&
      !(await api.get(`/api/incidents/${id}/postmortem`, known)).postmortem
    )
      return false
  }
  const { deliveries } = await api.get('/api/notifications/deliveries?state=pending')
  return deliveries.length === 0
}

const known = { expect: [200, 404] }

/** Runs that did not succeed, with their reason, seconds since they were touched and until they may go on. */
const UNFINISHED = `SELECT kind, state, error_detail AS reason, step, iteration, attempt, stalled_claims AS stalled, "trigger",
    unixepoch() - heartbeat_at / 1000 AS silent, not_before / 1000 - unixepoch() AS rests,
    lease_expires_at / 1000 - unixepoch() AS leased, unixepoch() - created_at / 1000 AS age
  FROM runs WHERE state <> 'succeeded'`

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
await victim.kill9()

const counting = await startMiniflare({ prepared, vars })
const rows = await countEverything(counting.db, told, world.received)
const resumed = await counting.db.prepare('SELECT COUNT(*) AS n FROM runs WHERE attempt > 1').first('n')
const unfinished = await counting.db.prepare(UNFINISHED).all()
await counting.stop()
await world.stop()

for (const run of unfinished.results) console.log(`  unfinished: ${JSON.stringify(run)}`)
console.log('\nWhat the product was doing when it was killed; several things at once count for each\n')
console.log(
  table(
    ['', 'kills'],
    [...hits].toSorted((a, b) => b[1] - a[1]),
  ),
)
const { calls, cut } = world.figures
const again = [...world.received.values()].filter(({ times }) => times > 1).length
console.log(
  `\n  ${calls} calls of the language model; ${cut} answers of the world were cut off in the middle`,
)
console.log(`  ${again} notifications were received again, under the same id`)
console.log(`  ${resent} deliveries had to be sent again because the server died before it answered`)
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
