/** Which addresses may be called: the fixed hosts of a vendor, or public names that a customer gave us. */
import ipaddr from 'ipaddr.js'
import { ok, type Outcome } from './outcome'

/** Fixed hosts (`api.github.com`, `*.atlassian.net`), or any public name. */
export type Hosts = readonly string[] | 'self_hosted'

/** Names that mean this machine, this network, or whatever address is written into them. */
const REFUSED_NAMES = [
  'localhost',
  'local',
  'internal',
  'lan',
  'home.arpa',
  'nip.io',
  'sslip.io',
  'xip.io',
  'localtest.me',
  'lvh.me',
  'vcap.me',
  'lacolhost.com',
  'traefik.me',
  'rbndr.us',
] as const

/**
 * Why this URL may not be called, or null. It is judged as parsed: the parser folds decimal, octal and hex addresses.
 * @param ownHosts host names of this product, which no customer's URL may name
 */
export function refuseUrl(url: URL, hosts: Hosts, ownHosts: readonly string[]): string | null {
  if (url.protocol !== 'https:') return 'Only https addresses are allowed'
  if (url.username !== '' || url.password !== '') return 'The address must not contain a user name'
  return hosts === 'self_hosted' ? refuseSelfHosted(url, ownHosts) : refuseFixed(url, hosts)
}

function refuseFixed(url: URL, hosts: readonly string[]): string | null {
  const known = hosts.some((host) =>
    host.startsWith('*.') ? url.hostname.endsWith(host.slice(1)) : url.hostname === host,
  )
  return known && url.port === '' ? null : 'This host does not belong to the provider'
}

function refuseSelfHosted(url: URL, ownHosts: readonly string[]): string | null {
  const port = url.port === '' ? 443 : Number(url.port)
  if (port !== 443 && port < 1024) return 'The port must be 443 or from 1024 on'
  const name = url.hostname.replace(/\.+$/, '')
  if (isAddress(name)) return 'IP addresses are not allowed; use a public host name'
  if (!name.includes('.') || !/^[a-z0-9.-]+$/.test(name)) return 'The host must be a public name'
  const refused = REFUSED_NAMES.some((suffix) => name === suffix || name.endsWith(`.${suffix}`))
  return refused || ownHosts.includes(name) ? 'This host is not allowed' : null
}

const isAddress = (host: string): boolean =>
  ipaddr.isValid(host.startsWith('[') && host.endsWith(']') ? host.slice(1, -1) : host)

/**
 * The base address that a customer typed: https is added when no scheme is given, path prefixes stay, a trailing slash
 * goes. Addresses with a query, a fragment or a user name are refused, as are those of private places.
 */
export function readBaseUrl(text: string, ownHosts: readonly string[] = []): Outcome<string> {
  const trimmed = text.trim()
  const written = /^[a-z][a-z0-9+.-]*:\/\//i.test(trimmed) ? trimmed : `https://${trimmed}`
  if (!URL.canParse(written)) return { kind: 'blocked', text: 'Invalid URL' }
  const url = new URL(written)
  if (url.search !== '' || url.hash !== '' || /[?#]/.test(written))
    return { kind: 'blocked', text: 'The address must not contain a query or fragment' }
  const refusal = refuseUrl(url, 'self_hosted', ownHosts)
  if (refusal !== null) return { kind: 'blocked', text: refusal }
  return ok(`${url.origin}${url.pathname}`.replace(/\/+$/, ''))
}

/** Path and query of a paging link, when it stays on the origin it came from; else null. */
export function sameOriginPath(from: string, link: string): string | null {
  if (!URL.canParse(link, from)) return null
  const url = new URL(link, from)
  return url.origin === new URL(from).origin && url.username === '' && url.password === ''
    ? `${url.pathname}${url.search}`
    : null
}

/** The `rel="next"` address of a `Link` header (RFC 8288), or null. */
export function nextLink(headers: Headers): string | null {
  const link = headers.get('link') ?? ''
  return /<([^>]+)>\s*;[^,]*\brel="?next"?/i.exec(link)?.[1] ?? null
}

/** Unicast by its number, but answered inside a cloud's own network. */
const METADATA = ['168.63.129.16'] as const

/** Where the registries give out IPv6 addresses; what is not in it leads nowhere, or back to somebody's own network. */
const GLOBAL_IPV6 = ipaddr.IPv6.parseCIDR('2000::/3')

/** Whether this is an IP address that anybody can reach: no private, loopback, link-local, mapped or otherwise special range. */
export function isPublicAddress(text: string): boolean {
  if (!ipaddr.isValid(text) || (!text.includes(':') && !ipaddr.IPv4.isValidFourPartDecimal(text)))
    return false
  const address = ipaddr.parse(text)
  if (address.range() !== 'unicast') return false
  return address instanceof ipaddr.IPv6
    ? address.match(GLOBAL_IPV6)
    : !METADATA.some((refused) => refused === address.toString())
}
