import { json, type Fake } from './fake'

const [USERNAME, PASSWORD] = ['aurora', 'spinnaker-password-0123456789']
const applications = Array.from({ length: 120 }, (_, index) => ({
  name: `app${index + 1}`,
  email: 'team@example.com',
  cloudProviders: 'kubernetes,aws',
}))
const good = {
  authType: 'token',
  baseUrl: 'https://gate.example.com/',
  username: USERNAME,
  password: PASSWORD,
}

export const spinnaker: Fake = {
  id: 'spinnaker',
  hosts: ['gate.example.com'],
  form: { good, refused: { ...good, password: 'password-of-somebody-else' } },
  secrets: [PASSWORD],
  accountId: 'https://gate.example.com',
  resources: {
    first: applications.slice(0, 100).map(({ name }) => name),
    second: applications.slice(100).map(({ name }) => name),
  },
  revocation: 'unsupported',
  answer: ({ url, headers }) => {
    if (headers.get('authorization') !== `Basic ${btoa(`${USERNAME}:${PASSWORD}`)}`)
      return json({ error: 'Unauthorized' }, 401)
    switch (url.pathname) {
      case '/credentials':
        return json([{ name: 'prod', type: 'kubernetes' }, { name: 'aws-prod' }])
      case '/applications':
        return json(applications)
      case '/applications/app1/pipelines':
        return json([{ id: '01', status: 'TERMINAL', limit: url.searchParams.get('limit') }])
      default:
        return json({}, 404)
    }
  },
}
