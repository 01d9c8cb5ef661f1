/**
 * The way out to addresses that came with an alert. Stricter than the way to vendors: it only reads, carries no credential,
 * and every name on the way is resolved first and must lead to public addresses alone.
 */
import { guardedCall, guardedFetch, type Arrival, type EgressRules, type VendorFetch } from './egress'
import { ok, type Refusal } from './outcome'
import { refuseName, RESOLVER } from './resolve'

type PublicRules = Pick<EgressRules, 'ownHosts' | 'signal' | 'http'>

/** A resolver that says nothing for so long will not. */
const RESOLVER_MS = 3_000

export interface Visit {
  /** Where the answer came from, after redirects. */
  readonly url: string
  readonly status: number
  readonly headers: Headers
  readonly redirects: Arrival['hops']
  /** The beginning of a body that is text; empty for any other. */
  readonly text: string
  /** Whether there was more than that. */
  readonly cut: boolean
  /** The whole body's bytes, null when the server did not say and it was not read to its end. */
  readonly bytes: number | null
  /** Milliseconds for names, until the answer began, and in all. */
  readonly timings: { readonly dns: number; readonly firstByte: number; readonly total: number }
}

/** What can be told for sure of a server that gave no answer. */
type Unanswered = 'no_such_name' | 'certificate_refused' | 'tls_failed'

export type Visited =
  | { readonly kind: 'ok'; readonly value: Visit }
  | { readonly kind: 'unanswered'; readonly how: Unanswered }
  | Refusal

/** A `fetch` that reaches the public resolver and nothing else. */
export const resolverFetch = (rules: PublicRules): VendorFetch =>
  guardedFetch({ ...rules, hosts: [RESOLVER], ownHosts: [], callMs: RESOLVER_MS })

/** One GET or HEAD; at most `maxBytes` of the body are read. */
export async function visit(
  rules: PublicRules,
  address: string,
  {
    method = 'GET',
    accept,
    maxBytes,
  }: {
    readonly method?: 'GET' | 'HEAD'
    readonly accept: string
    readonly maxBytes: number
  },
): Promise<Visited> {
  const resolver = resolverFetch(rules)
  const began = Date.now()
  const seen: { dns: number; how: Unanswered | null } = { dns: 0, how: null }
  const admit = async ({ hostname }: URL): Promise<Refusal | null> => {
    const asked = Date.now()
    const refused = await refuseName(resolver, hostname)
    seen.dns += Date.now() - asked
    if (refused?.kind !== 'no_such_name') return refused
    seen.how = refused.kind
    return { kind: 'unreachable' }
  }
  const outcome = await guardedCall<Visit>(
    { ...rules, hosts: 'self_hosted', admit },
    address,
    { method, headers: { accept } },
    async ({ response, url, hops }, signal) => {
      const firstByte = Date.now() - began
      const body = await beginningOf(response, maxBytes, signal)
      const timings = { dns: seen.dns, firstByte, total: Date.now() - began }
      return ok({
        url,
        status: response.status,
        headers: response.headers,
        redirects: hops,
        ...body,
        timings,
      })
    },
    (error) => {
      seen.how = kindOf(error)
      return { kind: 'unreachable' }
    },
  )
  return outcome.kind === 'unreachable' && seen.how !== null ? { kind: 'unanswered', how: seen.how } : outcome
}

const TEXTUAL = /^(?:text\/|application\/(?:[\w.-]+\+)?(?:json|xml|yaml|x-yaml|javascript)\b)/i

async function beginningOf(
  response: Response,
  maxBytes: number,
  signal: AbortSignal,
): Promise<Pick<Visit, 'text' | 'cut' | 'bytes'>> {
  const declared = response.headers.get('content-length') ?? ''
  const whole = /^\d{1,15}$/.test(declared) ? Number(declared) : null
  const body: ReadableStream<unknown> | null = response.body
  if (body === null) return { text: '', cut: false, bytes: whole ?? 0 }
  const isText = TEXTUAL.test(response.headers.get('content-type') ?? 'text/plain')
  const reader = body.getReader()
  const decoder = new TextDecoder()
  let text = ''
  let read = 0
  for (;;) {
    signal.throwIfAborted()
    const { done, value } = await reader.read()
    if (done) return { text: text + decoder.decode(), cut: false, bytes: read }
    if (!(value instanceof Uint8Array)) throw new TypeError('a body of bytes was expected')
    const kept = value.subarray(0, maxBytes - read)
    read += kept.byteLength
    if (isText) text += decoder.decode(kept, { stream: true })
    if (kept.byteLength === value.byteLength) continue
    await reader.cancel()
    return { text, cut: true, bytes: whole }
  }
}

/** The runtime words its errors freely: only which kind it was is taken from them. */
function kindOf(error: unknown): Unanswered | null {
  if (!(error instanceof Error)) return null
  if (/certificate|self.signed/i.test(error.message)) return 'certificate_refused'
  return /\b(?:tls|ssl)\b|handshake/i.test(error.message) ? 'tls_failed' : null
}
