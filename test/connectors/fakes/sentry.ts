import { json, type Fake } from './fake'

const TOKEN = 'sntrys_0123456789abcdef0123456789abcdef'
const WEBHOOK_SECRET = 'sentry-client-secret-0123456789abcdef'
const projects = Array.from({ length: 130 }, (_, index) => ({
  id: String(4500 + index),
  slug: `project-${index + 1}`,
  name: `Project ${index + 1}`,
  platform: 'node',
}))

export const sentry: Fake = {
  id: 'sentry',
  hosts: ['de.sentry.io'],
  form: {
    good: { auth_token: TOKEN, orgSlug: 'example', region: 'eu', webhookSecret: WEBHOOK_SECRET },
    refused: { authToken: 'sntrys_of_somebody_else', orgSlug: 'example', region: 'eu' },
  },
  secrets: [TOKEN, WEBHOOK_SECRET],
  accountId: 'example',
  resources: {
    first: projects.slice(0, 100).map(({ slug }) => slug),
    second: projects.slice(100).map(({ slug }) => slug),
  },
  revocation: 'unsupported',
  answer: ({ method, url, headers }) => {
    if (headers.get('authorization') !== `Bearer ${TOKEN}`) return json({ detail: 'Invalid token' }, 401)
    if (method !== 'GET') return json({ detail: 'Method not allowed' }, 405)
    const base = '/api/0/organizations/example'
    if (url.pathname === `${base}/`) return json({ id: '1', slug: 'example', name: 'Example GmbH' })
    if (url.pathname === `${base}/issues/`)
      return json([
        {
          id: '77',
          title: `${url.searchParams.get('query')} ${url.searchParams.get('statsPeriod')}`,
          count: '12',
        },
      ])
    // Without the trailing slash Sentry redirects, and with an unknown slug it knows nothing.
    if (url.pathname !== `${base}/projects/`)
      return json({ detail: 'The requested resource does not exist' }, 404)
    const size = Number(url.searchParams.get('per_page') ?? '100')
    const cursor = url.searchParams.get('cursor') ?? '0:0:0'
    const offset = Number(cursor.split(':')[1]) * size
    const link = (rel: string, at: number, results: boolean) =>
      `<${url.origin}${url.pathname}?cursor=0:${at}:0>; rel="${rel}"; results="${results}"; cursor="0:${at}:0"`
    const at = offset / size
    return json(projects.slice(offset, offset + size), 200, {
      link: `${link('previous', at - 1, at > 0)}, ${link('next', at + 1, offset + size < projects.length)}`,
    })
  },
}
