// `npm run demo`: one outage from the first alert to the answer, against a running server or one of its own.
import './install.mjs'
import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import { answerOf, clientOf } from './demo/client.mjs'
import { ask, followInvestigation } from './demo/follow.mjs'
import { edges, outageAt } from './demo/outage.mjs'
import { findOrStartServer } from './demo/server.mjs'
import * as show from './demo/show.mjs'
import { newPerson } from './lib/api.mjs'
import { waitFor } from './lib/wait.mjs'

const began = Date.now()
const question = 'What changed before this started?'

/** Everything that the demo promises; the first broken promise ends it with its sentence. */
function checkInvestigation(incident, outage) {
  const cited = [...incident.summary.matchAll(/\[(\d+(?:,\s*\d+)*)\]/g)].flatMap((match) =>
    match[1].split(/,\s*/),
  )
  const keys = new Set(incident.citations.map(({ key }) => key))
  assert.equal(incident.auroraStatus, 'complete', 'the investigation ended well')
  assert.deepEqual(
    incident.affectedServices.toSorted(),
    outage.services.toSorted(),
    'the storm is one incident',
  )
  assert.equal(incident.severity, 'critical', 'the incident has the severity of its worst alert')
  assert.match(incident.summary, /1042/, 'the summary names the deployment')
  assert.ok(cited.length > 0, 'the summary cites evidence')
  for (const key of cited) assert.ok(keys.has(key), `citation [${key}] leads to evidence`)
  assert.ok(
    incident.suggestions.length >= 2 && incident.suggestions.length <= 4,
    'there are 2 to 4 suggestions',
  )
  assert.ok(incident.thoughtsSeen > 0, 'the thoughts could be followed')
}

async function setUp(url) {
  const person = await newPerson(url, 'Demo')
  show.done(`registered ${person.email} and logged in`)
  // The pause lets the first alerts of a storm arrive before the analyst looks.
  const client = clientOf(url, person.token)
  const sender = {
    source: 'grafana',
    name: 'Grafana production',
    settings: { defaultEnvironment: 'production', startDelaySeconds: 5 },
  }
  const { webhookUrl } = await answerOf(client.api.integrations.$post({ json: sender }))
  show.done('connected Grafana; its contact point sends to')
  show.say(show.dim(`      ${webhookUrl}`))
  await answerOf(client.api.topology.edges.$put({ json: { edges } }))
  show.done('told who calls whom: web-frontend, cart and billing call checkout-api')
  return { ...person, client, webhookUrl }
}

async function sendStorm({ api, client, webhookUrl }, outage) {
  await answerOf(client.api.changes.$post({ json: outage.deployment }))
  show.done('deployment 1042 of checkout-api is reported, finished 4 minutes before the first alert')
  show.heading('The alerts come in')
  for (const { say, body } of outage.notifications) {
    const { deliveryId } = await api.post(webhookUrl, body)
    show.sent(`${say.padEnd(56)} ${show.dim(`202, delivery ${deliveryId.slice(-12)}`)}`)
    await sleep(350)
  }
}

async function findIncidents(client) {
  const incidents = await waitFor('two incidents', async () => {
    const listed = await answerOf(client.api.incidents.$get({ query: {} }))
    return listed.total >= 2 && listed.incidents
  })
  assert.equal(incidents.length, 2, 'six alerts make two incidents: the outage and the unrelated one')
  const storm = incidents.find(({ alert }) => alert.service === 'checkout-api')
  const other = incidents.find(({ alert }) => alert.service === 'search-indexer')
  assert.ok(storm && other, 'one incident is checkout-api, the other search-indexer')
  return { storm, other }
}

const detailOf = (client, id) =>
  answerOf(client.api.incidents[':incident_id'].$get({ param: { incident_id: id }, query: {} }))

async function recover({ api, client, webhookUrl }, outage, { storm, other }) {
  await api.post(webhookUrl, outage.recovery(new Date()))
  show.recovered('Grafana: all five alerts of the outage are resolved')
  await waitFor('the incident to resolve', async () => {
    const { incident } = await detailOf(client, storm.id)
    return incident.status === 'resolved'
  })
  const { incident } = await detailOf(client, other.id)
  assert.notEqual(incident.status, 'resolved', 'the unrelated incident stays open')
  show.done(
    `the incident is resolved; search-indexer, which has nothing to do with it, is still ${incident.status}`,
  )
}

function showWhereToLook({ url, isOurs }, { email, password, token }, storm, sessionId) {
  show.heading('Look at it yourself')
  if (isOurs) show.say('  The server of this demo ends now; `npm start` serves the same data.\n')
  show.say(`  export TOKEN=${token}`)
  for (const path of ['/api/incidents', `/api/incidents/${storm.id}`, `/chat_api/sessions/${sessionId}`])
    show.say(`  curl -s -H "authorization: Bearer $TOKEN" ${url}${path}`)
  show.say(`  ${show.dim(`or log in: ${email} · ${password}`)}`)
  show.say(`\n  Done in ${((Date.now() - began) / 1000).toFixed(1)} s.\n`)
}

async function run() {
  show.heading('Aurora: one outage, from the first alert to the answer')
  const server = await findOrStartServer()
  show.done(`${server.isOurs ? 'started a server' : 'found the server'} at ${server.url}`)
  const person = await setUp(server.url)
  const { api, client } = person
  const outage = outageAt(new Date(Date.now() - 60_000))
  await sendStorm(person, outage)
  const incidents = await findIncidents(client)
  show.done('six alerts, two incidents: the outage, and search-indexer on its own')

  show.heading('The investigation, live')
  const incident = await followInvestigation(api, incidents.storm.id, {
    onThought: show.thought,
    onAlert: ({ alertService, alertTitle }) => show.sent(`${alertService}: ${alertTitle} joins`),
  })
  show.incident(incident)
  checkInvestigation(incident, outage)

  show.heading(`Question: ${question}`)
  const { text, citations, status, sessionId } = await ask(api, incident.id, question)
  show.say(show.wrap(text))
  show.evidence(citations)
  assert.equal(status, 'completed', 'the question was answered')
  assert.match(text, /1042/, 'the answer names the deployment')

  show.heading('Recovery')
  await recover(person, outage, incidents)
  showWhereToLook(server, person, incidents.storm, sessionId)
  server.stop()
}

const deadline = setTimeout(() => fail(new Error('The demo took longer than 60 s.')), 60_000)
deadline.unref()

function fail(error) {
  console.error(`\nThe demo did not go as expected: ${error.message}\n`)
  process.exit(1)
}

await run().then(() => process.exit(0), fail)
