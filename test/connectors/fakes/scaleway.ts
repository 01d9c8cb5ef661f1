import { json, type Fake } from './fake'

const ACCESS_KEY = 'SCW0123456789ABCDEFG'
const SECRET_KEY = '01234567-89ab-4cde-8f01-23456789abcd'
const ORGANIZATION = 'aaaaaaaa-0000-4000-8000-000000000001'
const APPLICATION = 'bbbbbbbb-0000-4000-8000-000000000001'
const projects = Array.from({ length: 120 }, (_, index) => ({
  id: `cccccccc-0000-4000-8000-${String(index).padStart(12, '0')}`,
  name: `project-${index + 1}`,
}))

const notFound = () => json({ type: 'not_found', message: 'resource is not found' }, 404)

export const scaleway: Fake = {
  id: 'scaleway',
  hosts: ['api.scaleway.com'],
  form: {
    good: { access_key: ACCESS_KEY, secret_key: SECRET_KEY, organizationId: ORGANIZATION },
    refused: { accessKey: 'SCWSOMEBODYELSE00000', secretKey: '99999999-89ab-4cde-8f01-23456789abcd' },
  },
  secrets: [SECRET_KEY],
  accountId: ORGANIZATION,
  resources: {
    first: projects.slice(0, 100).map(({ id }) => id),
    second: projects.slice(100).map(({ id }) => id),
  },
  revocation: 'unsupported',
  answer: ({ url, headers }) => {
    if (headers.get('x-auth-token') !== SECRET_KEY)
      return json({ type: 'denied_authentication', method: 'api_key' }, 401)
    if (url.pathname === `/iam/v1alpha1/api-keys/${ACCESS_KEY}`)
      return json({ access_key: ACCESS_KEY, application_id: APPLICATION, expires_at: '2036-01-01T00:00:00Z' })
    if (url.pathname === `/iam/v1alpha1/applications/${APPLICATION}`)
      return json({ id: APPLICATION, organization_id: ORGANIZATION })
    const zone = /^\/instance\/v1\/zones\/([a-z0-9-]+)\/servers$/.exec(url.pathname)?.[1]
    if (zone !== undefined)
      return json({ servers: zone === 'nl-ams-1' ? [{ id: 's1', state: 'running' }] : [] })
    const { searchParams: query } = url
    if (url.pathname !== '/account/v3/projects' || query.get('organization_id') !== ORGANIZATION)
      return notFound()
    const [page, size] = [Number(query.get('page') ?? '1'), Number(query.get('page_size') ?? '20')]
    return json({ projects: projects.slice((page - 1) * size, page * size), total_count: projects.length })
  },
}
