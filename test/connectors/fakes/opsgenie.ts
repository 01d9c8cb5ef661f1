import { json, type Fake, type Seen } from './fake'

const KEY = '01234567-89ab-cdef-0123-456789abcdef'
export const JSM = {
  email: 'ops@example.com',
  apiToken: 'ATATT3xFfGF0-0123456789abcdef',
  cloudId: 'a1b2c3d4-0000-4000-8000-000000000001',
} as const
const services = Array.from({ length: 130 }, (_, index) => ({
  id: `service-${index + 1}`,
  name: `Service ${index + 1}`,
}))

const forbidden = (message: string, status: number) => json({ message, took: 0.001 }, status)

export const opsgenie: Fake = {
  id: 'opsgenie',
  hosts: ['api.eu.opsgenie.com', 'api.atlassian.com', 'example.atlassian.net'],
  form: {
    good: { apiKey: KEY, region: 'eu' },
    refused: { apiKey: 'opsgenie-key-of-somebody-else', region: 'eu' },
  },
  secrets: [KEY, JSM.apiToken],
  accountId: 'example',
  resources: {
    first: services.slice(0, 100).map(({ id }) => id),
    second: services.slice(100).map(({ id }) => id),
  },
  revocation: 'unsupported',
  answer: (seen) => {
    if (seen.url.hostname === 'example.atlassian.net') return tenantInfo(seen)
    if (seen.url.hostname === 'api.atlassian.com') return jsm(seen)
    const { url, headers } = seen
    if (headers.get('authorization') !== `GenieKey ${KEY}`) return forbidden('Key format is not valid!', 422)
    if (url.pathname === '/v2/account')
      return json({
        data: { name: 'example', userCount: 12, plan: { name: 'Enterprise', maxUserCount: 100 } },
      })
    if (url.pathname !== '/v1/services') return forbidden('Not found', 404)
    const offset = Number(url.searchParams.get('offset'))
    const limit = Number(url.searchParams.get('limit'))
    const next = new URL(url)
    next.searchParams.set('offset', String(offset + limit))
    return json({
      data: services.slice(offset, offset + limit),
      paging: offset + limit < services.length ? { next: next.href } : {},
    })
  },
}

/** Answers everyone; a credential has no business here. */
const tenantInfo = ({ url, headers }: Seen) =>
  url.pathname === '/_edge/tenant_info' && headers.get('authorization') === null
    ? json({ cloudId: JSM.cloudId })
    : json({}, 400)

function jsm({ url, headers }: Seen) {
  if (headers.get('authorization') !== `Basic ${btoa(`${JSM.email}:${JSM.apiToken}`)}`)
    return json({ code: 401, message: 'Unauthorized' }, 401)
  return url.pathname === `/jsm/ops/api/${JSM.cloudId}/v1/alerts` ? json({ values: [] }) : json({}, 404)
}
