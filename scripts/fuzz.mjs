// `npm run fuzz`: requests made from the API document, sensible ones and hostile ones, against a throw-away server.
// FUZZ_REQUESTS (20000), FUZZ_SEED and FUZZ_MINUTES (5) are honoured; the same seed makes the same requests.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { leaked, wrongForm } from './fuzz/check.mjs'
import { diceFor } from './fuzz/dice.mjs'
import { shownHashes } from './fuzz/hashes.mjs'
import { anyError, operationsOf } from './fuzz/operations.mjs'
import { requestFor } from './fuzz/requests.mjs'
import { send } from './fuzz/send.mjs'
import { Tally } from './fuzz/tally.mjs'
import { openTenant, privateTexts, refresh, renew } from './fuzz/tenants.mjs'
import { prepareServer, startMiniflare } from './lib/server.mjs'
import { unlimited } from './lib/unlimited.mjs'

const wanted = Number(process.env.FUZZ_REQUESTS || 20_000)
const seed = Number(process.env.FUZZ_SEED || Date.now() % 1_000_000)
const deadline = Date.now() + Number(process.env.FUZZ_MINUTES || 5) * 60_000
const only = process.env.FUZZ_ONLY
const workers = 10

const prepared = prepareServer()
/** No vendor is ever called: what stands in for all of them answers in turn well, badly and not at all. */
const vendors = [
  () => Response.json({}),
  () => new Response('no', { status: 401 }),
  () => Response.json([], { status: 200 }),
  () => new Response('<html>', { status: 502 }),
  () => Response.json({ message: 'slow down' }, { status: 429 }),
]
let calls = 0
const vars = { ...unlimited, RATE_LIMIT_PASSWORD_PER_MINUTE: '100000' }
const server = await startMiniflare({ prepared, vars, outbound: () => vendors[calls++ % vendors.length]() })

const document = await (await fetch(`${server.url}/openapi.json`)).json()
const all = operationsOf(document)
const operations = all.filter(({ name }) => only === undefined || name.includes(only))
const rules = { operations: all, anyError: anyError(document) }
console.log(`seed ${seed}: ${wanted} requests over ${operations.length} operations`)

const victim = await openTenant(server, 'Victim')
const actors = await Promise.all(['One', 'Two', 'Three'].map((name) => openTenant(server, name)))
const nobody = { ...actors[0], token: null }
const masters = readFileSync(join(prepared.folder, '.dev.vars'), 'utf8')
  .split('\n')
  // A client's id is shown to every browser.
  .flatMap((line) => /^\w*(?:SECRET|KEY)\w*="?(.{20,}?)"?$/.exec(line)?.[1] ?? [])

const tally = new Tally(operations)
/** Whatever looks like a stored hash, with where it was seen; compared with the database at the end. */
const hashes = new Map()
let next = 0

/** What an actor must not read: everything of the others, and the secrets of the deployment and its own. */
function hiddenFrom(who) {
  const others = who === nobody ? actors : actors.filter((tenant) => tenant !== who)
  return {
    foreign: [victim, ...others].flatMap((tenant) => tenant.private),
    secrets: [...masters, ...(who === nobody ? [] : who.secrets)],
  }
}

/** Who is nobody to us may still hold the key of a sender, and then reads what that sender may. */
function readerOf(who, { path, headers }) {
  const sent = [path, ...headers.values()].join('\n')
  return who === nobody && Object.values(nobody.tokens).some((key) => sent.includes(key)) ? actors[0] : who
}

async function one(index) {
  const operation = operations[index % operations.length]
  const dice = diceFor(seed, index)
  const who = dice.chance(0.1) ? nobody : dice.pick(actors)
  const request = requestFor(operation, dice, { actor: who, victim })
  const { token } = who
  const began = Date.now()
  let answer
  try {
    answer = await send(server.url, request)
  } catch (error) {
    const isLate = error.name === 'TimeoutError'
    tally.wrong(
      operation,
      request,
      null,
      isLate ? 'no answer in 10 s' : `no answer: ${error.cause?.message ?? error}`,
    )
    return
  }
  tally.answered(operation, answer, Date.now() - began)
  const problem =
    wrongForm(operation, request, answer, rules) ??
    leaked(request, answer, hiddenFrom(readerOf(who, request)))
  if (problem !== null) tally.wrong(operation, request, answer, problem)
  for (const [hash] of answer.text.matchAll(/\b[0-9a-f]{64}\b/g)) hashes.set(hash, operation.name)
  const wasOwn = token !== null && request.headers.get('authorization') === `Bearer ${token}`
  if (answer.status === 401 && wasOwn && who.token === token) await renew(server, who)
}

async function work() {
  while (next < wanted && Date.now() < deadline) await one(next++)
}

for (const tenant of [victim, ...actors]) tenant.private = privateTexts(tenant)
const began = Date.now()
const freshen = setInterval(() => {
  for (const tenant of actors) refresh(server, tenant).catch(() => {})
}, 5_000)
await Promise.all(Array.from({ length: workers }, work))
clearInterval(freshen)

for (const found of await shownHashes(server.db, hashes)) tally.note(found)

if (next < wanted) tally.note(`only ${next} of ${wanted} requests in the time given`)
const problems = tally.print((Date.now() - began) / 1000)
console.log(`\n${problems} kinds of problems, seed ${seed}`)
await server.stop()
process.exit(problems > 0 ? 1 : 0)
