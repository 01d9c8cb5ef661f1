/**
 * The one way out to vendors. Every hop is checked, credentials never follow to another origin, and what comes back is
 * bounded in time and size. This is the only file of the connectors that may use the global `fetch`.
 */
import { refuseUrl, type Hosts } from './address'
import { ok, type Outcome, type Refusal } from './outcome'

export interface VendorInit {
  readonly method?: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | URLSearchParams
  /** Largest answer in bytes, at most 5 MB. */
  readonly maxBytes?: number
  /** Hosts that a redirect may lead to besides the provider's own, such as a vendor's log storage. */
  readonly redirectHosts?: readonly string[]
}

/** An answer below 500 that is no 429; what its status means is the caller's to say. */
export interface VendorAnswer {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  /** Where the answer came from, after redirects. */
  readonly url: string
}

export type VendorFetch = (url: string, init?: VendorInit) => Promise<Outcome<VendorAnswer>>

export interface EgressRules {
  readonly hosts: Hosts
  /** Host names of this product. */
  readonly ownHosts: readonly string[]
  /** A further look at every address on the way, before it is called. */
  readonly admit?: (url: URL) => Promise<Refusal | null>
  /** Ends the whole operation. */
  readonly signal: AbortSignal
  /** The raw `fetch`; a test hands in its fake. */
  readonly http?: typeof fetch
  /** Milliseconds a single call may take. */
  readonly callMs?: number
}

const CALL_MS = 10_000
export const OPERATION_MS = 25_000
const MAX_BYTES = 5 * 1024 * 1024
const MAX_HOPS = 3
const DEFAULT_RETRY_SECONDS = 30
const CREDENTIAL_HEADERS = /^(authorization|proxy-authorization|cookie|x-scope-orgid)$|key|token|secret/i

/** A `fetch` that reaches nothing but what these rules allow. It answers outcomes and does not throw. */
export const guardedFetch =
  (rules: EgressRules): VendorFetch =>
  (target, init = {}) =>
    guardedCall(rules, target, init, ({ response, url }, signal) =>
      readAnswer(response, url, init.maxBytes ?? MAX_BYTES, signal),
    )

/** What stood at the end of a call. */
export interface Arrival {
  readonly response: Response
  readonly url: string
  /** The redirects on the way, in order. */
  readonly hops: readonly { readonly url: string; readonly status: number }[]
}

/** One call under these rules, with a reader of one's own for what comes back. @param failed names what a network threw */
export async function guardedCall<T>(
  rules: EgressRules,
  target: string,
  init: VendorInit,
  read: (arrival: Arrival, signal: AbortSignal) => Promise<Outcome<T>>,
  failed: (error: unknown) => Outcome<T> = () => ({ kind: 'unreachable' }),
): Promise<Outcome<T>> {
  const signal = AbortSignal.any([rules.signal, AbortSignal.timeout(rules.callMs ?? CALL_MS)])
  try {
    const arrived = await follow(rules, target, init, signal)
    return arrived.kind === 'ok' ? await read(arrived.value, signal) : arrived
  } catch (error) {
    // Whatever a network throws may quote a URL; nothing of it is passed on.
    return failed(error)
  }
}

async function follow(
  rules: EgressRules,
  target: string,
  init: VendorInit,
  signal: AbortSignal,
): Promise<Outcome<Arrival>> {
  const http = rules.http ?? ((input, init) => fetch(input, init))
  const hops: { url: string; status: number }[] = []
  const method = init.method ?? 'GET'
  let headers = new Headers(init.headers)
  if (!headers.has('user-agent')) headers.set('user-agent', 'aurora-edge')
  let address = target
  for (let hop = 0; ; hop++) {
    if (!URL.canParse(address)) return { kind: 'blocked', text: 'Invalid URL' }
    const url = new URL(address)
    const refusal =
      hop > 0 && init.redirectHosts !== undefined && refuseUrl(url, init.redirectHosts, []) === null
        ? null
        : refuseUrl(url, rules.hosts, rules.ownHosts)
    if (refusal !== null) return { kind: 'blocked', text: refusal }
    const refused = (await rules.admit?.(url)) ?? null
    if (refused !== null) return refused
    const response = await http(url.href, {
      method,
      headers,
      redirect: 'manual',
      signal,
      ...(init.body === undefined ? {} : { body: init.body }),
    })
    const location = response.headers.get('location')
    const moved = response.status >= 300 && response.status < 400 && location !== null
    if (!moved || (method !== 'GET' && method !== 'HEAD')) return ok({ response, url: url.href, hops })
    await response.body?.cancel()
    hops.push({ url: url.href, status: response.status })
    if (hop === MAX_HOPS || !URL.canParse(location, url.href)) return { kind: 'vendor_error' }
    const next = new URL(location, url)
    if (next.origin !== url.origin) headers = withoutCredentials(headers)
    address = next.href
  }
}

const withoutCredentials = (headers: Headers): Headers =>
  new Headers(Array.from(headers).filter(([name]) => !CREDENTIAL_HEADERS.test(name)))

async function readAnswer(
  response: Response,
  url: string,
  maxBytes: number,
  signal: AbortSignal,
): Promise<Outcome<VendorAnswer>> {
  if (response.status === 429 || response.status >= 500) {
    await response.body?.cancel()
    return response.status === 429
      ? { kind: 'rate_limited', retryAfterSeconds: retryAfter(response.headers) }
      : { kind: 'vendor_error' }
  }
  const text = await readText(response, Math.min(maxBytes, MAX_BYTES), signal)
  return text === null
    ? { kind: 'vendor_error' }
    : ok({ status: response.status, headers: response.headers, text, url })
}

/** Seconds of a `Retry-After` header, given in seconds; a date or nonsense counts as none. */
function retryAfter(headers: Headers): number {
  const text = headers.get('retry-after')?.trim() ?? ''
  return /^\d{1,5}$/.test(text) && Number(text) > 0 ? Number(text) : DEFAULT_RETRY_SECONDS
}

/** The body as text, or null when it is longer than it may be. */
async function readText(response: Response, maxBytes: number, signal: AbortSignal): Promise<string | null> {
  const body: ReadableStream<unknown> | null = response.body
  if (body === null) return ''
  const decoder = new TextDecoder()
  const reader = body.getReader()
  let text = ''
  let length = 0
  for (;;) {
    signal.throwIfAborted()
    const { done, value } = await reader.read()
    if (done) return text + decoder.decode()
    if (!(value instanceof Uint8Array)) return null
    length += value.byteLength
    if (length > maxBytes) {
      await reader.cancel()
      return null
    }
    text += decoder.decode(value, { stream: true })
  }
}
