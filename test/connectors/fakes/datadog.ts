import { json, type Fake } from './fake'

const API_KEY = 'dd-api-key-0123456789abcdef'
const APP_KEY = 'dd-app-key-fedcba9876543210'
const monitors = Array.from({ length: 150 }, (_, index) => ({
  id: index + 1,
  name: `Monitor ${index + 1}`,
  type: 'metric alert',
  overall_state: 'OK',
}))

export const datadog: Fake = {
  id: 'datadog',
  hosts: ['api.datadoghq.eu'],
  form: {
    good: { apiKey: API_KEY, appKey: APP_KEY, site: 'eu' },
    refused: { apiKey: API_KEY, appKey: 'dd-app-key-of-somebody-else', site: 'eu' },
  },
  secrets: [API_KEY, APP_KEY],
  accountId: 'datadoghq.eu',
  resources: {
    first: monitors.slice(0, 100).map(({ id }) => String(id)),
    second: monitors.slice(100).map(({ id }) => String(id)),
  },
  revocation: 'unsupported',
  answer: ({ method, url, headers }) => {
    if (headers.get('dd-api-key') !== API_KEY) return json({ errors: ['Forbidden'] }, 403)
    if (headers.get('dd-application-key') !== APP_KEY) return json({ errors: ['Forbidden'] }, 403)
    if (method !== 'GET') return json({ errors: ['Method not allowed'] }, 405)
    if (url.pathname === '/api/v2/validate_keys') return json({ status: 'ok' })
    if (url.pathname === '/api/v1/org') return json({ orgs: [{ name: 'Example GmbH' }] })
    if (url.pathname !== '/api/v1/monitor') return json({ errors: ['Not found'] }, 404)
    const size = Number(url.searchParams.get('page_size'))
    const page = Number(url.searchParams.get('page'))
    return json(monitors.slice(page * size, (page + 1) * size))
  },
}
