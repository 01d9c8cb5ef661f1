import { json, type Fake } from './fake'

const TOKEN = 'a1b2c3d4-0123-4567-89ab-cdef01234567'
const tests = Array.from({ length: 120 }, (_, index) => ({
  testId: String(9000 + index),
  testName: `Test ${index + 1}`,
  type: 'http-server',
  enabled: true,
}))

export const thousandeyes: Fake = {
  id: 'thousandeyes',
  hosts: ['api.thousandeyes.com'],
  form: {
    good: { api_token: TOKEN, account_group_id: 1234 },
    refused: { api_token: 'thousandeyes-token-of-somebody-else' },
  },
  secrets: [TOKEN],
  accountId: '1234',
  resources: {
    first: tests.slice(0, 100).map(({ testId }) => testId),
    second: tests.slice(100).map(({ testId }) => testId),
  },
  revocation: 'unsupported',
  answer: ({ url, headers }) => {
    if (headers.get('authorization') !== `Bearer ${TOKEN}`) return json({ error: 'invalid_token' }, 401)
    if (url.pathname === '/v7/account-groups')
      return json({
        accountGroups: [
          { aid: '1111', accountGroupName: 'Other', isCurrentAccountGroup: true },
          { aid: '1234', accountGroupName: 'Example', isCurrentAccountGroup: false },
        ],
      })
    return url.pathname === '/v7/tests' && url.searchParams.get('aid') === '1234'
      ? json({ tests })
      : json({ message: 'Not found' }, 404)
  },
}
