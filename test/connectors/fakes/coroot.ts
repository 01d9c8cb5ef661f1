import { json, names, type Fake } from './fake'

const EMAIL = 'aurora@example.com'
const PASSWORD = 'coroot-password-0123456789'
const SESSION = 'coroot-session-0123456789abcdef'
const projects = names('p', 1, 120).map((id) => ({ id, name: `Project ${id}` }))

export const coroot: Fake = {
  id: 'coroot',
  hosts: ['coroot.example.com'],
  form: {
    good: { url: 'https://coroot.example.com/', email: EMAIL, password: PASSWORD },
    refused: { url: 'https://coroot.example.com', email: EMAIL, password: 'password-of-somebody' },
  },
  secrets: [PASSWORD, SESSION],
  accountId: 'https://coroot.example.com',
  resources: {
    first: projects.slice(0, 100).map(({ id }) => id),
    second: projects.slice(100).map(({ id }) => id),
  },
  revocation: 'unsupported',
  answer: ({ method, url, headers, body }) => {
    if (url.pathname === '/api/login') {
      if (method !== 'POST') return new Response('Method not allowed', { status: 405 })
      const { email, password } = JSON.parse(body)
      return email === EMAIL && password === PASSWORD
        ? new Response('', {
            headers: { 'set-cookie': `coroot_session=${SESSION}; Path=/; Max-Age=604800; HttpOnly; Secure` },
          })
        : new Response('Invalid email or password.', { status: 404 })
    }
    if (headers.get('cookie') !== `coroot_session=${SESSION}`) return new Response('', { status: 401 })
    return url.pathname === '/api/user'
      ? json({ email: EMAIL, name: 'Aurora', role: 'Viewer', projects })
      : new Response('', { status: 404 })
  },
  isTokenRequest: ({ url }) => url.pathname === '/api/login',
}
