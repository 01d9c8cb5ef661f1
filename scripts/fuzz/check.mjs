/** A failing vendor or a login that this deployment has no client for: the answer that the document promises. */
const allowedFailures = new Set(['upstream_error', 'provider_not_configured', 'vendor_rate_limited'])
const tolerated = new Set([400, 401, 403, 404, 405, 413, 415])

const parse = (text) => {
  try {
    return { ok: true, value: JSON.parse(text) }
  } catch {
    return { ok: false }
  }
}

const firstErrors = ({ errors }) =>
  errors
    .slice(-3)
    .map(({ instanceLocation, error }) => `${instanceLocation} ${error}`.slice(0, 160))
    .join('; ')

const patterns = new Map()
function matches(template, path) {
  const pattern =
    patterns.get(template) ??
    new RegExp(`^${template.replaceAll('.', '\\.').replaceAll(/\{\w+\}/g, '[^/]+')}$`)
  patterns.set(template, pattern)
  return pattern.test(path.split('?')[0])
}

/** Whether a path would have to read a fixed word of the other one as an id, which no path does. */
function readsWord({ path, parameters }, asked) {
  const words = asked.path.split('/')
  const isId = (name) => parameters.some((one) => one.name === name && one.schema?.format === 'uuid')
  return path.split('/').some((part, index) => {
    const name = /^\{(\w+)\}$/.exec(part)?.[1]
    return name !== undefined && isId(name) && !words[index]?.startsWith('{')
  })
}

/** The operation that a request is: with an odd method it may be another one, or none. */
function actual(asked, { odd, method, path }, operations) {
  if (!odd) return asked
  const name = method === 'HEAD' ? 'GET' : method
  const candidates = operations.filter((one) => one.method === name)
  return (
    candidates.find((one) => one.path === asked.path) ??
    candidates.find((one) => matches(one.path, path) && !readsWord(one, asked))
  )
}

/** What is wrong with the form of an answer, or null. */
export function wrongForm(asked, request, { status, text, type }, { operations, anyError }) {
  const operation = actual(asked, request, operations)
  const json = type === 'application/json' ? parse(text) : { ok: false }
  if (status >= 500 && !(json.ok && allowedFailures.has(json.value?.code))) return `answered ${status}`
  if (request.method === 'HEAD' || (request.odd && request.method === 'OPTIONS'))
    return text === '' ? null : 'has a body'
  if (operation === undefined || !Object.hasOwn(operation.answers, status)) {
    if (!((operation === undefined || request.junk) && tolerated.has(status)))
      return `answered ${status}, which is not documented`
    return json.ok && anyError.validate(json.value).valid ? null : `${status} is not the common error`
  }
  return wrongBody(operation.answers[status], { status, text, type, json })
}

function wrongBody(byType, { status, text, type, json }) {
  if (byType === null) return text === '' ? null : `${status} has a body`
  const validator = byType[type]
  if (validator === undefined) return `${status} has the type ${type}`
  if (type !== 'application/json') return null
  if (!json.ok) return `${status} is not JSON`
  const judged = validator.validate(json.value)
  return judged.valid ? null : `${status} is not as documented: ${firstErrors(judged)}`
}

/** Which private text of another tenant, or which secret, is in an answer that was not in the request; or null. */
export function leaked(request, answer, { foreign, secrets }) {
  const body = typeof request.body === 'string' ? request.body : ''
  const sent = [decode(request.path), body, ...request.headers.values()].join('\n')
  const shown = [...answer.headers, answer.text].join('\n')
  const isIn = (text) => shown.includes(text) && !sent.includes(text)
  const own = foreign.find(isIn)
  if (own !== undefined) {
    const at = shown.indexOf(own)
    return `shows ${own.slice(0, 60)} of another organisation after ${shown.slice(Math.max(0, at - 30), at)}`
  }
  if (secrets.some(isIn)) return 'shows a secret'
  if (/\$2[aby]\$\d\d\$/.test(shown)) return 'shows a password hash'
  return null
}

function decode(path) {
  try {
    return decodeURIComponent(path)
  } catch {
    return path
  }
}
