import { json, type Fake } from './fake'

const TOKEN = 'cf-user-token-0123456789abcdefghij'
const ACCOUNT = { id: 'a'.repeat(32), name: 'Example GmbH' }
const zones = Array.from({ length: 60 }, (_, index) => ({
  id: (index + 1).toString(16).padStart(32, '0'),
  name: `zone-${index + 1}.example`,
  status: 'active',
  account: ACCOUNT,
  plan: { name: 'Free Website' },
}))
const success = (result: unknown, rest: object = {}) => json({ success: true, errors: [], result, ...rest })
const failure = (status: number) => json({ success: false, errors: [{ code: 9109 }], result: null }, status)

export const cloudflare: Fake = {
  id: 'cloudflare',
  hosts: ['api.cloudflare.com'],
  form: { good: { api_token: TOKEN }, refused: { apiToken: 'cf-token-of-somebody-else-0123' } },
  secrets: [TOKEN],
  accountId: ACCOUNT.id,
  resources: { first: zones.slice(0, 50).map(({ id }) => id), second: zones.slice(50).map(({ id }) => id) },
  revocation: 'unsupported',
  answer: ({ url, headers }) => {
    if (headers.get('authorization') !== `Bearer ${TOKEN}`) return failure(400)
    const path = url.pathname.replace('/client/v4', '')
    if (path === '/accounts') return success([ACCOUNT])
    if (path === '/user/tokens/verify')
      return success({ id: 'token-1', status: 'active', expires_on: '2036-01-01T00:00:00Z' })
    // This token may read neither its own policies nor its user.
    if (path !== '/zones') return failure(403)
    const page = Number(url.searchParams.get('page'))
    const size = Number(url.searchParams.get('per_page'))
    const info = {
      page,
      per_page: size,
      total_pages: Math.ceil(zones.length / size),
      total_count: zones.length,
    }
    return success(zones.slice((page - 1) * size, page * size), { result_info: info })
  },
}
