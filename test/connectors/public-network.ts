/** The public part of a network in this process: a resolver that answers over HTTPS, and servers behind its names. */

interface PublicNetwork {
  /** Addresses by name; every other name is unknown. */
  readonly names: Readonly<Record<string, readonly string[]>>
  readonly answer?: (url: URL, request: Request) => Response | Promise<Response>
  /** What is wrong with the resolver. */
  readonly resolver?: 'gone'
}

const NUMBER = { A: 1, AAAA: 28 } as const

export function aPublicNetwork({ names, answer = () => new Response('ok'), resolver }: PublicNetwork) {
  const seen: URL[] = []
  const requests: Request[] = []
  const http: typeof fetch = async (input, init) => {
    const request = new Request(input, init)
    const url = new URL(request.url)
    seen.push(url)
    if (url.hostname !== 'cloudflare-dns.com') {
      requests.push(request)
      return answer(url, request)
    }
    if (resolver === 'gone') throw new TypeError('Network connection lost')
    return resolved(url, request, names)
  }
  return { http, seen, requests }
}

/** Checks what the real service checks: without the header it answers in another format. */
function resolved(url: URL, request: Request, names: PublicNetwork['names']): Response {
  if (url.pathname !== '/dns-query' || request.headers.get('accept') !== 'application/dns-json')
    return new Response('unsupported', { status: 415 })
  const [name, type] = [url.searchParams.get('name') ?? '', url.searchParams.get('type') ?? 'A']
  const known = names[name]
  const wanted = (known ?? []).filter((address) => address.includes(':') === (type === 'AAAA'))
  const records = type === 'A' || type === 'AAAA' ? wanted : []
  return Response.json({
    Status: known === undefined ? 3 : 0,
    AD: false,
    Question: [{ name, type: 1 }],
    ...(records.length === 0
      ? {}
      : {
          Answer: records.map((data) => ({
            name,
            type: data.includes(':') ? NUMBER.AAAA : NUMBER.A,
            TTL: 60,
            data,
          })),
        }),
  })
}
