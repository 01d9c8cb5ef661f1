import { json, type Fake } from './fake'

const TOKEN = 'FlyV1 fm2_lJPECAAAAAAAAAAAxBB0123456789abcdef'
const apps = Array.from({ length: 120 }, (_, index) => ({
  id: `id${index + 1}`,
  name: `app-${index + 1}`,
  machine_count: 2,
  network: 'default',
}))

export const flyio: Fake = {
  id: 'flyio',
  hosts: ['api.machines.dev'],
  form: {
    good: { apiToken: TOKEN, orgSlug: 'https://fly.io/dashboard/example/billing' },
    refused: { apiToken: 'fly-token-of-somebody-else', orgSlug: 'example' },
  },
  secrets: [TOKEN],
  accountId: 'example',
  resources: {
    first: apps.slice(0, 100).map(({ name }) => name),
    second: apps.slice(100).map(({ name }) => name),
  },
  revocation: 'unsupported',
  answer: ({ method, url, headers }) => {
    if (headers.get('authorization') !== TOKEN) return json({ error: 'unauthorized' }, 401)
    // Nothing may be tried out by writing.
    if (method !== 'GET') return json({ error: 'method not allowed' }, 405)
    return url.pathname === '/v1/apps' && url.searchParams.get('org_slug') === 'example'
      ? json({ total_apps: apps.length, apps })
      : json({ error: 'not found' }, 404)
  },
}
