import * as fc from 'fast-check'
import { describe, it } from 'vitest'
import { nextLink, readBaseUrl, sameOriginPath, type Hosts } from '../../src/connectors/address'
import { guardedFetch, type VendorInit } from '../../src/connectors/egress'

const OWN = ['api.aurora.example']

/** A guarded fetch over a fake network, with what was sent. */
function guard(
  answer: (url: URL, request: Request) => Response | Promise<Response>,
  hosts: Hosts = 'self_hosted',
  callMs = 10_000,
) {
  const sent: Request[] = []
  const http: typeof fetch = async (input, init) => {
    const request = new Request(input, init)
    sent.push(request)
    return answer(new URL(request.url), request)
  }
  const guarded = guardedFetch({ hosts, ownHosts: OWN, signal: AbortSignal.timeout(20_000), http, callMs })
  return { sent, fetch: guarded }
}

const HOSTILE = [
  'http://host.example',
  'http://2130706433',
  'https://2130706433',
  'https://0x7f.1',
  'https://0x7f000001',
  'https://0177.0.0.1',
  'https://127.1',
  'https://10.0.0.1',
  'https://172.16.0.1',
  'https://192.168.1.1',
  'https://169.254.169.254',
  'https://100.64.0.1',
  'https://0.0.0.0',
  'https://8.8.8.8',
  'https://[::1]',
  'https://[::]',
  'https://[::ffff:169.254.169.254]',
  'https://[::ffff:7f00:1]',
  'https://[fe80::1]',
  'https://[fd00::1]',
  'https://[64:ff9b::a9fe:a9fe]',
  'https://localhost',
  'https://localhost.',
  'https://LOCALHOST',
  'https://foo.localhost',
  'https://printer.local',
  'https://metadata.google.internal',
  'https://metadata.google.internal.',
  'https://nas.lan',
  'https://router.home.arpa',
  'https://intranet',
  'https://user@host.example',
  'https://user:secret@host.example',
  'https://host.example:22',
  'https://host.example:80',
  'https://127.0.0.1.nip.io',
  'https://10-0-0-1.sslip.io',
  'https://app.localtest.me',
  'https://7f000001.c0a80001.rbndr.us',
  'https://api.aurora.example',
  'https://api.aurora.example.',
  'https://１２７.０.０.１',
  'https://ⓛocalhost',
  'ftp://host.example',
  'file:///etc/passwd',
  'gopher://host.example',
  'data:text/plain,x',
  'javascript:alert(1)',
  'https://',
  '',
] as const

describe('hostile addresses', () => {
  it.for(HOSTILE)('%s is never called', async (url, { expect }) => {
    const { sent, fetch } = guard(() => Response.json({}))
    expect(await fetch(url)).toMatchObject({ kind: 'blocked' })
    expect(readBaseUrl(url, OWN).kind).toBe('blocked')
    expect(sent).toEqual([])
  })

  it('of any IPv4 address in any spelling are refused', async ({ expect }) => {
    const { sent, fetch } = guard(() => Response.json({}))
    const spell = fc.tuple(fc.integer({ min: 0, max: 0xffffffff }), fc.constantFrom(10, 16, 8))
    await fc.assert(
      fc.asyncProperty(spell, async ([address, base]) => {
        const prefix = { 10: '', 16: '0x', 8: '0' }[base] ?? ''
        expect(await fetch(`https://${prefix}${address.toString(base)}/`)).toMatchObject({ kind: 'blocked' })
      }),
    )
    expect(sent).toEqual([])
  })
})

describe('a base address', () => {
  it.for([
    ['prometheus.example.com', 'https://prometheus.example.com'],
    [' https://prometheus.example.com/ ', 'https://prometheus.example.com'],
    ['https://prometheus.example.com:9090/prom/', 'https://prometheus.example.com:9090/prom'],
    ['HTTPS://Prometheus.Example.COM', 'https://prometheus.example.com'],
  ] as const)('%s is read as %s', ([given, read], { expect }) => {
    expect(readBaseUrl(given, OWN)).toEqual({ kind: 'ok', value: read })
  })

  it.for(['https://host.example?x=1', 'https://host.example/#a', 'https://host.example/?'] as const)(
    '%s with a query or fragment is refused',
    (given, { expect }) => {
      expect(readBaseUrl(given).kind).toBe('blocked')
    },
  )
})

describe('redirects', () => {
  const hop = (to: string, status = 302) => new Response(null, { status, headers: { location: to } })
  const credentials: VendorInit = {
    headers: {
      authorization: 'Bearer t',
      'DD-API-KEY': 'k',
      'x-vault-token': 'v',
      cookie: 'c=1',
      accept: 'text/plain',
    },
  }

  it('keep credentials on the same origin and lose them on another', async ({ expect }) => {
    const { sent, fetch } = guard((url) => {
      if (url.pathname === '/1') return hop('/2')
      if (url.pathname === '/2') return hop('https://other.example/3')
      return new Response('done')
    })
    expect(await fetch('https://host.example/1', credentials)).toMatchObject({
      kind: 'ok',
      value: { text: 'done' },
    })
    expect(sent.map(({ headers }) => headers.get('authorization'))).toEqual(['Bearer t', 'Bearer t', null])
    const last = sent.at(-1)?.headers
    expect([
      last?.get('dd-api-key'),
      last?.get('x-vault-token'),
      last?.get('cookie'),
      last?.get('accept'),
    ]).toEqual([null, null, null, 'text/plain'])
  })

  it.for([
    'https://169.254.169.254/',
    'http://host.example/',
    'https://localhost/',
    '//10.0.0.1/',
    '//167772161/',
    'https://012.0.0.1/',
    'https://[::ffff:a00:1]/',
    'https://api.aurora.example/',
    'https://a@host.example/',
  ] as const)('to %s are refused', async (target, { expect }) => {
    const { sent, fetch } = guard((url) =>
      url.hostname === 'host.example' && url.pathname === '/1' ? hop('/2') : hop(target),
    )
    expect(await fetch('https://host.example/1')).toMatchObject({ kind: 'blocked' })
    expect(sent).toHaveLength(2)
  })

  it('of a fixed provider stay with its hosts, or with those that the call names', async ({ expect }) => {
    const answer = (url: URL) =>
      url.hostname === 'api.vendor.example' ? hop('https://logs.storage.example/x') : new Response('log')
    const fixed = guard(answer, ['api.vendor.example'])
    expect(await fixed.fetch('https://api.vendor.example/')).toMatchObject({ kind: 'blocked' })
    const named = { redirectHosts: ['*.storage.example'] }
    expect(await fixed.fetch('https://api.vendor.example/', named)).toMatchObject({
      kind: 'ok',
      value: { text: 'log' },
    })
    expect(await fixed.fetch('https://logs.storage.example/', named)).toMatchObject({ kind: 'blocked' })
    expect(await fixed.fetch('https://api.vendor.example:8443/')).toMatchObject({ kind: 'blocked' })
  })

  it('end after three hops, and are never followed for a POST', async ({ expect }) => {
    const { sent, fetch } = guard(() => hop('/again'))
    expect(await fetch('https://host.example/')).toEqual({ kind: 'vendor_error' })
    expect(sent).toHaveLength(4)
    expect(await fetch('https://host.example/', { method: 'POST', body: 'x' })).toMatchObject({
      kind: 'ok',
      value: { status: 302 },
    })
    expect(sent).toHaveLength(5)
  })
})

describe('an answer', () => {
  it('larger than it may be is an error, whatever its length header says', async ({ expect }) => {
    const { fetch } = guard(() => new Response('x'.repeat(2000)))
    expect(await fetch('https://host.example/', { maxBytes: 1000 })).toEqual({ kind: 'vendor_error' })
    expect(await fetch('https://host.example/', { maxBytes: 2000 })).toMatchObject({ kind: 'ok' })
  })

  it('that never comes is unreachable, and so is a network that breaks', async ({ expect }) => {
    const silent = guard(
      (_url, request) =>
        new Promise((_resolve, reject) =>
          request.signal.addEventListener('abort', () => reject(new Error('aborted'))),
        ),
      'self_hosted',
      20,
    )
    expect(await silent.fetch('https://host.example/')).toEqual({ kind: 'unreachable' })
    const broken = guard(() => {
      throw new TypeError('https://host.example/?token=secret failed')
    })
    expect(await broken.fetch('https://host.example/')).toEqual({ kind: 'unreachable' })
  })

  it('of 429 says when to come back, and of 500 nothing', async ({ expect }) => {
    const { fetch } = guard(
      (url) =>
        new Response('secret words', {
          status: Number(url.pathname.slice(1)),
          headers: { 'retry-after': '42' },
        }),
    )
    expect(await fetch('https://host.example/429')).toEqual({ kind: 'rate_limited', retryAfterSeconds: 42 })
    expect(await fetch('https://host.example/503')).toEqual({ kind: 'vendor_error' })
  })
})

describe('paging links', () => {
  it('are followed on the same origin only', ({ expect }) => {
    const from = 'https://api.vendor.example/items?page=1'
    expect(sameOriginPath(from, 'https://api.vendor.example/items?page=2')).toBe('/items?page=2')
    expect(sameOriginPath(from, '/items?page=2')).toBe('/items?page=2')
    for (const link of [
      'https://evil.example/items',
      '//evil.example/items',
      'https://api.vendor.example:8443/x',
      'https://a@api.vendor.example/x',
      'http://api.vendor.example/x',
    ])
      expect([link, sameOriginPath(from, link)]).toEqual([link, null])
  })

  it('are read from a Link header', ({ expect }) => {
    const link = (text: string) => nextLink(new Headers({ link: text }))
    expect(link('<https://a.example/1>; rel="prev", <https://a.example/3>; rel="next"')).toBe(
      'https://a.example/3',
    )
    expect(link('<https://a.example/1>; rel="last"')).toBeNull()
    expect(nextLink(new Headers())).toBeNull()
  })
})
