// Values from JSON Schema: such as it allows, and such as it does not.
import * as hostile from './hostile.mjs'

const words = ['checkout', 'payments-db', 'pool', 'latency', 'Größe', '東京', 'deploy 1042', 'ok']
const password = 'correct horse battery'

/** What a field of that name usually holds, so that a random body is more often a sensible one. */
const byName = {
  email: (dice) => `fuzz-${dice.hex(8)}@example.com`,
  password: () => password,
  newPassword: () => password,
  currentPassword: () => password,
  source: (dice) => dice.pick(['generic', 'grafana', 'pagerduty', 'alertmanager', 'cloudwatch', 'datadog']),
  role: (dice) => dice.pick(['viewer', 'editor', 'admin']),
  question: () => 'What changed before this started?',
  message: () => 'What is open?',
  routing_key: (_dice, { tokens }) => tokens.pagerduty_events,
  timezone: () => 'Europe/Berlin',
  url: () => 'https://example.com/x',
}

const numbersOf = ({ minimum, exclusiveMinimum, maximum, exclusiveMaximum }) => {
  const from = Math.max(minimum ?? exclusiveMinimum ?? -1000, -(2 ** 31))
  return [Math.ceil(from), Math.floor(Math.min(maximum ?? exclusiveMaximum ?? from + 2000, 2 ** 31))]
}

function text(schema, dice, { ids }, name = '') {
  const { format, minLength = 0, maxLength = 200 } = schema
  if (format === 'uuid' || /(^id|_id|Id)$/.test(name))
    return dice.chance(0.8) && ids.length > 0 ? dice.pick(ids) : dice.uuid()
  if (format === 'date-time') return new Date(1_780_000_000_000 + dice.below(10 ** 10)).toISOString()
  if (format === 'email') return `fuzz-${dice.hex(8)}@example.com`
  if (format === 'uri') return 'https://example.com/x'
  const long = dice.chance(0.1) ? maxLength : Math.max(minLength, dice.between(1, 20))
  let made = ''
  while (made.length < long) made += `${dice.pick(words)} `
  return made.slice(0, Math.min(long, maxLength, 5000))
}

function object(schema, dice, known, root, depth) {
  const required = new Set(schema.required ?? [])
  const entries = Object.entries(schema.properties ?? {})
    .filter(([name]) => required.has(name) || dice.chance(0.6))
    .map(([name, member]) => [name, valid(member, dice, known, root, depth + 1, name)])
  const extra = schema.additionalProperties
  if (typeof extra === 'object' && dice.chance(0.7))
    entries.push([dice.pick(words), valid(extra, dice, known, root, depth + 1)])
  return Object.fromEntries(entries)
}

/** A value that the schema allows, as far as JSON Schema says everything. `known` holds ids and tokens to use. */
export function valid(schema, dice, known, root = schema, depth = 0, name = '') {
  if (schema === true || depth > 8) return dice.pick(words)
  if (schema.$ref !== undefined)
    return valid(
      schema.$ref
        .split('/')
        .slice(1)
        .reduce((at, key) => at[key], root),
      dice,
      known,
      root,
      depth + 1,
      name,
    )
  if (schema.const !== undefined) return schema.const
  if (schema.enum !== undefined) return dice.pick(schema.enum)
  const either = schema.anyOf ?? schema.oneOf
  if (either !== undefined) return valid(dice.pick(either), dice, known, root, depth + 1, name)
  if (schema.allOf !== undefined) return valid(schema.allOf[0], dice, known, root, depth + 1, name)
  const type = Array.isArray(schema.type) ? dice.pick(schema.type) : schema.type
  if ((type === 'string' || type === undefined) && Object.hasOwn(byName, name) && dice.chance(0.8))
    return byName[name](dice, known)
  switch (type) {
    case 'string':
      return text(schema, dice, known, name)
    case 'integer':
      return dice.between(...numbersOf(schema))
    case 'number':
      return dice.between(...numbersOf(schema)) / (dice.chance(0.5) ? 1 : 3)
    case 'boolean':
      return dice.chance(0.5)
    case 'null':
      return null
    case 'array': {
      const count = dice.between(
        schema.minItems ?? 0,
        Math.min(schema.maxItems ?? 4, (schema.minItems ?? 0) + 4),
      )
      return Array.from({ length: count }, () => valid(schema.items ?? {}, dice, known, root, depth + 1))
    }
    case 'object':
      return object(schema, dice, known, root, depth)
    default:
      return name.endsWith('s') ? [dice.pick(words)] : text({}, dice, known)
  }
}

const hostileValue = (dice) => (dice.chance(0.5) ? dice.pick(hostile.texts) : dice.pick(hostile.values))

/** The value with one to three of its members, at any depth, replaced, left out or added. */
export function mutated(value, dice, times = dice.between(1, 3)) {
  if (times === 0) return value
  return mutated(mutatedOnce(value, dice), dice, times - 1)
}

function mutatedOnce(value, dice) {
  if (typeof value !== 'object' || value === null) return hostileValue(dice)
  const keys = Object.keys(value)
  const key = dice.pick(keys)
  const copy = Array.isArray(value) ? [...value] : { ...value }
  if (key === undefined || dice.chance(0.1)) copy[dice.pick(hostile.texts)] = hostileValue(dice)
  else if (dice.chance(0.15)) delete copy[key]
  else copy[key] = dice.chance(0.5) ? mutatedOnce(copy[key], dice) : hostileValue(dice)
  return copy
}
