import { json, names, type Fake } from './fake'

const TOKEN = 'eyJraWQiOiJzcGx1bmsuc2VjcmV0.0123456789abcdef.0123456789'
const searches = names('search-', 1, 140)

export const splunk: Fake = {
  id: 'splunk',
  hosts: ['splunk.example.com'],
  form: {
    good: { apiToken: TOKEN, baseUrl: 'https://splunk.example.com:8089/en-US/app/launcher/home' },
    refused: { apiToken: 'splunk-token-of-somebody-else', baseUrl: 'https://splunk.example.com:8089' },
  },
  secrets: [TOKEN],
  accountId: 'https://splunk.example.com:8089',
  resources: { first: searches.slice(0, 100), second: searches.slice(100) },
  revocation: 'unsupported',
  answer: ({ method, url, headers, body }) => {
    const { pathname: path, searchParams: query } = url
    if (url.port !== '8089') return new Response('Splunk Web', { status: 404 })
    if (headers.get('authorization') !== `Bearer ${TOKEN}`)
      return json({ messages: [{ type: 'WARN', text: 'call not properly authenticated' }] }, 401)
    if (method === 'POST' && path === '/services/search/jobs/export') {
      const form = new URLSearchParams(body)
      if (!(form.get('search') ?? '').startsWith('search ') || form.get('output_mode') !== 'json')
        return json({ messages: [{ type: 'FATAL', text: 'Unknown search command' }] }, 400)
      return new Response('{"preview":false,"result":{"_raw":"one"}}\n{"lastrow":true}\n')
    }
    if (query.get('output_mode') !== 'json')
      return new Response('<response/>', { headers: { 'content-type': 'text/xml' } })
    const entry = (name: string, content: object) => ({ name, content })
    if (path === '/services/server/info')
      return json({
        entry: [entry('server-info', { serverName: 'sh1', version: '9.2.1', product_type: 'enterprise' })],
      })
    if (path === '/services/authentication/current-context')
      return json({ entry: [entry('context', { username: 'aurora' })] })
    if (path !== '/services/saved/searches') return json({ messages: [] }, 404)
    const offset = Number(query.get('offset') ?? '0')
    const count = Number(query.get('count') ?? '30')
    return json({
      entry: searches.slice(offset, offset + count).map((name) => entry(name, { is_scheduled: true })),
      paging: { total: searches.length, perPage: count, offset },
    })
  },
}
