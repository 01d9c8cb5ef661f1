import { SignJWT, UnsecuredJWT } from 'jose'
import { describe, it } from 'vitest'
import { AppError } from '../../src/lib/errors'
import { newId } from '../../src/lib/ids'
import {
  issueSession,
  issueTicket,
  SESSION_MS,
  signingKeyProblem,
  TICKET_MS,
  verifySession,
  verifyTicket,
} from '../../src/lib/session-token'

const NOW = 1_767_225_600_789
const SECOND_OF_NOW = 1_767_225_600
const JWT_SECRET = 'a current secret of more than thirty-two bytes'
const OLD_SECRET = 'an earlier secret of more than thirty-two bytes'
const INTERNAL_API_SECRET = 'shared with the frontend'
const secrets = { JWT_SECRET }
const dana = { userId: newId(NOW), orgId: newId(NOW), role: 'editor', sid: newId(NOW) } as const
const INVALID = { ok: false, reason: 'invalid' }
const EXPIRED = { ok: false, reason: 'expired' }

const sessionClaims = {
  sub: dana.userId,
  org: dana.orgId,
  role: 'editor',
  sid: dana.sid,
  iat: SECOND_OF_NOW,
  exp: SECOND_OF_NOW + 60,
}
const ticketClaims = {
  userId: dana.userId,
  orgId: dana.orgId,
  aud: 'chatbot-ws',
  jti: 'one',
  iat: SECOND_OF_NOW,
  exp: SECOND_OF_NOW + 120,
}
const sign = (claims: Record<string, unknown>, secret = JWT_SECRET, alg = 'HS256'): Promise<string> =>
  new SignJWT(claims).setProtectedHeader({ alg }).sign(new TextEncoder().encode(secret))

describe('a session token', () => {
  it('tells who the user is for seven days, to the second', async ({ expect }) => {
    const { token, expiresAt } = await issueSession(secrets, dana, NOW)
    expect(expiresAt).toBe(SECOND_OF_NOW * 1000 + SESSION_MS)
    expect(await verifySession(secrets, token, NOW)).toEqual({ ok: true, session: { ...dana, expiresAt } })
    expect((await verifySession(secrets, token, expiresAt - 1)).ok).toBe(true)
    expect(await verifySession(secrets, token, expiresAt)).toEqual(EXPIRED)
  })

  it('carries exactly the documented claims', async ({ expect }) => {
    const { token } = await issueSession(secrets, dana, NOW)
    const [header = '', payload = ''] = token.split('.')
    const read = (part: string): unknown => JSON.parse(atob(part.replaceAll('-', '+').replaceAll('_', '/')))
    expect(read(header)).toEqual({ alg: 'HS256' })
    expect(read(payload)).toEqual({ ...sessionClaims, exp: SECOND_OF_NOW + 604_800 })
  })

  it('still counts when the secret was rotated, and is never signed with the previous one', async ({
    expect,
  }) => {
    const { token } = await issueSession({ JWT_SECRET: OLD_SECRET }, dana, NOW)
    const rotated = { JWT_SECRET, JWT_SECRET_PREVIOUS: OLD_SECRET }
    expect((await verifySession(rotated, token, NOW)).ok).toBe(true)
    expect(await verifySession(secrets, token, NOW)).toEqual(INVALID)
    const { token: fresh } = await issueSession(rotated, dana, NOW)
    expect((await verifySession(secrets, fresh, NOW)).ok).toBe(true)
  })

  it('is refused when forged, malformed or signed by another algorithm', async ({ expect }) => {
    const { token } = await issueSession(secrets, dana, NOW)
    const [header = '', payload = '', signature = ''] = token.split('.')
    const bad = [
      '',
      'x',
      'a.b.c',
      `${header}.${payload}`,
      `${header}.${payload}.`,
      `${header}.${payload}.${signature.slice(1)}A`,
      `${header}.${payload.slice(0, -2)}AA.${signature}`,
      await sign(sessionClaims, OLD_SECRET),
      await sign(sessionClaims, JWT_SECRET.repeat(2), 'HS512'),
      await sign(sessionClaims, JWT_SECRET, 'HS384'),
      new UnsecuredJWT(sessionClaims).encode(),
    ]
    for (const text of bad) expect(await verifySession(secrets, text, NOW), text).toEqual(INVALID)
  })

  it('is refused when a claim is missing or has another shape', async ({ expect }) => {
    expect((await verifySession(secrets, await sign(sessionClaims), NOW)).ok).toBe(true)
    const odd: Record<string, unknown>[] = [
      { role: 'owner' },
      { sub: 'dana' },
      { org: undefined },
      { sid: undefined },
      { sid: crypto.randomUUID() },
      { exp: undefined },
      { iat: undefined },
      { aud: 'chatbot-ws' },
      { aud: '' },
      { aud: [] },
    ]
    for (const claims of odd) {
      const token = await sign({ ...sessionClaims, ...claims })
      expect(await verifySession(secrets, token, NOW), JSON.stringify(claims)).toEqual(INVALID)
    }
  })

  it('needs a signing secret of 32 bytes', async ({ expect }) => {
    expect(signingKeyProblem(secrets)).toBeNull()
    expect(signingKeyProblem({})).toBe('JWT_SECRET is not set')
    expect(signingKeyProblem({ JWT_SECRET: 'x'.repeat(31) })).toBe('JWT_SECRET is shorter than 32 bytes')
    expect(signingKeyProblem({ JWT_SECRET: 'ü'.repeat(16) })).toBeNull()
    const short = { JWT_SECRET: 'short', JWT_SECRET_PREVIOUS: 'shorter' }
    await expect(issueSession(short, dana, NOW)).rejects.toThrow(AppError)
    expect(await verifySession(short, await sign(sessionClaims, 'short'), NOW)).toEqual(INVALID)
    expect(await verifySession(short, await sign(sessionClaims, 'shorter'), NOW)).toEqual(INVALID)
  })
})

describe('a WebSocket ticket', () => {
  it('stands for its session for two minutes, each under its own id', async ({ expect }) => {
    const { token, expiresAt } = await issueTicket(secrets, dana, NOW)
    expect(expiresAt).toBe(SECOND_OF_NOW * 1000 + TICKET_MS)
    const checked = await verifyTicket(secrets, token, NOW)
    if (!checked.ok) throw new Error(checked.reason)
    const { jti, ...rest } = checked.ticket
    expect(rest).toEqual({ userId: dana.userId, orgId: dana.orgId, sid: dana.sid, expiresAt })
    expect(await verifyTicket(secrets, token, expiresAt)).toEqual(EXPIRED)
    const second = await verifyTicket(secrets, (await issueTicket(secrets, dana, NOW)).token, NOW)
    expect(second).not.toMatchObject({ ticket: { jti } })
  })

  it('may stand for a user without a session', async ({ expect }) => {
    const { token } = await issueTicket(secrets, { ...dana, sid: null }, NOW)
    expect(await verifyTicket(secrets, token, NOW)).toMatchObject({ ok: true, ticket: { sid: null } })
  })

  it('is no session token, nor the other way round', async ({ expect }) => {
    const { token: ticket } = await issueTicket(secrets, dana, NOW)
    const { token: session } = await issueSession(secrets, dana, NOW)
    expect(await verifySession(secrets, ticket, NOW)).toEqual(INVALID)
    expect(await verifyTicket(secrets, session, NOW)).toEqual(INVALID)
  })

  it('may be minted by a frontend that knows the internal secret, but names no session then', async ({
    expect,
  }) => {
    const shared = { JWT_SECRET, INTERNAL_API_SECRET }
    const key = `${INTERNAL_API_SECRET}aurora:ws-token-signing`
    const token = await sign({ ...ticketClaims, sid: dana.sid }, key)
    expect(await verifyTicket(shared, token, NOW)).toEqual({
      ok: true,
      ticket: {
        userId: dana.userId,
        orgId: dana.orgId,
        sid: null,
        jti: 'one',
        expiresAt: (SECOND_OF_NOW + 120) * 1000,
      },
    })
    expect(await verifyTicket(shared, token, NOW + TICKET_MS)).toEqual(EXPIRED)
    expect(await verifyTicket(secrets, token, NOW)).toEqual(INVALID)
    expect(await verifyTicket(shared, await sign(ticketClaims, INTERNAL_API_SECRET), NOW)).toEqual(INVALID)
    const suffixOnly = await sign(ticketClaims, 'aurora:ws-token-signing')
    expect(await verifyTicket({ JWT_SECRET, INTERNAL_API_SECRET: '' }, suffixOnly, NOW)).toEqual(INVALID)
    expect(await verifySession(shared, await sign(sessionClaims, key), NOW)).toEqual(INVALID)
  })

  it('is refused without an id, for another audience, or when it would last longer', async ({ expect }) => {
    expect((await verifyTicket(secrets, await sign(ticketClaims), NOW)).ok).toBe(true)
    const odd: Record<string, unknown>[] = [
      { jti: undefined },
      { jti: '' },
      { jti: 'x'.repeat(129) },
      { aud: 'other' },
      { userId: 'dana' },
      { exp: SECOND_OF_NOW + 121 },
    ]
    for (const claims of odd) {
      const token = await sign({ ...ticketClaims, ...claims })
      expect(await verifyTicket(secrets, token, NOW), JSON.stringify(claims)).toEqual(INVALID)
    }
  })
})

describe('a token that was verified before', () => {
  it('is refused once it ended or its secret was taken away', async ({ expect }) => {
    const [old, fresh] = ['o'.repeat(32), 'n'.repeat(32)]
    const now = Date.UTC(2026, 4, 4)
    const identity = { userId: newId(now), orgId: newId(now), role: 'viewer', sid: newId(now) } as const
    const { token, expiresAt } = await issueSession({ JWT_SECRET: old }, identity, now)
    const check = async (secrets: { JWT_SECRET: string; JWT_SECRET_PREVIOUS?: string }, at = now) =>
      (await verifySession(secrets, token, at)).ok
    expect(await check({ JWT_SECRET: old })).toBe(true)
    expect(await check({ JWT_SECRET: fresh, JWT_SECRET_PREVIOUS: old })).toBe(true)
    expect(await check({ JWT_SECRET: fresh })).toBe(false)
    expect(await check({ JWT_SECRET: old }, expiresAt - 1)).toBe(true)
    expect(await check({ JWT_SECRET: old }, expiresAt)).toBe(false)
  })
})
