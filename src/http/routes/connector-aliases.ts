/**
 * Paths of the original product with the common shape: connect, status and disconnect below a provider's prefix. They are
 * thin: the verbs are those of the uniform family. Providers with shapes of their own have a route file each.
 */
import { Hono } from 'hono'
import * as z from 'zod'
import { connectors as registry } from '../../connectors'
import type { Connector } from '../../connectors/connector'
import type { OriginalPaths } from '../../connectors/facts'
import { isoOrNull } from '../../lib/time'
import { connectAccount } from '../../services/connectors/connect'
import { readStatus, type ProviderStatus } from '../../services/connectors/status'
import { endpoint, SMALL } from '../connector-endpoint'
import { connectErrors } from '../connector-errors'
import type { App } from '../env'
import { body, query } from '../input'
import { connectorPorts } from '../middleware/tenant'
import { disconnectAll, disconnectEndpoint } from '../original-disconnect'

const connected = z.looseObject({ success: z.literal(true) })
const status = z.looseObject({ connected: z.boolean() })
const gone = z.looseObject({ success: z.literal(true), message: z.string() })

export const connectorAliases = new Hono<App>()

for (const connector of registry)
  if (connector.original !== undefined) mount(connectorAliases, connector, connector.original)

function mount(app: Hono<App>, connector: Connector, original: OriginalPaths): void {
  const { name } = connector
  for (const prefix of original.prefixes) {
    app.post(
      `${prefix}/connect`,
      endpoint({
        summary: `Connect ${name}`,
        who: 'editor',
        bucket: 'default',
        alsoCounts: 'connect',
        maxBodyBytes: SMALL,
        answers: { 200: connected },
        errors: connectErrors,
        failure: `Failed to store ${name} credentials`,
      }),
      body(z.looseObject({})),
      async (c) => {
        const made = await connectAccount(c.var.ctx, connectorPorts(c), connector, c.req.valid('json'), true)
        const details = made.kind === 'connection' ? made.connection.publicJson : {}
        return c.json({ success: true, ...(original.connected ?? same)(details) })
      },
    )
    if (original.ownStatus !== true)
      app.get(
        `${prefix}/status`,
        endpoint({
          summary: `Whether ${name} is connected`,
          who: 'viewer',
          bucket: 'default',
          answers: { 200: status },
        }),
        query(z.object({ validate: z.string().optional() })),
        async (c) => {
          const validate = c.req.valid('query').validate === 'true'
          return c.json(
            showOriginal(original, await readStatus(c.var.ctx, connectorPorts(c), connector, validate)),
          )
        },
      )
    app.on(
      ['POST', 'DELETE'],
      `${prefix}/disconnect`,
      disconnectEndpoint(connector, gone),
      disconnectAll(connector, original.disconnected),
    )
  }
}

const same = (details: Readonly<Record<string, unknown>>) => details

/** `connected: false` alone when there is nothing, with a sentence when the stored state is an error. */
export function showOriginal(original: OriginalPaths, it: ProviderStatus): z.infer<typeof status> {
  const row = it.connections.find((connection) => connection.status === 'connected')
  if (row !== undefined)
    return {
      connected: true,
      ...(original.status ?? same)(row.publicJson, row.expiresAt),
      validatedAt: isoOrNull(row.lastVerifiedAt),
    }
  if (it.connected) return { connected: true }
  if (it.status !== 'error') return { connected: false }
  return {
    connected: false,
    ...(original.broken ?? { error: 'The stored credential no longer works. Please reconnect.' }),
  }
}
