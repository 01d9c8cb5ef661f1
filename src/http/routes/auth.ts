import { Hono } from 'hono'
import { createMiddleware } from 'hono/factory'
import { iso } from '../../lib/time'
import * as verbs from '../../services/auth'
import { loginAnswer, passwordChangedAnswer, profileAnswer, sessionAnswer } from '../answers/auth'
import { clearSessionCookie, setSessionCookie } from '../cookies'
import { endpoint } from '../endpoint'
import type { App, AppContext } from '../env'
import { body } from '../input'
import { attemptLogin, countRegistration } from '../middleware/attempts'
import { directoryOf } from '../middleware/tenant'
import { sessionGate } from '../session-gate'

const NO_FIELDS = { error: 'Invalid request body', code: 'invalid_json' } as const

/** Whoever asks to be logged out keeps no cookie, whatever became of the session. */
const dropCookie = createMiddleware<App>(async (c, next) => {
  await next()
  if (c.res.status === 204 || c.res.status === 401) clearSessionCookie(c)
})

export const auth = new Hono<App>()
  .post(
    '/api/auth/register',
    endpoint({
      summary: 'Register a user with an organisation',
      who: 'public',
      bucket: null,
      answers: { 201: profileAnswer },
      errors: ['already_exists', 'rate_limited'],
      failure: 'Registration failed',
    }),
    body(verbs.registerInput, NO_FIELDS),
    async (c) => {
      const input = c.req.valid('json')
      await countRegistration(c, await verbs.hashEmail(input.email))
      return c.json(await verbs.registerUser(entrance(c), input), 201)
    },
  )
  .post(
    '/api/auth/login',
    endpoint({
      summary: 'Open a session',
      who: 'public',
      bucket: null,
      answers: { 200: loginAnswer },
      errors: ['invalid_credentials', 'rate_limited'],
      failure: 'Login failed',
    }),
    body(verbs.loginInput, NO_FIELDS),
    async (c) => {
      const input = c.req.valid('json')
      const login = () => verbs.logIn(entrance(c), input)
      const { expiresAt, ...session } = await attemptLogin(c, await verbs.hashEmail(input.email), login)
      setSessionCookie(c, session.token)
      return c.json({ ...session, tokenType: 'Bearer', expiresAt: iso(expiresAt) })
    },
  )
  .post(
    '/api/auth/change-password',
    endpoint({
      summary: 'Change the password and revoke all other sessions',
      who: 'viewer',
      bucket: 'default',
      alsoCounts: 'password',
      openBeforePasswordChange: true,
      answers: { 200: passwordChangedAnswer },
      errors: ['not_found', 'invalid_credentials'],
      failure: 'Password change failed',
    }),
    body(verbs.changePasswordInput, NO_FIELDS),
    async (c) => {
      await verbs.changePassword(c.var.ctx, c.env, sessionGate(c, c.var.actor.userId), c.req.valid('json'))
      return c.json({ message: 'Password changed successfully' })
    },
  )
  .post(
    '/api/auth/logout',
    dropCookie,
    endpoint({
      summary: 'Close the session',
      who: 'viewer',
      bucket: 'default',
      openBeforePasswordChange: true,
      answers: { 204: null },
    }),
    async (c) => {
      await verbs.logOut(c.var.ctx, sessionGate(c, c.var.actor.userId), c.var.sessionEndsAt)
      return c.body(null, 204)
    },
  )
  .get(
    '/api/auth/me',
    endpoint({
      summary: 'The caller, as stored',
      who: 'viewer',
      bucket: 'default',
      openBeforePasswordChange: true,
      answers: { 200: profileAnswer },
      errors: ['not_found'],
      failure: 'Server error',
    }),
    async (c) => c.json(await verbs.describeMe(c.var.ctx)),
  )
  .get(
    '/api/auth/session',
    endpoint({
      summary: 'The session, from the token alone',
      who: 'viewer',
      bucket: 'default',
      openBeforePasswordChange: true,
      answers: { 200: sessionAnswer },
    }),
    (c) => c.json(verbs.describeSession(c.var.ctx, c.var.sessionEndsAt)),
  )

const entrance = (c: AppContext): verbs.Entrance => ({
  directory: directoryOf(c),
  settings: c.env,
  now: c.var.now,
})
