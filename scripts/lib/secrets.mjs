import { randomBytes } from 'node:crypto'
import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs'

/** First half of a throw-away master key: the Worker knows it by this and says so when it seals for a real host. */
const DEVELOPMENT_KEY = Buffer.from('development-only')

const random = () => randomBytes(32).toString('base64')

/** What a fresh checkout lacks. The Google client is a placeholder: logins begin with it, and end at Google. */
const values = {
  JWT_SECRET: random,
  CONNECTOR_MASTER_KEY: () => Buffer.concat([DEVELOPMENT_KEY, randomBytes(16)]).toString('base64'),
  INTERNAL_API_SECRET: random,
  GOOGLE_CLIENT_ID: () => 'placeholder.apps.googleusercontent.com',
  GOOGLE_CLIENT_SECRET: () => 'placeholder',
}
const names = Object.keys(values)

const line = (name) => `${name}="${values[name]()}"\n`

/**
 * Makes sure that the file names every secret that the Worker needs. What is there is never touched: a new master key
 * would make every stored credential unreadable.
 * @returns {string[]} the names that were added
 */
export function ensureSecrets(file) {
  if (!existsSync(file)) {
    writeFileSync(file, names.map(line).join(''), { mode: 0o600 })
    return names
  }
  const text = readFileSync(file, 'utf8')
  const missing = names.filter((name) => !new RegExp(`^\\s*(export\\s+)?${name}\\s*=`, 'm').test(text))
  if (missing.length > 0)
    appendFileSync(file, (/(^|\n)$/.test(text) ? '' : '\n') + missing.map(line).join(''))
  return missing
}
