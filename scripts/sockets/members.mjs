import { randomUUID } from 'node:crypto'
import { newPerson } from '../lib/api.mjs'

const send = async (url, path, body, token) => {
  const response = await fetch(url + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) },
    body: JSON.stringify(body),
  })
  if (!response.ok) throw new Error(`${path} answered ${response.status}: ${await response.text()}`)
  return response.json()
}

/** An organisation of that many people; answers its admin and everybody's session tokens. */
export async function newOrganisation(url, people) {
  const admin = await newPerson(url, 'Sockets')
  const tokens = [admin.token]
  while (tokens.length < people) {
    const email = `member-${randomUUID()}@example.com`
    const [password, newPassword] = [randomUUID(), randomUUID()]
    await admin.api.post('/api/admin/users', { email, password, role: 'viewer' })
    const { token } = await send(url, '/api/auth/login', { email, password })
    // A password that an admin chose has to be changed before anything else.
    await send(url, '/api/auth/change-password', { currentPassword: password, newPassword }, token)
    tokens.push(token)
  }
  return { admin, tokens }
}
