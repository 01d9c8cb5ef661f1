import { json, type Fake } from './fake'

const TOKEN = 'glsa_0123456789abcdefghijklmnop'
const dashboards = Array.from({ length: 120 }, (_, index) => ({
  uid: `d${index + 1}`,
  title: `Dashboard ${index + 1}`,
  url: `/d/d${index + 1}`,
}))

export const grafana: Fake = {
  id: 'grafana',
  hosts: ['grafana.example.com'],
  form: {
    good: { baseUrl: 'https://grafana.example.com', serviceAccountToken: TOKEN },
    refused: { baseUrl: 'https://grafana.example.com', serviceAccountToken: 'glsa_of_somebody_else' },
  },
  secrets: [TOKEN],
  accountId: 'https://grafana.example.com',
  resources: {
    first: dashboards.slice(0, 100).map(({ uid }) => uid),
    second: dashboards.slice(100).map(({ uid }) => uid),
  },
  revocation: 'unsupported',
  answer: ({ url, headers }) => {
    if (headers.get('authorization') !== `Bearer ${TOKEN}`) return json({ message: 'Invalid API key' }, 401)
    if (url.pathname === '/api/org') return json({ id: 1, name: 'Example GmbH' })
    if (url.pathname !== '/api/search') return json({ message: 'Not found' }, 404)
    const limit = Number(url.searchParams.get('limit'))
    const page = Number(url.searchParams.get('page'))
    return json(dashboards.slice((page - 1) * limit, page * limit))
  },
}
