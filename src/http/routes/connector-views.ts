/** The older views over connections. */
import { Hono } from 'hono'
import * as z from 'zod'
import { findConnector } from '../../connectors'
import { AppError, notFound } from '../../lib/errors'
import { disconnect } from '../../services/connectors/disconnect'
import { listConnections } from '../../services/connectors/status'
import {
  connectedAccounts,
  showConnectedAccounts,
  showUserConnections,
  showUserTokens,
  userConnections,
  userTokens,
} from '../answers/connector-views'
import { endpoint, SMALL } from '../connector-endpoint'
import { idOf, type App, type AppContext } from '../env'
import { body } from '../input'
import { connectorPorts } from '../middleware/tenant'

const BOTH = 'provider and account_id required'
const uid = { uid: { error: 'Not found', code: 'not_found' } } as const

/** Older clients put the user's own id into the path. @throws AppError not_found for anybody else's */
function checkUid(c: AppContext): void {
  if (idOf(c, 'uid') !== c.var.actor.userId) throw notFound()
}

const nameOf = (provider: string): string => findConnector(provider)?.name ?? provider

export const connectorViews = new Hono<App>()
  .get(
    '/api/user_connections',
    endpoint({
      summary: 'Live connections, in the older shape',
      who: 'viewer',
      bucket: 'default',
      answers: { 200: userConnections },
    }),
    async (c) => c.json(showUserConnections(await listConnections(c.var.ctx))),
  )
  .delete(
    '/api/user_connections',
    endpoint({
      summary: 'Disconnect one account',
      who: 'editor',
      bucket: 'default',
      alsoCounts: 'disconnect',
      maxBodyBytes: SMALL,
      answers: { 200: z.object({ status: z.literal('disconnected') }) },
      errors: ['validation_failed'],
    }),
    body(
      z.object({
        provider: z.string({ error: BOTH }).min(1, BOTH).max(100, BOTH),
        account_id: z.string({ error: BOTH }).min(1, BOTH).max(500, BOTH),
      }),
    ),
    async (c) => {
      const { provider, account_id } = c.req.valid('json')
      const connector = findConnector(provider)
      if (connector !== null) await disconnect(c.var.ctx, connectorPorts(c), connector, account_id)
      return c.json({ status: 'disconnected' as const })
    },
  )
  .get(
    '/api/connected-accounts/:uid',
    endpoint({
      summary: 'Connected providers of the caller, in the older shape',
      who: 'viewer',
      bucket: 'default',
      ids: uid,
      answers: { 200: connectedAccounts },
      errors: ['not_found'],
    }),
    async (c) => {
      checkUid(c)
      return c.json(showConnectedAccounts(await listConnections(c.var.ctx), nameOf))
    },
  )
  .delete(
    '/api/connected-accounts/:uid/:provider',
    endpoint({
      summary: 'Disconnect every account of a provider',
      who: 'editor',
      bucket: 'default',
      alsoCounts: 'disconnect',
      maxBodyBytes: SMALL,
      ids: uid,
      answers: { 200: z.object({ success: z.literal(true), message: z.string() }) },
      errors: ['not_found', 'unknown_provider'],
    }),
    async (c) => {
      checkUid(c)
      const connector = findConnector(c.req.param('provider'))
      if (connector === null) throw new AppError('unknown_provider', 'Unknown provider')
      const { disconnected } = await disconnect(c.var.ctx, connectorPorts(c), connector, null)
      const message =
        connector.id === 'aws'
          ? 'AWS connection(s) removed'
          : disconnected.length === 0
            ? 'No tokens found for provider – nothing to delete'
            : `Removed ${connector.id} credentials`
      return c.json({ success: true as const, message })
    },
  )
  .get(
    '/api/getUserId',
    endpoint({
      summary: "The caller's id",
      who: 'viewer',
      bucket: 'default',
      answers: { 200: z.object({ userId: z.uuid() }) },
    }),
    (c) => c.json({ userId: c.var.actor.userId }),
  )

for (const path of ['/user_tokens', '/api/user/tokens'])
  connectorViews.get(
    path,
    endpoint({
      summary: 'Live connections, in the oldest shape',
      who: 'viewer',
      bucket: 'default',
      answers: { 200: userTokens },
    }),
    async (c) => c.json(showUserTokens(await listConnections(c.var.ctx))),
  )
