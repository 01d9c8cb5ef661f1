/** Credentials made from others: personal access tokens, and tickets for one WebSocket upgrade. */
import { Hono } from 'hono'
import * as z from 'zod'
import { iso } from '../../lib/time'
import * as verbs from '../../services/access-tokens'
import { openTicket } from '../../services/ws-ticket'
import { accessTokenCreated, accessTokenList, showAccessToken } from '../answers/access-tokens'
import { success } from '../answers/integrations'
import { endpoint } from '../endpoint'
import { idOf, type App } from '../env'
import { body } from '../input'
import { sessionGate } from '../session-gate'

const ids = { token_id: { error: 'Invalid token ID format', code: 'invalid_id' } } as const

export const accessTokens = new Hono<App>()
  .get(
    '/api/ws-token',
    endpoint({
      summary: 'A ticket for one WebSocket upgrade within two minutes',
      who: 'viewer',
      bucket: 'default',
      answers: {
        200: z.object({ token: z.jwt({ alg: 'HS256' }), expiresAt: z.iso.datetime({ precision: 3 }) }),
      },
    }),
    async (c) => {
      const { token, expiresAt } = await openTicket(c.var.ctx, c.env)
      return c.json({ token, expiresAt: iso(expiresAt) })
    },
  )
  .get(
    '/api/tokens',
    endpoint({
      summary: "The caller's personal access tokens",
      who: 'viewer',
      bucket: 'default',
      answers: { 200: accessTokenList },
    }),
    async (c) => c.json({ tokens: (await verbs.listAccessTokens(c.var.ctx)).map(showAccessToken) }),
  )
  .post(
    '/api/tokens',
    endpoint({
      summary: 'Make a personal access token; it is shown this once',
      who: 'viewer',
      bucket: 'default',
      idempotent: true,
      answers: { 201: accessTokenCreated },
      errors: ['validation_failed', 'conflict'],
    }),
    body(verbs.newAccessToken),
    async (c) => {
      const { row, token } = await verbs.createAccessToken(c.var.ctx, c.req.valid('json'))
      return c.json({ ...showAccessToken(row), token }, 201)
    },
  )
  .delete(
    '/api/tokens/:token_id',
    endpoint({
      summary: 'Revoke a personal access token',
      who: 'viewer',
      bucket: 'default',
      ids,
      answers: { 200: success },
      errors: ['invalid_id', 'not_found'],
    }),
    async (c) => {
      await verbs.revokeAccessToken(c.var.ctx, sessionGate(c, c.var.actor.userId), idOf(c, 'token_id'))
      return c.json({ success: true as const })
    },
  )
