import { createExecutionContext } from 'cloudflare:test'
import { env, exports } from 'cloudflare:workers'
import { app } from '../../src/app'

export type Headers = Readonly<Record<string, string>>
type Fetch = (request: Request) => Response | Promise<Response>

const ORIGIN = 'http://aurora.test'

/**
 * A client of the running Worker. `body` is sent as JSON, a string as it is; the answer's `body` is parsed JSON, or null.
 * `headers` are sent with every request.
 */
export const api = (headers: Headers = {}) => client((request) => exports.default.fetch(request), headers)

/**
 * The same for an app with other variables than the tests' own, such as `{ FRONTEND_URL: 'https://app.example' }`. With
 * `DEBUG_COST` every request asks what it costs.
 */
export const apiWith = (variables: Partial<Env>, headers: Headers = {}) =>
  apiOf(app, variables, {
    ...(variables.DEBUG_COST === undefined ? {} : { 'x-aurora-debug': 'cost' }),
    ...headers,
  })

/** The same for any app. */
export function apiOf(served: typeof app, variables: Partial<Env> = {}, headers: Headers = {}) {
  const changed = { ...env, ...variables }
  return client((request) => served.fetch(request, changed, createExecutionContext()), headers)
}

function client(fetch: Fetch, always: Headers) {
  const call = async (method: string, path: string, body?: unknown, headers: Headers = {}) => {
    const sent = body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }
    const type: Headers = body === undefined ? {} : { 'content-type': 'application/json' }
    const url = path.startsWith('/') ? ORIGIN + path : path
    const init = { method, headers: { ...type, ...always, ...headers }, ...sent }
    const response = await fetch(new Request(url, init))
    const text = await response.text()
    return { status: response.status, headers: response.headers, text, body: parse(text) }
  }
  return {
    call,
    get: (path: string, headers?: Headers) => call('GET', path, undefined, headers),
    post: (path: string, body?: unknown, headers?: Headers) => call('POST', path, body, headers),
    put: (path: string, body?: unknown, headers?: Headers) => call('PUT', path, body, headers),
    patch: (path: string, body?: unknown, headers?: Headers) => call('PATCH', path, body, headers),
    delete: (path: string, body?: unknown, headers?: Headers) => call('DELETE', path, body, headers),
    /** The raw answer, for streams. */
    fetch: (path: string, init: RequestInit = {}) =>
      fetch(
        new Request(ORIGIN + path, {
          ...init,
          headers: { ...always, ...Object.fromEntries(new Headers(init.headers)) },
        }),
      ),
  }
}

function parse(text: string) {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
