// One request from an operation and its own dice.
import * as hostile from './hostile.mjs'
import { senders } from './tenants.mjs'
import { mutated, valid } from './values.mjs'

const sources = [...senders, 'unknown']
const providers = ['github', 'cloudflare', 'datadog', 'grafana', 'slack', 'aws', 'sentry', 'gcp', 'unknown']
const plain = {
  token: (_dice, actor) => actor.tokens.alertmanager_api,
  source: (dice) => dice.pick(sources),
  provider: (dice) => dice.pick(providers),
  role: (dice) => dice.pick(['viewer', 'editor', 'admin']),
  version: (dice) => String(dice.between(1, 3)),
}

/** The token for a webhook's path: mostly of the very sender that the path names. */
function keyFor(parts, dice, { tokens }) {
  const named = parts.map((part) => part.replace('-', '')).find((part) => Object.hasOwn(tokens, part))
  return named === undefined || dice.chance(0.1) ? dice.pick(Object.values(tokens)) : tokens[named]
}

function segment(name, parts, dice, { actor, victim, isHostile }) {
  const collection = parts.at(-1) ?? ''
  if (isHostile && dice.chance(0.4)) return { text: dice.pick(hostile.segments), isJunk: true }
  if (name === 'key') return { text: keyFor(parts, dice, actor), isJunk: false }
  if (Object.hasOwn(plain, name)) return { text: plain[name](dice, actor), isJunk: false }
  // What stands for an alert at Opsgenie is the sender's own word: it is stored, and shown to the sender again.
  const owner = name !== 'identifier' && dice.chance(0.2) ? victim : actor
  const ids = owner.pool[collection] ?? owner.ids
  return { text: dice.chance(0.1) || ids.length === 0 ? dice.uuid() : dice.pick(ids), isJunk: false }
}

function pathOf({ path }, dice, context) {
  let junk = false
  const parts = path.split('/')
  const filled = []
  for (const part of parts) {
    const name = /^\{(\w+)\}$/.exec(part)?.[1]
    if (name === undefined) filled.push(part)
    else {
      const { text, isJunk } = segment(name, filled, dice, context)
      junk ||= isJunk
      filled.push(text)
    }
  }
  return { path: filled.join('/'), junk }
}

function queryOf({ parameters }, dice, { isMutated, isHostile, known }) {
  const query = new URLSearchParams()
  for (const { in: place, name, schema, required } of parameters) {
    if (place !== 'query' || !(required || dice.chance(0.4))) continue
    const broken = (isMutated || isHostile) && dice.chance(0.5)
    const value = broken
      ? dice.pick(hostile.texts).slice(0, 4000)
      : valid(schema, dice, known, schema, 0, name)
    query.append(name, typeof value === 'object' ? JSON.stringify(value) : String(value))
    if (broken && dice.chance(0.2)) query.append(name, 'again')
  }
  if (isHostile && dice.chance(0.3)) query.append(dice.pick(hostile.texts).slice(0, 200), 'x')
  const text = query.toString()
  return text === '' ? '' : `?${text}`
}

const bodyless = new Set(['GET', 'HEAD', 'OPTIONS'])

function bodyOf({ body, method }, dice, { isMutated, isHostile, known }) {
  if (bodyless.has(method)) return undefined
  if (isHostile && dice.chance(0.5)) return dice.pick(hostile.bodies)
  if (body === null && dice.chance(0.5)) return undefined
  const made = valid(body ?? { type: 'object', additionalProperties: true }, dice, known)
  return JSON.stringify(isMutated || isHostile ? mutated(made, dice) : made)
}

function headersOf({ path }, dice, { actor, isHostile }) {
  const headers = new Headers({ 'content-type': 'application/json' })
  if (path.startsWith('/v2/alerts')) headers.set('authorization', `GenieKey ${actor.tokens.opsgenie_api}`)
  else if (path.startsWith('/api/v2/'))
    headers.set('authorization', `Bearer ${actor.tokens.alertmanager_api}`)
  else if (actor.token !== null) headers.set('authorization', `Bearer ${actor.token}`)
  if (path.includes('/cloudevents/')) headers.set('webhook-request-origin', 'events.example.com')
  if (dice.chance(0.05)) headers.set('idempotency-key', `key-${dice.below(30)}`)
  if (isHostile && dice.chance(0.4)) headers.set(...dice.pick(hostile.headers))
  return headers
}

const oddMethods = ['PUT', 'PATCH', 'DELETE', 'POST', 'HEAD', 'OPTIONS', 'PROPFIND', 'SEARCH', 'PURGE']

/**
 * @returns {{ kind, method, path, headers, body, junk: boolean, odd: boolean }} `junk`: the path may be another
 *   operation's or none; `odd`: the method is not this operation's.
 */
export function requestFor(operation, dice, { actor, victim }) {
  const kind = dice.pick([
    'valid',
    'valid',
    'valid',
    'mutated',
    'mutated',
    'mutated',
    'hostile',
    'hostile',
    'method',
  ])
  // A body that is stored as it comes is shown again: foreign ids go where they are looked up.
  const isForeign = operation.body !== null && dice.chance(0.2)
  const known = { ids: isForeign ? victim.ids : actor.ids, tokens: actor.tokens }
  const context = { actor, victim, known, isMutated: kind === 'mutated', isHostile: kind === 'hostile' }
  const { path, junk } = pathOf(operation, dice, context)
  const method = kind === 'method' ? dice.pick(oddMethods) : operation.method
  const odd = method !== operation.method
  return {
    kind,
    method,
    path: path + queryOf(operation, dice, context),
    headers: headersOf(operation, dice, context),
    body: bodyOf({ ...operation, method }, dice, context),
    junk,
    odd,
  }
}
