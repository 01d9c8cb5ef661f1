/** The browser's side of a login at a vendor: the binding cookie, what proves a browser, and the way back. */
import { getCookie } from 'hono/cookie'
import { verifySession } from '../lib/session-token'
import { gateName } from '../lib/limits'
import { isLoopback } from '../lib/loopback'
import { LOGIN_MS, type BegunLogin } from '../services/connectors/begin-login'
import type { Browser, LoginResult } from '../services/connectors/login'
import type { Ports } from '../services/connectors/ports'
import { sessionCookie } from './cookies'
import type { AppContext } from './env'

/** Binds this browser to the login it begins. */
export function bindBrowser(c: AppContext, { binding }: BegunLogin): void {
  const plain = isPlainLoopback(c)
  c.header(
    'set-cookie',
    `${plain ? '' : '__Host-'}${binding.name}=${binding.value}; HttpOnly; ${plain ? '' : 'Secure; '}SameSite=Lax; Path=/; Max-Age=${LOGIN_MS / 1000}`,
    { append: true },
  )
}

/** Browsers take no `Secure` cookie over plain http. */
function isPlainLoopback(c: AppContext): boolean {
  const { protocol, hostname } = new URL(c.req.url)
  return protocol === 'http:' && isLoopback(hostname)
}

/** What this request shows of the browser that came back. */
export const browserOf = (c: AppContext): Browser => ({
  cookie: (name) => getCookie(c, isPlainLoopback(c) ? name : `__Host-${name}`) ?? null,
  session: async () => {
    const token = sessionCookie(c)
    const checked = token === null ? null : await verifySession(c.env, token, c.var.now)
    if (checked?.ok !== true) return null
    const { userId, orgId, sid } = checked.session
    const gate = c.env.GATE.getByName(gateName.user(userId))
    const entry = await gate.enter({ windows: [], sid, openBeforePasswordChange: true })
    return entry.ok ? { userId, orgId } : null
  },
  poster: null,
})

/** Where a login that began with `authorize` ends: a page of ours, with the outcome in its query. */
export function pageAfter(ports: Ports, provider: string, result: LoginResult): string {
  const origin = result.kind === 'incomplete' ? null : result.origin
  const url = new URL(origin?.redirectAfter ?? '/connectors', `${ports.frontendBase}/`)
  url.searchParams.set('connector', provider)
  switch (result.kind) {
    case 'connected':
      url.searchParams.set('result', 'connected')
      if (result.jobId !== null) url.searchParams.set('task_id', result.jobId)
      break
    case 'owned':
      url.searchParams.set('result', 'connected')
      break
    case 'pending':
      url.searchParams.set('result', 'pending')
      url.searchParams.set('task_id', result.ticket)
      break
    case 'failed':
      url.searchParams.set('result', 'failed')
      url.searchParams.set('reason', result.reason)
      break
    case 'incomplete':
      break
  }
  return url.href
}
