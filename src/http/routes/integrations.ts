/** Integrations: the configured senders of an organisation. */
import { Hono } from 'hono'
import * as z from 'zod'
import {
  integrationPatch,
  newIntegration,
  newSigningSecret,
  rotation,
} from '../../services/integration-input'
import { rotateToken, setSigningSecret } from '../../services/integration-secrets'
import {
  deleteIntegration,
  listIntegrations,
  readIntegration,
  updateIntegration,
} from '../../services/integrations'
import { connectSender } from '../../services/connectors/subscribe-sender'
import {
  integrationAnswer,
  integrationList,
  integrationWithSecret,
  integrationWithToken,
  showIntegration,
  success,
} from '../answers/integrations'
import { endpoint } from '../endpoint'
import { idOf, type App, type AppContext } from '../env'
import { body, query } from '../input'
import { mastersOf } from '../masters'
import { connectorPorts } from '../middleware/tenant'
import { webhookAddress } from '../webhook-address'

const ids = { integration_id: { error: 'Invalid integration ID format', code: 'invalid_id' } } as const

export const integrations = new Hono<App>()
  .post(
    '/api/integrations',
    endpoint({
      summary: 'Connect a sender; its token is shown this once',
      who: 'editor',
      bucket: 'default',
      idempotent: true,
      answers: { 201: integrationWithToken },
      errors: ['validation_failed', 'already_exists', 'conflict'],
    }),
    body(newIntegration),
    async (c) => {
      const input = c.req.valid('json')
      const ports = { connectors: connectorPorts(c), masters: () => mastersOf(c) }
      const addressOf = (token: string): string => webhookAddress(c, input.source, token)
      return c.json(withToken(c, await connectSender(c.var.ctx, ports, addressOf, input)), 201)
    },
  )
  .get(
    '/api/integrations',
    endpoint({
      summary: 'List senders',
      who: 'viewer',
      bucket: 'default',
      answers: { 200: integrationList },
    }),
    query(z.object({ source: z.string().optional() })),
    async (c) => {
      const rows = await listIntegrations(c.var.ctx, c.req.valid('query').source ?? null)
      return c.json({ integrations: rows.map((row) => showIntegration(row)) })
    },
  )
  .get(
    '/api/integrations/:integration_id',
    endpoint({
      summary: 'One sender with how its deliveries fare',
      who: 'viewer',
      bucket: 'default',
      ids,
      answers: { 200: integrationAnswer },
      errors: ['not_found'],
    }),
    async (c) => {
      const { integration, health } = await readIntegration(c.var.ctx, idOf(c, 'integration_id'))
      return c.json({ integration: showIntegration(integration, health) })
    },
  )
  .patch(
    '/api/integrations/:integration_id',
    endpoint({
      summary: 'Change name, settings or verification, switch on or off',
      who: 'editor',
      bucket: 'default',
      ids,
      answers: { 200: integrationAnswer },
      errors: ['validation_failed', 'not_found', 'already_exists', 'conflict'],
    }),
    body(integrationPatch),
    async (c) => {
      const { integration } = await updateIntegration(
        c.var.ctx,
        idOf(c, 'integration_id'),
        c.req.valid('json'),
      )
      return c.json({ integration: showIntegration(integration) })
    },
  )
  .post(
    '/api/integrations/:integration_id/rotate-token',
    endpoint({
      summary: 'A new token; the old one lives on for a while',
      who: 'editor',
      bucket: 'default',
      idempotent: true,
      ids,
      answers: { 200: integrationWithToken },
      errors: ['validation_failed', 'not_found', 'conflict'],
    }),
    body(rotation),
    async (c) =>
      c.json(withToken(c, await rotateToken(c.var.ctx, idOf(c, 'integration_id'), c.req.valid('json')))),
  )
  .put(
    '/api/integrations/:integration_id/signing-secret',
    endpoint({
      summary: "Store the vendor's signing secret, or make one",
      who: 'editor',
      bucket: 'default',
      ids,
      answers: { 200: integrationWithSecret },
      errors: ['validation_failed', 'not_found', 'conflict'],
    }),
    body(newSigningSecret),
    async (c) => {
      const { ctx } = c.var
      const changed = await setSigningSecret(
        ctx,
        await mastersOf(c),
        idOf(c, 'integration_id'),
        c.req.valid('json'),
      )
      return c.json({
        integration: showIntegration(changed.integration),
        signingSecret: changed.signingSecret,
      })
    },
  )
  .delete(
    '/api/integrations/:integration_id',
    endpoint({
      summary: 'Remove a sender; alerts and incidents stay',
      who: 'editor',
      bucket: 'default',
      ids,
      answers: { 200: success },
      errors: ['not_found', 'conflict'],
    }),
    async (c) => {
      await deleteIntegration(c.var.ctx, idOf(c, 'integration_id'))
      return c.json({ success: true as const })
    },
  )

type Created = Awaited<ReturnType<typeof rotateToken>> & { readonly signingSecret?: string | null }

function withToken(
  c: AppContext,
  { integration, ingestToken, signingSecret = null }: Created,
): z.infer<typeof integrationWithToken> {
  return {
    integration: showIntegration(integration, null),
    ingestToken,
    webhookUrl: webhookAddress(c, integration.source, ingestToken),
    ...(signingSecret === null ? {} : { signingSecret }),
  }
}
