import { json, names, type Fake } from './fake'

const KEY = 'VnVhQ2ZHY0JDZGJrUW0tZTVhT3g6dWkybHAyYXhUTm1zeWFrdzl0dk5udw=='
const BASE = 'https://search.example.com:9243'
const indices = names('logs-', 1, 120)

export const elasticsearch: Fake = {
  id: 'elasticsearch',
  hosts: ['search.example.com'],
  form: {
    good: { baseUrl: `${BASE}/`, authType: 'apiKey', apiKey: KEY },
    refused: { baseUrl: BASE, authType: 'basic', username: 'elastic', password: 'password-of-somebody-else' },
  },
  secrets: [KEY],
  accountId: BASE,
  resources: { first: indices.slice(0, 100), second: indices.slice(100) },
  revocation: 'unsupported',
  answer: ({ method, url, headers, body }) => {
    if (headers.get('authorization') !== `ApiKey ${KEY}`)
      return json({ error: { type: 'security_exception' }, status: 401 }, 401)
    const path = decodeURIComponent(url.pathname)
    if (path === '/') return json({ cluster_name: 'example', version: { number: '8.15.0' } })
    if (path === '/_resolve/index/*')
      return json({
        indices: [...indices, '.security-7'].map((name) => ({ name })),
        aliases: [],
        data_streams: [],
      })
    if (method !== 'POST' || path !== '/logs-*/_search') return json({ status: 404 }, 404)
    if (headers.get('content-type') !== 'application/json')
      return json({ error: 'Content-Type header is not supported' }, 406)
    return json({ hits: { total: { value: 0 }, hits: [] }, asked: JSON.parse(body) })
  },
}
