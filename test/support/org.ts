import { env } from 'cloudflare:workers'
import { newId } from '../../src/lib/ids'
import { issueSession, type Role } from '../../src/lib/session-token'
import { api } from './api'

export const PASSWORD = 'correct horse battery'

/**
 * A fresh organisation: its admin, registered and logged in, with a client that sends the admin's token
 * (`org.get('/api/incidents')`, `org.post(path, body)`, `org.call(method, path, body?, headers?)`).
 */
export async function anOrg() {
  const email = `${newId()}@example.com`
  const registered = await api().post('/api/auth/register', { email, password: PASSWORD, name: 'Dana' })
  if (registered.status !== 201) throw new Error(`not registered: ${registered.text}`)
  const token = await logIn(email)
  const userId: string = registered.body.id
  const orgId: string = registered.body.orgId
  return {
    email,
    password: PASSWORD,
    userId,
    orgId,
    token,
    ...api(bearer(token)),
    /** Another member of the organisation, with a client of their own. */
    member: (role: Role) => aMember(orgId, role),
  }
}

export type Org = Awaited<ReturnType<typeof anOrg>>

/** A new session of this user. */
export async function logIn(email: string, password = PASSWORD): Promise<string> {
  const answer = await api().post('/api/auth/login', { email, password })
  if (answer.status !== 200) throw new Error(`not logged in: ${answer.text}`)
  return answer.body.token
}

export const bearer = (token: string) => ({ authorization: `Bearer ${token}` })

async function aMember(orgId: string, role: Role) {
  const userId = newId()
  const email = `${userId}@example.com`
  await env.DB.prepare('INSERT INTO users (id, org_id, email, password_hash, role) VALUES (?, ?, ?, ?, ?)')
    .bind(userId, orgId, email, 'none', role)
    .run()
  const now = Date.now()
  const { token } = await issueSession(env, { userId, orgId, role, sid: newId(now) }, now)
  return { userId, email, role, token, ...api(bearer(token)) }
}
