import { randomUUID } from 'node:crypto'

/** An answer that was not the expected one. */
class UnexpectedAnswer extends Error {
  constructor(method, path, status, body) {
    super(`${method} ${path} answered ${status}: ${JSON.stringify(body)?.slice(0, 400)}`)
    this.status = status
    this.body = body
  }
}

/**
 * A small client of the API. Every call throws unless the status is one of those it expects.
 * @param {string} url base address
 * @param {string} [token] session token
 */
function apiClient(url, token) {
  const headers = token ? { authorization: `Bearer ${token}` } : {}
  const call = async (method, path, body, { expect = [200, 201, 202, 204], timeoutMs = 15_000 } = {}) => {
    const response = await fetch(path.startsWith('http') ? path : url + path, {
      method,
      headers: body === undefined ? headers : { ...headers, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(timeoutMs),
    })
    const text = await response.text()
    const answer = readJson(text)
    if (!expect.includes(response.status)) throw new UnexpectedAnswer(method, path, response.status, answer)
    return answer
  }
  return {
    url,
    headers,
    get: (path, options) => call('GET', path, undefined, options),
    post: (path, body, options) => call('POST', path, body, options),
    put: (path, body, options) => call('PUT', path, body, options),
    patch: (path, body, options) => call('PATCH', path, body, options),
  }
}

function readJson(text) {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

/** Registers a new person with an organisation of their own and logs in. */
export async function newPerson(url, name) {
  const slug = name.toLowerCase().replace(/[^a-z]+/g, '-')
  const email = `${slug}-${randomUUID().slice(0, 8)}@example.com`
  const password = randomUUID()
  await apiClient(url).post('/api/auth/register', { email, password, name })
  const { token, orgId } = await apiClient(url).post('/api/auth/login', { email, password })
  return { api: apiClient(url, token), email, password, token, orgId }
}
