/**
 * The way out to a model's vendor: one origin, no redirects, bounded answers. This is the only file of the models that may
 * use the global `fetch`.
 */
import { readBaseUrl } from '../connectors/address'

/** Bytes of one answer, at most: far more than any turn needs. */
const MAX_BYTES = 8 * 1024 * 1024

/** A `fetch` that reaches nothing but the origin of `baseUrl`, where the key belongs. */
export function modelFetch(
  baseUrl: string,
  http: typeof fetch = (input, init) => fetch(input, init),
): typeof fetch {
  const { origin } = new URL(baseUrl)
  return async (input, init) => {
    const request = new Request(input, init)
    if (new URL(request.url).origin !== origin) throw new TypeError('the model asked for another origin')
    // A redirect would carry the key along, or lead to a place that nobody checked.
    const response = await http(request.url, { ...init, redirect: 'manual' })
    if (response.status >= 300 && response.status < 400) {
      await response.body?.cancel()
      throw new TypeError('the model redirects')
    }
    const body: ReadableStream<unknown> | null = response.body
    return body === null ? response : new Response(capped(body), response)
  }
}

function capped(body: ReadableStream<unknown>): ReadableStream<Uint8Array> {
  let seen = 0
  return body.pipeThrough(
    new TransformStream<unknown, Uint8Array>({
      transform: (chunk, controller) => {
        if (!(chunk instanceof Uint8Array)) return
        seen += chunk.byteLength
        if (seen > MAX_BYTES) controller.error(new TypeError('the model says too much'))
        else controller.enqueue(chunk)
      },
    }),
  )
}

/**
 * The base address that an organisation typed: a public https name, or a host that the operator allows by name and port.
 * @returns the address without a trailing slash, or what is wrong with it
 */
export function readModelUrl(
  text: string,
  {
    allowedHosts,
    ownHosts,
  }: { readonly allowedHosts: readonly string[]; readonly ownHosts: readonly string[] },
): { readonly ok: true; readonly url: string } | { readonly ok: false; readonly problem: string } {
  const trimmed = text.trim().replace(/\/+$/, '')
  if (URL.canParse(trimmed)) {
    const url = new URL(trimmed)
    const named = /^https?:$/.test(url.protocol) && allowedHosts.includes(url.host.toLowerCase())
    if (named && url.username === '' && url.password === '' && url.search === '' && url.hash === '')
      return { ok: true, url: trimmed }
  }
  const read = readBaseUrl(trimmed, ownHosts)
  if (read.kind === 'ok') return { ok: true, url: read.value }
  return { ok: false, problem: read.kind === 'blocked' ? read.text : 'Invalid URL' }
}
