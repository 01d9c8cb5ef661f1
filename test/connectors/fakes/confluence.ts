import { json, type Fake, type Seen } from './fake'

const TOKEN = 'confluence-pat-0123456789abcdefghijklmnop'
export const WIKI = 'https://wiki.example.com/confluence'
const spaces = Array.from({ length: 130 }, (_, index) => ({
  id: index + 1,
  key: `S${index + 1}`,
  name: `Space ${index + 1}`,
}))

/** A runbook as somebody wrote it. */
export const RUNBOOK = `<h1>Checkout &amp; payments</h1><p>Read <strong>first</strong>.</p>
<h2>Symptoms</h2><ul><li>Latency over 2&nbsp;s</li></ul>
<h2>steps</h2><ol><li>Verify the pods: <code>kubectl get pods -n shop</code></li>
<li>Restart it<ac:structured-macro ac:name="code"><ac:parameter ac:name="language">bash</ac:parameter><ac:plain-text-body><![CDATA[kubectl rollout restart deploy/checkout]]></ac:plain-text-body></ac:structured-macro></li>
<li>Open the dashboard</li></ol><script>alert(1)</script>`

const failed = (status: number) =>
  json({ statusCode: status, message: 'words of the vendor that nobody may see' }, status)

/** A server of one's own, with a path in its address. */
export const confluence: Fake = {
  id: 'confluence',
  hosts: ['wiki.example.com', 'docs.atlassian.net'],
  form: {
    good: { baseUrl: `${WIKI}/`, patToken: TOKEN },
    refused: { baseUrl: WIKI, patToken: 'confluence-token-of-somebody-else' },
  },
  secrets: [TOKEN],
  accountId: WIKI,
  resources: {
    first: spaces.slice(0, 100).map(({ key }) => key),
    second: spaces.slice(100).map(({ key }) => key),
  },
  revocation: 'unsupported',
  answer,
}

/** A site of the cloud takes an API token with its owner's address. */
export const CLOUD_WIKI = {
  baseUrl: 'docs.atlassian.net/wiki/spaces/OPS/overview',
  email: 'dana@example.com',
  patToken: 'ATATT-confluence-0123456789abcdef',
} as const

function cloud({ url, headers }: Seen): Response {
  const { email, patToken } = CLOUD_WIKI
  if (headers.get('authorization') !== `Basic ${btoa(`${email}:${patToken}`)}`) return failed(401)
  if (url.pathname === '/wiki/rest/api/user/current') return json({ type: 'known', publicName: 'Dana' })
  if (url.pathname !== '/wiki/api/v2/spaces') return failed(404)
  const from = Number(url.searchParams.get('cursor') ?? '0')
  const end = from + Number(url.searchParams.get('limit'))
  const next = end < spaces.length ? { next: `/wiki/api/v2/spaces?limit=100&cursor=${end}` } : {}
  return json({ results: spaces.slice(from, end), _links: next })
}

function answer(seen: Seen): Response {
  const { method, url, headers, body } = seen
  if (url.hostname === 'docs.atlassian.net') return cloud(seen)
  const path = url.pathname.replace('/confluence/rest/api', '')
  const isKnown = headers.get('authorization') === `Bearer ${TOKEN}`
  // A server that is open to everybody answers a wrong token as it answers nobody.
  if (path === '/user/current')
    return json(
      isKnown
        ? { type: 'known', username: 'dana', displayName: 'Dana' }
        : { type: 'anonymous', displayName: 'Anonymous' },
    )
  if (!isKnown) return failed(401)
  if (path === '/space') {
    const start = Number(url.searchParams.get('start'))
    const limit = Number(url.searchParams.get('limit'))
    const next = start + limit < spaces.length ? { next: `/rest/api/space?start=${start + limit}` } : {}
    return json({ results: spaces.slice(start, start + limit), start, limit, _links: next })
  }
  if (path === '/content/4711' && method === 'GET')
    return url.searchParams.get('expand') === 'body.storage,version'
      ? json({
          id: '4711',
          title: 'Checkout',
          version: { number: 3 },
          body: { storage: { value: RUNBOOK, representation: 'storage' } },
          _links: { webui: '/pages/viewpage.action?pageId=4711', base: WIKI },
        })
      : failed(400)
  if (path === '/content' && method === 'POST') {
    const given = JSON.parse(body)
    return given.type === 'page' &&
      given.space.key === 'OPS' &&
      given.body.storage.representation === 'storage'
      ? json({ id: 4712, title: given.title, version: { number: 1 }, _links: { webui: '/x/evil' } })
      : failed(400)
  }
  return failed(404)
}
