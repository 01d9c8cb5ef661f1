/** The cookie that carries the session token for browsers. */
import { getCookie } from 'hono/cookie'
import { SESSION_MS } from '../lib/session-token'
import type { AppContext } from './env'

const NAME = 'session_token'

/** The token in the cookie, null without one. */
export const sessionCookie = (c: AppContext): string | null => getCookie(c, NAME) || null

/** Whether the cookie is the credential of this request: an `Authorization` header, good or bad, hides it. */
export const usesCookie = (c: AppContext): boolean =>
  c.req.header('authorization') === undefined && sessionCookie(c) !== null

/** Hands the token to the browser for as long as it lives. */
export const setSessionCookie = (c: AppContext, token: string): void =>
  c.header('set-cookie', cookie(c, token, SESSION_MS / 1000))

/** Takes the cookie away. */
export const clearSessionCookie = (c: AppContext): void => c.header('set-cookie', cookie(c, '', 0))

/** Takes away a cookie that was refused. */
export function clearBadCookie(c: AppContext): void {
  if (usesCookie(c)) clearSessionCookie(c)
}

const SAME_SITE: Readonly<Record<string, string>> = { strict: 'Strict', none: 'None' }

function cookie(c: AppContext, value: string, seconds: number): string {
  const sameSite = SAME_SITE[c.env.COOKIE_SAMESITE?.trim().toLowerCase() ?? ''] ?? 'Lax'
  const secure = sameSite === 'None' || new URL(c.req.url).protocol === 'https:'
  return `${NAME}=${value}; HttpOnly; Path=/; SameSite=${sameSite}; Max-Age=${seconds}${secure ? '; Secure' : ''}`
}
