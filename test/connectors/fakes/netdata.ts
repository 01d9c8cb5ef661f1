import { json, names, type Fake } from './fake'

const TOKEN = 'netdata-token-0123456789abcdef'
const SPACE = { id: '3f1c2a9e-0000-4000-8000-000000000001', name: 'Example', slug: 'example' }
const rooms = names('room-', 1, 120).map((id) => ({ id, name: id, slug: id }))

export const netdata: Fake = {
  id: 'netdata',
  hosts: ['app.netdata.cloud'],
  form: {
    good: {
      token: TOKEN,
      baseUrl: 'https://app.netdata.cloud/spaces/example/rooms/all?x=1',
      spaceName: 'Example',
    },
    refused: { apiToken: 'netdata-token-of-somebody-else' },
  },
  secrets: [TOKEN],
  accountId: SPACE.id,
  resources: {
    first: rooms.slice(0, 100).map(({ id }) => id),
    second: rooms.slice(100).map(({ id }) => id),
  },
  revocation: 'unsupported',
  answer: ({ url, headers }) => {
    if (headers.get('authorization') !== `Bearer ${TOKEN}`) return json({ errorCode: 'ErrUnauthorized' }, 401)
    if (url.pathname === '/api/v2/spaces')
      return json([{ id: 'other', name: 'Another', slug: 'another' }, SPACE])
    return url.pathname === `/api/v2/spaces/${SPACE.id}/rooms`
      ? json(rooms)
      : json({ errorCode: 'ErrNotFound' }, 404)
  },
}
