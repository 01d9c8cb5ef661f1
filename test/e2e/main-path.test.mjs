/** The main job on the real bundle: wrangler's own build, real D1, Durable Objects and queues. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { callAt, reportOutage, until } from './client.mjs'
import { aServer, listen } from './harness.mjs'

const server = aServer()

before(() => listen(server))
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
  await reportOutage(call, token)

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
