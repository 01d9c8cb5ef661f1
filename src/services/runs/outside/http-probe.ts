import * as z from 'zod'
import { visit, type Visit } from '../../../connectors/public-web'
import { tool, type Tool } from '../../../agent/tools/tool'
import type { Ports } from '../../connectors/ports'
import { mentionedIn, type Mentioned } from './mentioned'
import { address, denied, failedWith, rulesOf, told } from './outcome'

const MAX_BYTES = 2048

/** Where services tell how they are: they may be asked on any host that the incident names. */
const HEALTH_PATHS = ['/', '/health', '/healthz', '/livez', '/ready', '/readyz', '/ping', '/status'] as const

/** One look at an address: does it answer, with what, how fast. */
export const httpProbe = (ports: Ports): Tool =>
  tool({
    name: 'http_probe',
    description:
      'One GET (or HEAD) of a public https address that the incident names, or of a health path of a host that it names: status, redirects, timings in milliseconds, size, and at most 2 KiB of the body.',
    access: 'read',
    input: z.strictObject({
      url: address,
      method: z.enum(['GET', 'HEAD']).optional(),
    }),
    run: async ({ url: text, method = 'GET' }, context) => {
      const url = new URL(text)
      if (!mayBeProbed(url, await mentionedIn(context))) return denied('The incident names no such address')
      const seen = await visit(rulesOf(ports), url.href, { method, accept: '*/*', maxBytes: MAX_BYTES })
      switch (seen.kind) {
        case 'ok':
          return told({ reached: true, ...shown(seen.value) })
        case 'unanswered':
          return told({ reached: false, why: seen.how, tls: tlsOf(seen.how) })
        default:
          return failedWith(seen)
      }
    },
  })

const mayBeProbed = (url: URL, mentioned: Mentioned): boolean =>
  mentioned.address(url) ||
  (url.search === '' && HEALTH_PATHS.some((path) => path === url.pathname) && mentioned.host(url.host))

const shown = ({ url, status, headers, redirects, text, cut, bytes, timings }: Visit) => ({
  url,
  status,
  redirects,
  timingsMs: timings,
  bytes,
  contentType: headers.get('content-type'),
  server: headers.get('server'),
  body: text,
  bodyCut: cut,
  tls: tlsOf(EDGE_TLS[status] ?? null),
})

/** Cloudflare answers so for a server behind it (or that we call through it) whose TLS fails. */
const EDGE_TLS: Readonly<Record<number, 'tls_failed' | 'certificate_refused'>> = {
  525: 'tls_failed',
  526: 'certificate_refused',
}

/** The runtime checks certificates and does not show them: no dates, no names, no chain. */
function tlsOf(failure: 'no_such_name' | 'tls_failed' | 'certificate_refused' | null) {
  const certificate = { certificateDates: 'not visible from here' }
  switch (failure) {
    case null:
      return { handshake: 'completed', certificate: 'trusted', ...certificate }
    case 'certificate_refused':
      return { handshake: 'failed', certificate: 'not trusted', ...certificate }
    case 'tls_failed':
      return { handshake: 'failed', certificate: 'unknown', ...certificate }
    case 'no_such_name':
      return { handshake: 'not begun', certificate: 'unknown', ...certificate }
  }
}
