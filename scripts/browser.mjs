// `npm run browser`: a real browser on a page of another origin lives on the API, with cookies and with tokens: once on
// the same site, once on another one, where only a cookie with SameSite=None gets through.
// BROWSER_SCREENSHOT names a file for a picture of /docs.
import './install.mjs'
import assert from 'node:assert/strict'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { install } from './browser/in-page.mjs'
import { startOrigin } from './browser/origin.mjs'
import { startForFrontend } from './browser/server.mjs'
import { liveByTokenAlone, liveOnTheApi } from './browser/steps.mjs'
import { throwAwayFolder } from './lib/server.mjs'

const chromium = process.env.CHROMIUM || '/usr/bin/chromium'
if (!existsSync(chromium)) {
  console.log(`SKIPPED: there is no browser at ${chromium}. On Debian: apt-get install chromium`)
  process.exit(0)
}
const { chromium: driver } = await import('playwright-core')

const frontend = await startOrigin()
const foreign = await startOrigin()
const options = { executablePath: chromium, args: ['--no-sandbox'] }
const browser = await driver.launch(options)

/** A page of that origin with the calls of a frontend for the API at `api`; cookies are those of the context. */
async function openPage(context, origin, api) {
  const page = await context.newPage()
  await page.goto(origin)
  await page.evaluate(install, api)
  return Object.assign(page, {
    aurora: (name, ...given) =>
      page.evaluate(([called, passed]) => globalThis.aurora[called](...passed), [name, given]),
  })
}

const say = (api) => console.log(`\n  ${browser.version()} on a page of ${frontend.url}, API at ${api}\n`)

async function visit(api, context) {
  const page = await openPage(context, frontend.url, api)
  await liveOnTheApi(page, async (known) => openPage(known ?? (await browser.newContext()), foreign.url, api))
}

/**
 * To a browser, 127.0.0.1 and localhost are two sites. It keeps secure cookies of localhost, which needs no TLS, but sends
 * none to another site than the page's unless its user allows that: no flag does, so the profile says it.
 */
async function visitAnotherSite() {
  const { port } = new URL((await startForFrontend(frontend.url, { COOKIE_SAMESITE: 'None' })).url)
  const api = `http://localhost:${port}`
  say(api)
  await liveByTokenAlone(await openPage(await browser.newContext(), frontend.url, api))
  const profile = throwAwayFolder('profile')
  mkdirSync(join(profile, 'Default'))
  const preferences = { profile: { cookie_controls_mode: 0, block_third_party_cookies: false } }
  writeFileSync(join(profile, 'Default', 'Preferences'), JSON.stringify(preferences))
  const context = await driver.launchPersistentContext(profile, options)
  try {
    await visit(api, context)
  } finally {
    await context.close()
  }
}

async function readDocs(url) {
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
  console.log('  ✓ /docs is a styled page that asks no other host')
}

async function run() {
  const { url } = await startForFrontend(frontend.url)
  say(url)
  await visit(url, await browser.newContext())
  await readDocs(url)
  await visitAnotherSite()
}

setTimeout(() => {
  console.error('\n  The browser test took longer than three minutes.\n')
  process.exit(1)
}, 180_000).unref()

const failure = await run().then(
  () => null,
  (error) => error,
)
await browser.close()
if (failure) console.error(`\n  ✗ ${failure.stack}\n`)
process.exit(failure ? 1 : 0)
