import { env } from 'cloudflare:workers'
import { newId } from '../../src/lib/ids'
import { hashPassword } from '../../src/lib/passwords'
import { issueSession, type Role } from '../../src/lib/session-token'
import { openDirectory } from '../../src/store/directory'
import { api } from './api'

export const PASSWORD = 'correct horse battery'

/** The hash of `PASSWORD`, made once: the tests need many users and no more than one hash. */
let passwordHash: Promise<string> | null = null

async function hashOnce(): Promise<string> {
  const hashed = await hashPassword(env, PASSWORD)
  if (!hashed.ok) throw new Error('no hash')
  return hashed.hash
}

/**
 * A fresh organisation with its admin, as registration and login leave them, and a client that sends the admin's token
 * (`org.get('/api/incidents')`, `org.post(path, body)`, `org.call(method, path, body?, headers?)`).
 */
export async function anOrg() {
  const now = Date.now()
  const userId = newId(now)
  const orgId = newId(now)
  const email = `${userId}@example.com`
  passwordHash ??= hashOnce()
  await openDirectory(env.DB).register({
    userId,
    orgId,
    email,
    name: 'Dana',
    passwordHash: await passwordHash,
    orgName: "Dana's organization",
    orgSlug: orgId,
    now,
  })
  const { token } = await issueSession(env, { userId, orgId, role: 'admin', sid: newId(now) }, now)
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

export async function aMember(orgId: string, role: Role) {
  const userId = newId()
  const email = `${userId}@example.com`
  await env.DB.prepare('INSERT INTO users (id, org_id, email, password_hash, role) VALUES (?, ?, ?, ?, ?)')
    .bind(userId, orgId, email, 'none', role)
    .run()
  const now = Date.now()
  const { token } = await issueSession(env, { userId, orgId, role, sid: newId(now) }, now)
  return { userId, email, role, token, ...api(bearer(token)) }
}
