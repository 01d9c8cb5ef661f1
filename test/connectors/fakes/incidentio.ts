import { json, type Fake } from './fake'

const KEY = 'inc_0123456789abcdef0123456789abcdef'
const incidents = Array.from({ length: 120 }, (_, index) => ({
  id: `01HZX4INC${index + 1}`,
  name: `Incident ${index + 1}`,
  reference: `INC-${index + 1}`,
  created_at: '2026-01-01T00:00:00Z',
}))

export const incidentio: Fake = {
  id: 'incidentio',
  hosts: ['api.incident.io'],
  form: { good: { apiKey: KEY }, refused: { apiKey: 'inc_of_somebody_else_0123456789' } },
  secrets: [KEY],
  accountId: 'https://app.incident.io/example',
  resources: {
    first: incidents.slice(0, 100).map(({ id }) => id),
    second: incidents.slice(100).map(({ id }) => id),
  },
  revocation: 'unsupported',
  answer: ({ url, headers }) => {
    if (headers.get('authorization') !== `Bearer ${KEY}`)
      return json({ type: 'authentication_error', status: 401 }, 401)
    if (url.pathname === '/v1/identity')
      return json({
        identity: { name: 'Aurora', dashboard_url: 'https://app.incident.io/example', roles: ['viewer'] },
      })
    if (url.pathname !== '/v2/incidents') return json({ type: 'not_found', status: 404 }, 404)
    const size = Number(url.searchParams.get('page_size') ?? '25')
    const after = url.searchParams.get('after')
    const from = after === null ? 0 : incidents.findIndex(({ id }) => id === after) + 1
    const page = incidents.slice(from, from + size)
    return json({
      incidents: page,
      pagination_meta: {
        page_size: size,
        ...(from + size < incidents.length ? { after: page.at(-1)?.id } : {}),
      },
    })
  },
}
