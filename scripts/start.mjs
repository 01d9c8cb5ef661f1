// `npm start`: installs, makes local secrets, applies the migrations, serves. PORT and AURORA_STATE are honoured.
import './install.mjs'
import { mkdirSync } from 'node:fs'
import { join, relative, resolve } from 'node:path'
import { migrate } from './lib/migrate.mjs'
import { eachLine, plainError, plainLines, workerLine } from './lib/output.mjs'
import { portProblem } from './lib/ports.mjs'
import { killTree, watchParent } from './lib/processes.mjs'
import { waitForReady } from './lib/ready.mjs'
import { ensureSecrets } from './lib/secrets.mjs'
import { workerSettings } from './lib/settings.mjs'
import { root, spawnDev } from './lib/wrangler.mjs'

const port = Number(process.env.PORT || 5080)
const state = resolve(root, process.env.AURORA_STATE || '.wrangler/state')
const url = `http://127.0.0.1:${port}`

function fail(message) {
  console.error(`\n${message}\n`)
  process.exit(1)
}

async function checkPort() {
  if (!Number.isInteger(port) || port < 1 || port > 65_535)
    fail(`PORT must be a number from 1 to 65535, not "${process.env.PORT}".`)
  const problem = await portProblem(port)
  if (problem === 'EADDRINUSE')
    fail(
      `Port ${port} is taken by another program, perhaps by Aurora itself. Stop it or choose another: PORT=${port + 1} npm start`,
    )
  if (problem) fail(`Port ${port} cannot be used (${problem}). Choose another: PORT=5081 npm start`)
}

function prepareState() {
  try {
    mkdirSync(state, { recursive: true })
  } catch (error) {
    fail(`The state folder ${state} cannot be made (${error.code}). AURORA_STATE names another.`)
  }
  ensureSecrets(join(root, '.dev.vars'))
  const migrated = migrate({ state })
  if (!migrated.ok)
    fail(
      `The migrations could not be applied to the database in ${state}, so nothing was started.\n${plainError(migrated.text)}`,
    )
}

function stopWith(dev, code) {
  dev.removeAllListeners('exit')
  if (dev.exitCode !== null || dev.signalCode !== null) process.exit(code)
  dev.once('exit', () => process.exit(code))
  dev.kill('SIGTERM')
  setTimeout(() => {
    killTree(dev.pid)
    process.exit(code)
  }, 800)
}

function showWelcome() {
  const where = relative(root, state).startsWith('..') ? state : relative(root, state)
  console.log(`
  Aurora is ready at ${url}

    health      ${url}/health
    data        ${where} (kept between starts; AURORA_STATE names another folder)
    secrets     .dev.vars (made on the first start)

  What to do next

    npm run demo       in a second terminal: one outage, from the first alert to the answer
    register           curl -s ${url}/api/auth/register -H 'content-type: application/json' \\
                         -d '{"email":"you@example.com","password":"a long password","name":"You"}'
    connect Grafana    POST ${url}/api/integrations with {"source":"grafana","name":"Grafana"} answers
                       with the address for its webhook contact point
    read               README.md, docs/architecture.md, docs/operations.md

  Ctrl-C stops it.
`)
}

await checkPort()
prepareState()

const dev = spawnDev({ port, state, vars: workerSettings(process.env) })
let said = ''
let erredAt = 0
let isReady = false
for (const stream of [dev.stdout, dev.stderr])
  eachLine(stream, (line) => {
    if (isReady) return plainLines(line).forEach((one) => console.error(workerLine(one)))
    said = `${said}${line}\n`.slice(-20_000)
    if (line.includes('[ERROR]') || line.includes('\u001b[41;97mERROR')) erredAt ||= Date.now()
  })

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'])
  process.on(signal, () => stopWith(dev, signal === 'SIGINT' ? 130 : 143))
watchParent(() => stopWith(dev, 143))
dev.once('exit', () => fail(`The server ended by itself.\n${plainError(said)}`))

// After a build error wrangler stays alive without ever listening: two seconds of silence are the verdict.
const isHopeless = (last) => erredAt > 0 && Date.now() - erredAt > 2_000 && !/^\d/.test(last)
const { ok, last } = await waitForReady(url, { giveUp: isHopeless })
if (ok) {
  isReady = true
  showWelcome()
} else {
  console.error(`\nThe server did not become ready (last answer: ${last}).\n${plainError(said)}\n`)
  stopWith(dev, 1)
}
