import { describe, it } from 'vitest'
import { isPublicAddress } from '../../src/connectors/address'
import { resolverFetch, visit } from '../../src/connectors/public-web'
import { lookUp, refuseName } from '../../src/connectors/resolve'
import { aPublicNetwork } from './public-network'

const GET = { accept: '*/*', maxBytes: 2048 }
const rules = (http: typeof fetch) => ({
  ownHosts: ['api.aurora.example'],
  signal: AbortSignal.timeout(20_000),
  http,
})

describe('an address', () => {
  it.for([
    ['93.184.216.34', true],
    ['2606:2800:220:1::1', true],
    ['10.0.0.1', false],
    ['172.31.255.255', false],
    ['192.168.0.1', false],
    ['127.0.0.53', false],
    ['0.0.0.0', false],
    ['169.254.169.254', false],
    ['100.64.0.1', false],
    ['100.100.100.200', false],
    ['168.63.129.16', false],
    ['192.0.2.1', false],
    ['198.51.100.7', false],
    ['203.0.113.7', false],
    ['198.18.0.1', false],
    ['224.0.0.1', false],
    ['240.0.0.1', false],
    ['255.255.255.255', false],
    ['::', false],
    ['::1', false],
    ['::ffff:93.184.216.34', false],
    ['::ffff:a00:1', false],
    ['::93.184.216.34', false],
    ['64:ff9b::a9fe:a9fe', false],
    ['2002:a00:1::', false],
    ['2001::1', false],
    ['2001:db8::1', false],
    ['3fff::1', false],
    ['fe80::1', false],
    ['fec0::1', false],
    ['fd00:ec2::254', false],
    ['ff02::1', false],
    ['4000::1', false],
    ['127.1', false],
    ['0x7f000001', false],
    ['example.com', false],
  ] as const)('%s is public: %s', ([text, isPublic], { expect }) => {
    expect(isPublicAddress(text)).toBe(isPublic)
  })
})

describe('a name', () => {
  it('is refused when any of its addresses is not public', async ({ expect }) => {
    const { http } = aPublicNetwork({
      names: {
        'good.example': ['93.184.216.34', '2606:2800:220:1::1'],
        'inside.example': ['93.184.216.34', 'fd00::1'],
        'metadata.example': ['169.254.169.254'],
      },
    })
    const resolver = resolverFetch(rules(http))
    expect(await refuseName(resolver, 'good.example')).toBeNull()
    for (const name of ['inside.example', 'metadata.example'])
      expect(await refuseName(resolver, name)).toMatchObject({ kind: 'blocked' })
    expect(await refuseName(resolver, 'nobody.example')).toEqual({ kind: 'no_such_name' })
    expect(await lookUp(resolver, 'nobody.example', 'TXT')).toMatchObject({
      value: { code: 'NXDOMAIN', proven: false, records: [] },
    })
  })

  it('that cannot be looked up is not called', async ({ expect }) => {
    const { http, seen } = aPublicNetwork({ names: {}, resolver: 'gone' })
    expect(await visit(rules(http), 'https://good.example/', GET)).toEqual({ kind: 'unreachable' })
    expect(seen.every(({ hostname }) => hostname === 'cloudflare-dns.com')).toBe(true)
  })
})

describe('a visit', () => {
  const names = {
    'good.example': ['93.184.216.34'],
    'other.example': ['93.184.216.35'],
    'inside.example': ['10.0.0.7'],
  }

  it('carries no credential, and reads the beginning of a text', async ({ expect }) => {
    const { http, requests } = aPublicNetwork({
      names,
      answer: () =>
        new Response('é'.repeat(5000), {
          status: 503,
          headers: { 'content-type': 'text/plain', 'set-cookie': 'a=b', 'content-length': '10000' },
        }),
    })
    const seen = await visit(rules(http), 'https://good.example/health?x=1', GET)
    if (seen.kind !== 'ok') throw new Error(seen.kind)
    expect(seen.value).toMatchObject({ status: 503, cut: true, bytes: 10_000, redirects: [] })
    expect(seen.value.text).toBe('é'.repeat(1024))
    const [request] = requests
    expect(Array.from(request?.headers ?? [])).toEqual([
      ['accept', '*/*'],
      ['user-agent', 'aurora-edge'],
    ])
  })

  it('looks at every hop before it goes there', async ({ expect }) => {
    const to = (location: string) => () => new Response(null, { status: 302, headers: { location } })
    const { http, requests } = aPublicNetwork({
      names,
      answer: ({ hostname }) =>
        hostname === 'good.example' ? to('https://inside.example/secret')() : new Response('ok'),
    })
    expect(await visit(rules(http), 'https://good.example/', GET)).toMatchObject({ kind: 'blocked' })
    expect(requests.map(({ url }) => url)).toEqual(['https://good.example/'])
    for (const place of [
      'http://other.example/',
      'https://169.254.169.254/',
      'https://2130706433/',
      'https://0177.0.0.1/',
      'https://0x7f.1/',
      'https://[::1]/',
      'https://[::ffff:a00:1]/',
      'https://[fd00::1]/',
      'https://10-0-0-1.sslip.io/',
      'https://api.aurora.example/',
    ]) {
      const outside = aPublicNetwork({ names, answer: to(place) })
      expect(await visit(rules(outside.http), 'https://good.example/', GET)).toMatchObject({
        kind: 'blocked',
      })
      expect(outside.requests).toHaveLength(1)
    }
    const moved = aPublicNetwork({
      names,
      answer: ({ hostname }) =>
        hostname === 'good.example' ? to('https://other.example/new')() : new Response('here'),
    })
    expect(await visit(rules(moved.http), 'https://good.example/', GET)).toMatchObject({
      value: {
        url: 'https://other.example/new',
        text: 'here',
        redirects: [{ url: 'https://good.example/', status: 302 }],
      },
    })
  })

  it.for([
    ["TLS peer's certificate is not trusted; reason = self signed certificate", 'certificate_refused'],
    ['SSL handshake failed', 'tls_failed'],
  ] as const)('tells of TLS what can be known: %s', async ([message, how], { expect }) => {
    const { http } = aPublicNetwork({
      names,
      answer: () => {
        throw new TypeError(message)
      },
    })
    expect(await visit(rules(http), 'https://good.example/', GET)).toEqual({ kind: 'unanswered', how })
    expect(await visit(rules(http), 'https://nobody.example/', GET)).toEqual({
      kind: 'unanswered',
      how: 'no_such_name',
    })
  })

  it('takes nothing of a body that is no text', async ({ expect }) => {
    const { http } = aPublicNetwork({
      names,
      answer: () => new Response(new Uint8Array(100), { headers: { 'content-type': 'image/png' } }),
    })
    expect(await visit(rules(http), 'https://good.example/', GET)).toMatchObject({
      value: { text: '', bytes: 100, cut: false },
    })
  })
})
