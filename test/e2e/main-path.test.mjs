/** The main job on the real bundle: wrangler's own build, real D1, Durable Objects and queues. */
import assert from 'node:assert/strict'
import { readdir, readFile } from 'node:fs/promises'
import { after, before, test } from 'node:test'
import { createTestHarness } from 'wrangler'
import { callAt, until } from './client.mjs'

process.env.CLOUDFLARE_CF_FETCH_ENABLED ??= 'false'

const server = createTestHarness({
  workers: [
    {
      configPath: './wrangler.toml',
      secrets: {
        JWT_SECRET: 'an end-to-end secret that is longer than thirty-two bytes',
        CONNECTOR_MASTER_KEY: Buffer.alloc(32, 7).toString('base64'),
      },
    },
  ],
})

before(async () => {
  await server.listen()
  const env = await server.getWorker().getEnv()
  const files = (await readdir('migrations')).filter((name) => name.endsWith('.sql')).toSorted()
  for (const file of files) {
    const text = await readFile(`migrations/${file}`, 'utf8')
    const statements = text.split('--> statement-breakpoint').filter((statement) => statement.trim() !== '')
    await env.DB.batch(statements.map((statement) => env.DB.prepare(statement)))
  }
})
after(() => server.close())

const call = (...asked) => callAt(server, ...asked)

test('the server tells that it is alive and ready', async () => {
  assert.deepEqual(await call('GET', '/health/liveness'), { status: 200, body: { status: 'alive' } })
  assert.deepEqual(await call('GET', '/health/readiness/'), { status: 200, body: { status: 'ready' } })
})

test('an alert becomes an incident, is investigated with evidence, and a question about it is answered', async () => {
  const account = { email: 'night@example.com', password: 'a long password' }
  assert.equal((await call('POST', '/api/auth/register', { body: account })).status, 201)
  const { token } = (await call('POST', '/api/auth/login', { body: account })).body
  const source = { source: 'grafana', name: 'Grafana' }
  const { webhookUrl } = (await call('POST', '/api/integrations', { token, body: source })).body
  const minutesAgo = (minutes) => new Date(Date.now() - minutes * 60_000).toISOString()
  await call('POST', '/api/changes', {
    token,
    body: {
      service: 'checkout-api',
      job: 'deploy',
      build: 1042,
      result: 'FAILURE',
      finishedAt: minutesAgo(4),
    },
  })
  const labels = { alertname: 'HighErrorRate', service: 'checkout-api', severity: 'critical' }
  const alert = { status: 'firing', labels, annotations: {}, startsAt: minutesAgo(0), fingerprint: 'f1' }
  const delivered = await call('POST', new URL(webhookUrl).pathname, { body: { alerts: [alert] } })
  assert.equal(delivered.status, 202)

  const { body } = await until(
    () => call('GET', '/api/incidents', { token }),
    (answer) => answer.body.incidents[0]?.auroraStatus === 'complete',
  )
  assert.equal(body.total, 1)
  const [{ id }] = body.incidents
  const { incident } = (await call('GET', `/api/incidents/${id}`, { token })).body
  assert.equal(incident.status, 'analyzed')
  assert.match(incident.summary, /deploy#1042/)
  const cited = [...incident.summary.matchAll(/\[(\d+)/g)].map(([, number]) => number)
  const keys = new Set(incident.citations.map(({ key }) => key))
  assert.ok(cited.length > 0 && cited.every((number) => keys.has(number)))

  const asked = await call('POST', `/api/incidents/${id}/chat`, {
    token,
    body: { question: 'What changed?' },
  })
  assert.equal(asked.status, 202)
  const session = await until(
    () => call('GET', `/chat_api/sessions/${asked.body.session_id}`, { token }),
    (answer) => answer.body.status === 'completed',
  )
  const [, answer] = session.body.messages
  assert.match(answer.text, /deploy#1042.*\[\d+\]/s)
})
