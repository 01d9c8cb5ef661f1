// `npm run browser`: a real browser on a page of another origin lives on the API, with cookies and with tokens.
// BROWSER_SCREENSHOT names a file for a picture of /docs.
import './install.mjs'
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { existsSync } from 'node:fs'
import { install } from './browser/in-page.mjs'
import { startOrigin } from './browser/origin.mjs'
import { startForFrontend } from './browser/server.mjs'
import { grafanaAlert, grafanaNotification } from './lib/grafana.mjs'

const chromium = process.env.CHROMIUM || '/usr/bin/chromium'
if (!existsSync(chromium)) {
  console.log(`SKIPPED: there is no browser at ${chromium}. On Debian: apt-get install chromium`)
  process.exit(0)
}
const { chromium: driver } = await import('playwright-core')
const done = (text) => console.log(`  ✓ ${text}`)

const frontend = await startOrigin()
const foreign = await startOrigin()
const { url } = await startForFrontend(frontend.url)
const browser = await driver.launch({ executablePath: chromium, args: ['--no-sandbox'] })

/** A page of that origin with the calls of a frontend; cookies are those of its own profile. */
async function openPage(origin) {
  const page = await (await browser.newContext()).newPage()
  await page.goto(origin)
  await page.evaluate(install, url)
  return Object.assign(page, {
    aurora: (name, ...given) =>
      page.evaluate(([called, passed]) => globalThis.aurora[called](...passed), [name, given]),
  })
}

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
  done('a chat over a WebSocket with a ticket, which is good for one socket')
}

async function refuseForeign(token) {
  const page = await openPage(foreign.url)
  const body = { email: 'a@example.com', password: 'a long password' }
  for (const [path, options] of [
    ['/api/incidents', { token }],
    ['/api/auth/login', { body }],
    ['/api/auth/me', { cookie: true }],
  ])
    assert.equal(await page.aurora('refused', path, options), 'TypeError')
  await assert.rejects(page.aurora('listen', '/api/incidents/stream', 'incident_update'), /refused/)
  done('a foreign origin reads nothing')
}

async function readDocs() {
  const page = await (await browser.newContext({ viewport: { width: 1100, height: 1400 } })).newPage()
  const asked = []
  page.on('request', (request) => asked.push(request.url()))
  const said = []
  page.on('console', (message) => said.push(message.text()))
  await page.goto(`${url}/docs`)
  const sections = page.locator('details')
  assert.ok((await sections.count()) > 100, 'the operations are listed')
  await page.locator('summary', { hasText: '/api/incidents/:incident_id' }).first().click()
  const weight = await page
    .locator('.method')
    .first()
    .evaluate((node) => globalThis.getComputedStyle(node).fontWeight)
  assert.equal(weight, '600', 'the page is styled')
  assert.deepEqual(said, [], 'the browser has nothing to complain about')
  assert.ok(
    asked.every((one) => one.startsWith(url)),
    'nothing comes from another host',
  )
  if (process.env.BROWSER_SCREENSHOT) await page.screenshot({ path: process.env.BROWSER_SCREENSHOT })
  done('/docs is a styled page that asks no other host')
}

async function run() {
  console.log(`\n  ${browser.version()} on a page of ${frontend.url}, API at ${url}\n`)
  const page = await openPage(frontend.url)
  const token = await signIn(page)
  await readBothWays(page, token)
  await followLive(page, token)
  await chat(page, token)
  await refuseForeign(token)
  await readDocs()
  const out = await page.aurora('call', '/api/auth/logout', { method: 'POST', cookie: true })
  assert.equal(out.status, 204)
  assert.equal((await page.aurora('call', '/api/auth/me', { cookie: true })).status, 401)
  assert.equal((await page.aurora('call', '/api/auth/me', { token })).status, 401)
  done('logout ends the session in the cookie and the token')
}

setTimeout(() => {
  console.error('\n  The browser test took longer than two minutes.\n')
  process.exit(1)
}, 120_000).unref()

const failure = await run().then(
  () => null,
  (error) => error,
)
await browser.close()
if (failure) console.error(`\n  ✗ ${failure.stack}\n`)
process.exit(failure ? 1 : 0)
