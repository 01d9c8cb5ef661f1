// `npm run prometheus`: a real Prometheus with a real Alertmanager, configured as README.md says, against the real bundle on
// throw-away state. A rule fires and recovers; on each way that an alert can take, one incident opens and resolves.
import './install.mjs'
import assert from 'node:assert/strict'
import { newPerson } from './lib/api.mjs'
import { prepareServer, startMiniflare, throwAwayFolder } from './lib/server.mjs'
import { unlimited } from './lib/unlimited.mjs'
import { waitFor } from './lib/wait.mjs'
import { expression, filledIn, readmeExamples } from './prometheus/config.mjs'
import {
  installed,
  queryAlerts,
  startAlertmanager,
  startCheckout,
  startPrometheus,
} from './prometheus/daemons.mjs'

const { versions, missing } = installed()
if (missing.length > 0) {
  console.log(
    `SKIPPED: not installed: ${missing.join(', ')}. On Debian: apt-get install prometheus prometheus-alertmanager`,
  )
  process.exit(0)
}
const began = Date.now()
const since = (start) => `${((Date.now() - start) / 1000).toFixed(1)} s`
const { receiver, target } = readmeExamples()
/** A machine that is busy with other things may need longer than this takes. */
const patience = { timeoutMs: 60_000 }

/** The ways of an alert to us. Each fills its part of the daemons' configuration. */
const ways = [
  {
    name: 'Alertmanager, token in the webhook url',
    source: 'alertmanager',
    receiver: (at) => filledIn(receiver, at),
  },
  {
    name: 'Alertmanager, token in http_config.authorization',
    source: 'alertmanager',
    receiver: ({ url, token }) => ({
      ...receiver,
      webhook_configs: receiver.webhook_configs.map((webhook) => ({
        ...webhook,
        url: `${url}/api/webhooks/alertmanager`,
        http_config: { authorization: { credentials: token } },
      })),
    }),
  },
  {
    name: 'Prometheus alone, token in the path_prefix',
    source: 'alertmanager_api',
    target: (at) => filledIn(target, at),
  },
  {
    name: 'Prometheus alone, token in authorization.credentials',
    source: 'alertmanager_api',
    target: (at) => ({
      ...filledIn({ ...target, path_prefix: '/' }, at),
      authorization: { credentials: at.token },
    }),
  },
  {
    name: 'Prometheus alone, token as password of basic_auth',
    source: 'alertmanager_api',
    target: (at) => ({
      ...filledIn({ ...target, path_prefix: '/' }, at),
      basic_auth: { username: 'prometheus', password: at.token },
    }),
  },
]

/** Each way ends in an organisation of its own, or correlation would rightly make one incident of all. */
async function connect(url, way) {
  const { api } = await newPerson(url, 'Prometheus')
  const { ingestToken: token } = await api.post('/api/integrations', { source: way.source, name: way.name })
  return { ...way, api, at: { url, token } }
}

async function incidentOf({ api, name }, what, isThere) {
  return waitFor(
    `${name}: ${what}`,
    async () => {
      const { incidents } = await api.get('/api/incidents')
      assert.ok(incidents.length <= 1, `${name}: one rule makes one incident`)
      return incidents.find(isThere)
    },
    patience,
  )
}

async function alertOf({ api }) {
  const { alerts } = await api.get('/api/alerts')
  assert.equal(alerts.length, 1)
  return (await api.get(`/api/alerts/${alerts[0].id}`)).alert
}

async function seeFiring(way, fired) {
  const incident = await incidentOf(way, 'the incident', () => true)
  const took = since(fired)
  const alert = await alertOf(way)
  assert.equal(incident.alert.title, 'CheckoutErrors')
  assert.equal(incident.severity, 'critical')
  assert.equal(alert.service, 'checkout-api')
  assert.equal(alert.environment, 'production')
  assert.equal(alert.metadata.query, expression, 'the rule itself is known')
  assert.equal(alert.runbookUrl, 'https://runbooks.example.com/checkout')
  assert.equal(alert.authenticity, 'token')
  console.log(`  ▲ ${way.name.padEnd(54)} incident after ${took}`)
  return alert
}

/** What still fires is told again each second: the same alert, counted. */
const seeRepeats = (way) =>
  waitFor(`${way.name}: a repeat`, async () => (await alertOf(way)).occurrences > 1, patience)

async function seeRecovery(way, recovered) {
  await incidentOf(way, 'its end', ({ status }) => status === 'resolved')
  const alert = await alertOf(way)
  const effects = alert.history.map(({ effect }) => effect)
  assert.equal(alert.state, 'resolved')
  assert.ok(effects.includes('opened') && effects.includes('resolved'), effects.join())
  const seen = alert.occurrences === 1 ? 'reported once' : `reported ${alert.occurrences} times`
  console.log(`  ▼ ${way.name.padEnd(54)} resolved after ${since(recovered)}, ${seen}`)
}

const folder = throwAwayFolder('prometheus')
const server = await startMiniflare({ prepared: prepareServer(), vars: unlimited })
try {
  const connected = []
  for (const way of ways) connected.push(await connect(server.url, way))
  const receivers = connected.flatMap((way, index) =>
    way.receiver ? [{ ...way.receiver(way.at), name: `aurora-${index}` }] : [],
  )
  const checkout = await startCheckout()
  const alertmanager = await startAlertmanager(folder, receivers)
  const direct = connected.flatMap((way) => (way.target ? [way.target(way.at)] : []))
  await startPrometheus(folder, {
    metrics: checkout.target,
    alertmanagers: [{ static_configs: [{ targets: [alertmanager.target] }] }, ...direct],
  })
  console.log(
    `Prometheus ${versions['prometheus']}, Alertmanager ${versions['prometheus-alertmanager']}, Aurora at ${server.url}: ready after ${since(began)}`,
  )

  console.log(`\n9 % of the checkouts fail, and the rule is ${expression}`)
  checkout.fail(0.09)
  const fired = Date.now()
  const alerts = await Promise.all(connected.map((way) => seeFiring(way, fired)))
  assert.equal(new Set(alerts.map(({ dedupKey }) => dedupKey)).size, 1, 'one identity on every way')
  console.log(`  ✓ the same fingerprint on every way: ${alerts[0].dedupKey}`)
  const [first] = connected.filter((way) => way.target)
  const [queried] = queryAlerts(`${server.url}/am/${first.at.token}`)
  assert.equal(queried.fingerprint, alerts[0].dedupKey)
  assert.equal(queried.labels.alertname, 'CheckoutErrors')
  console.log(`  ✓ amtool reads the alert back: ${queried.labels.alertname} is ${queried.status.state}`)
  await Promise.all(connected.filter((way) => way.target).map(seeRepeats))

  console.log('\nThe checkouts work again')
  checkout.fail(0)
  const recovered = Date.now()
  await Promise.all(connected.map((way) => seeRecovery(way, recovered)))
  console.log(
    `\n${connected.length} ways, ${connected.length} incidents opened and resolved, in ${since(began)}.`,
  )
} finally {
  await server.stop()
}
process.exit(0)
