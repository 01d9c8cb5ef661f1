import { json, names, type Fake } from './fake'

const TOKEN = 'BPU0123456789abcdef0123456789abcdef'
const environments = names('env-', 1, 110).map((id) => ({ id, name: id }))

export const bigpanda: Fake = {
  id: 'bigpanda',
  hosts: ['api.bigpanda.io'],
  form: { good: { apiToken: TOKEN }, refused: { apiToken: 'BPU-of-somebody-else' } },
  secrets: [TOKEN],
  accountId: 'bigpanda.io',
  resources: {
    first: environments.slice(0, 100).map(({ id }) => id),
    second: environments.slice(100).map(({ id }) => id),
  },
  revocation: 'unsupported',
  answer: ({ url, headers }) => {
    if (headers.get('authorization') !== `Bearer ${TOKEN}`) return json({ status: 'unauthorized' }, 401)
    return url.pathname === '/resources/v2.0/environments'
      ? json(environments)
      : json({ status: 'not found' }, 404)
  },
}
