import { randomBytes } from 'node:crypto'
import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs'

const names = ['JWT_SECRET', 'CONNECTOR_MASTER_KEY', 'INTERNAL_API_SECRET']

const line = (name) => `${name}="${randomBytes(32).toString('base64')}"\n`

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
