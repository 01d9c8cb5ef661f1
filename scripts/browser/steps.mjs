// What a frontend does, step by step, on a page of its own origin.
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { grafanaAlert, grafanaNotification } from '../lib/grafana.mjs'

const done = (text) => console.log(`  ✓ ${text}`)

const alert = (summary) =>
  grafanaNotification([
    grafanaAlert({
      alertname: 'HighErrorRate',
      service: 'checkout',
      severity: 'critical',
      summary,
      startsAt: new Date(),
    }),
  ])

async function signIn(page) {
  const account = { email: `browser-${randomUUID()}@example.com`, password: randomUUID(), name: 'Dana' }
  const registered = await page.aurora('call', '/api/auth/register', { body: account })
  assert.equal(registered.status, 201)
  assert.ok(registered.requestId && !registered.body.password, 'the page may read the request id')
  const { email, password } = account
  const login = await page.aurora('call', '/api/auth/login', { body: { email, password }, cookie: true })
  assert.equal(login.status, 200)
  assert.deepEqual([login.body.id, login.body.email], [registered.body.id, email])
  assert.equal(await page.aurora('cookies'), '', 'no script can read the cookie')
  done('register and login from another origin')
  return login.body.token
}

async function readBothWays(page, token) {
  for (const credential of [{ token }, { cookie: true }]) {
    const me = await page.aurora('call', '/api/auth/me', credential)
    assert.equal(me.status, 200)
    const list = await page.aurora('call', '/api/incidents', credential)
    assert.deepEqual([list.status, Array.isArray(list.body.incidents)], [200, true])
    assert.ok(Number(list.remaining) > 0, 'the page may read its rate limit')
  }
  assert.equal((await page.aurora('call', '/api/auth/me')).status, 401)
  done('read with a bearer token and with the cookie; neither: 401')
}

async function followLive(page, token) {
  const sender = { body: { source: 'grafana', name: 'Grafana' }, cookie: true }
  const { body } = await page.aurora('call', '/api/integrations', sender)
  const live = [
    page.aurora('follow', '/api/incidents/stream', token, 'incident_update'),
    page.aurora('listen', '/api/incidents/stream', 'incident_update'),
  ]
  await fetch(body.webhookUrl, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(alert('checkout answers with 5xx')),
  })
  const [, lastEventId] = await Promise.all(live)
  assert.match(lastEventId, /^\d+$/)
  done('server-sent events by fetch with a token and by EventSource with the cookie')
}

async function chat(page, token) {
  const { body: list } = await page.aurora('call', '/api/incidents', { token })
  const incident = list.incidents[0]
  const question = { body: { question: 'What changed?' }, cookie: true }
  const asked = await page.aurora('call', `/api/incidents/${incident.id}/chat`, question)
  assert.equal(asked.status, 202, JSON.stringify(asked.body))
  await page.aurora('follow', `/chat_api/sessions/${asked.body.session_id}/stream?after=0`, token, 'status')
  done('a question about the incident, with the cookie')
  const ticket = await page.aurora('call', '/api/ws-token', { cookie: true })
  const { seen, outcome } = await page.aurora('ask', ticket.body.token, 'What is open?')
  assert.equal(outcome, 'completed')
  assert.ok(seen.includes('START') && seen.includes('ACCEPTED'), seen.join(' '))
  await assert.rejects(page.aurora('ask', ticket.body.token, 'Again?'), /closed with 1008/)
  assert.equal(await page.aurora('greet'), 'START')
  done('a chat over a WebSocket with a ticket, which is good for one socket; another with the cookie')
}

/** Pages of another origin: one that knows the token, and one in the same browser, whose cookie it rides on. */
async function refuseForeign(page, { token, openForeign }) {
  const stranger = await openForeign(null)
  const body = { email: 'a@example.com', password: 'a long password' }
  for (const [path, options] of [
    ['/api/incidents', { token }],
    ['/api/auth/login', { body }],
    ['/api/auth/me', { cookie: true }],
  ])
    assert.equal(await stranger.aurora('refused', path, options), 'TypeError')
  await assert.rejects(stranger.aurora('listen', '/api/incidents/stream', 'incident_update'), /refused/)
  const rider = await openForeign(page.context())
  await rider.aurora('ride', '/api/auth/logout')
  await assert.rejects(rider.aurora('greet'), /refused/)
  assert.equal((await page.aurora('call', '/api/auth/me', { cookie: true })).status, 200)
  done('a foreign origin reads nothing, and what it sends with the cookie is refused')
}

async function signOut(page, token) {
  const out = await page.aurora('call', '/api/auth/logout', { method: 'POST', cookie: true })
  assert.equal(out.status, 204)
  assert.equal((await page.aurora('call', '/api/auth/me', { cookie: true })).status, 401)
  assert.equal((await page.aurora('call', '/api/auth/me', { token })).status, 401)
  done('logout ends the session in the cookie and the token')
}

/**
 * All of it.
 * @param page a page of the frontend, with `aurora`
 * @param openForeign opens a page of another origin in a browser context, null for a new one
 */
export async function liveOnTheApi(page, openForeign) {
  const token = await signIn(page)
  await readBothWays(page, token)
  await followLive(page, token)
  await chat(page, token)
  await refuseForeign(page, { token, openForeign })
  await signOut(page, token)
}

/** What is left where the browser keeps no cookie of another site: everything, with the token. */
export async function liveByTokenAlone(page) {
  const token = await signIn(page)
  assert.equal((await page.aurora('call', '/api/auth/me', { cookie: true })).status, 401)
  const body = { issue_description: 'The shop is slow' }
  const live = page.aurora('follow', '/api/incidents/stream', token, 'incident_update')
  const begun = await page.aurora('call', '/api/incidents/trigger-rca', { token, body })
  assert.equal(begun.status, 200, JSON.stringify(begun.body))
  await live
  const list = await page.aurora('call', '/api/incidents', { token })
  assert.equal(list.body.incidents[0].id, begun.body.incident_id)
  const ticket = await page.aurora('call', '/api/ws-token', { token })
  assert.equal((await page.aurora('ask', ticket.body.token, 'What is open?')).outcome, 'completed')
  done('list, server-sent events and chat with the token alone: the browser keeps no cookie of another site')
}
