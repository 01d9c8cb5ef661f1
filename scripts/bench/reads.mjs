// What every read of the API costs: the operations come from the served OpenAPI document, so none is forgotten.
import { sampleCost } from './cost.mjs'
import { reasonOf } from './more-read.mjs'

/** Queries without which an operation cannot be asked. */
const QUERIES = {
  '/api/user-preferences': '?key=theme',
  '/api/user-preferences/batch': '?keys=theme',
}

/**
 * The operations that read: a caller's own data as JSON. Streams stay open, and what a vendor has to be asked for needs an
 * account there: those name 502 among their answers.
 * @param {object} document OpenAPI
 * @returns {{ measured: string[], asVendor: string[] }} paths
 */
export function readsOf({ paths }) {
  const reads = Object.entries(paths).filter(
    ([, { get }]) => get?.security?.length > 0 && get.responses[200]?.content?.['application/json'],
  )
  const isVendors = ([, { get }]) => '502' in get.responses
  const names = (list) => list.map(([path]) => path)
  return {
    measured: names(reads.filter((read) => !isVendors(read))),
    asVendor: names(reads.filter(isVendors)),
  }
}

/**
 * @param {string} url
 * @param {{ headers: object, ids: (path: string, name: string) => string | undefined }} known fills the ids of paths
 * @returns {Promise<{ name, d1, stmts, read, returned, problem, reason }[]>} `problem` is null where the promise holds
 */
export async function costOfReads(url, paths, { headers, ids }) {
  const rows = []
  for (const path of paths) {
    const filled = path.replace(/\{(\w+)\}/g, (given, name) => ids(path, name) ?? given)
    if (filled.includes('{')) {
      rows.push({ name: path, isMissing: true })
      continue
    }
    const asked = filled + (QUERIES[path] ?? '')
    const { status, body, cost } = await sampleCost(url, () => ({ path: asked, headers }), 2)
    // Nothing of the kind is there, or it takes an account at a vendor after all.
    if ((status > 400 && status < 500) || body?.code === 'provider_not_configured')
      rows.push({ name: path, isMissing: true })
    else if (status !== 200) throw new Error(`GET ${asked} answered ${status}: ${JSON.stringify(body)}`)
    else rows.push({ name: path, ...judged(path, cost, rowsIn(body)) })
  }
  return rows
}

/** One round trip after authentication, and no more rows read than returned and one; or it is said why. */
function judged(path, { d1, stmts, read }, returned) {
  const isDear = d1 > 1 || read > returned + 1
  const reason = isDear ? reasonOf(path) : null
  return { d1, stmts, read, returned, reason, problem: isDear && reason === null }
}

/** The rows that an answer shows: the objects in its lists, and at least the one that it is. */
function rowsIn(answer) {
  const count = (value) => {
    if (Array.isArray(value)) return value.reduce((n, one) => n + (isObject(one) ? 1 : 0) + count(one), 0)
    return isObject(value) ? Object.values(value).reduce((n, one) => n + count(one), 0) : 0
  }
  return Math.max(1, count(answer))
}

const isObject = (value) => typeof value === 'object' && value !== null && !Array.isArray(value)
