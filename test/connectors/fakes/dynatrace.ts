import { json, type Fake } from './fake'

const TOKEN = 'dt0c01.0123456789ABCDEFGHIJKLMN.0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ'
const services = Array.from({ length: 120 }, (_, index) => ({
  entityId: `SERVICE-${index + 1}`,
  displayName: `Service ${index + 1}`,
  type: 'SERVICE',
}))

export const dynatrace: Fake = {
  id: 'dynatrace',
  hosts: ['abc12345.live.dynatrace.com'],
  form: {
    good: { apiToken: TOKEN, environmentUrl: 'https://abc12345.apps.dynatrace.com/ui/dashboards' },
    refused: { apiToken: 'dt0c01.of-somebody-else', environmentUrl: 'https://abc12345.live.dynatrace.com' },
  },
  secrets: [TOKEN],
  accountId: 'https://abc12345.live.dynatrace.com',
  resources: {
    first: services.slice(0, 100).map(({ entityId }) => entityId),
    second: services.slice(100).map(({ entityId }) => entityId),
  },
  revocation: 'unsupported',
  answer: ({ method, url, headers, body }) => {
    const { pathname: path, searchParams: query } = url
    const failed = (status: number) =>
      json({ error: { code: status, message: 'Token authentication' } }, status)
    if (headers.get('authorization') !== `Api-Token ${TOKEN}`) return failed(401)
    if (method === 'POST' && path === '/api/v2/apiTokens/lookup') {
      if (!(headers.get('content-type') ?? '').startsWith('application/json')) return failed(415)
      return JSON.parse(body).token === TOKEN
        ? json({
            id: 'dt0c01.0123456789ABCDEFGHIJKLMN',
            enabled: true,
            expirationDate: '2036-01-01T00:00:00.000Z',
          })
        : failed(404)
    }
    if (path === '/api/v1/config/clusterversion') return json({ version: '1.285.0.20260101-000000' })
    if (path !== '/api/v2/entities') return failed(404)
    const key = query.get('nextPageKey')
    if (key !== null)
      return query.size === 1 && key === 'AQAAABQBAAAABQ=='
        ? json({ totalCount: services.length, entities: services.slice(100) })
        : failed(400)
    if (query.get('entitySelector') !== 'type("SERVICE")') return failed(400)
    return json({
      totalCount: services.length,
      entities: services.slice(0, Number(query.get('pageSize'))),
      nextPageKey: 'AQAAABQBAAAABQ==',
    })
  },
}
