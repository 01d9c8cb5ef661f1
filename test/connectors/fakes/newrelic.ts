import * as z from 'zod'
import { json, type Fake } from './fake'

const KEY = 'NRAK-0123456789ABCDEFGHIJKLMNOPQ'
const LICENSE = 'eu01xx0123456789abcdef0123456789FFFFNRAL'
const entities = Array.from({ length: 230 }, (_, index) => ({
  guid: `GUID${index + 1}`,
  name: `Service ${index + 1}`,
  entityType: 'APM_APPLICATION_ENTITY',
  domain: 'APM',
  alertSeverity: 'NOT_ALERTING',
}))
const PAGE = 200

const asked = z.object({
  query: z.string(),
  variables: z
    .object({ id: z.int().optional(), query: z.string().optional(), cursor: z.string().nullish() })
    .default({}),
})

export const newrelic: Fake = {
  id: 'newrelic',
  hosts: ['api.eu.newrelic.com'],
  form: {
    good: { apiKey: KEY, accountId: 1234567, region: 'EU', licenseKey: LICENSE },
    refused: { apiKey: 'NRAK-OF-SOMEBODY-ELSE', accountId: '1234567', region: 'eu' },
  },
  secrets: [KEY, LICENSE],
  accountId: '1234567',
  resources: {
    first: entities.slice(0, PAGE).map(({ guid }) => guid),
    second: entities.slice(PAGE).map(({ guid }) => guid),
  },
  revocation: 'unsupported',
  answer: ({ method, url, headers, body }) => {
    if (method !== 'POST' || url.pathname !== '/graphql') return json({ error: 'not found' }, 404)
    if (headers.get('content-type') !== 'application/json') return json({ error: 'no JSON' }, 400)
    // NerdGraph says so with HTTP 200.
    if (headers.get('api-key') !== KEY) return json({ data: null, errors: [{ message: 'Invalid API key' }] })
    const { query, variables } = asked.parse(JSON.parse(body))
    if (query.includes('user {'))
      return json({
        data: {
          actor: {
            user: { email: 'ops@example.com', name: 'Ops' },
            accounts: [{ id: 1234567, name: 'Example GmbH' }],
          },
        },
      })
    if (query.includes('entitySearch')) {
      if (variables.query !== 'accountId = 1234567') return json({ data: null, errors: [{ message: 'bad' }] })
      const from = Number(variables.cursor ?? '0')
      const results = {
        nextCursor: from + PAGE < entities.length ? String(from + PAGE) : null,
        entities: entities.slice(from, from + PAGE),
      }
      return json({ data: { actor: { entitySearch: { results } } } })
    }
    const account = variables.id === 1234567 ? { id: 1234567, name: 'Example GmbH' } : null
    return json({ data: { actor: { account } } })
  },
}
