/** Bodies of the connector endpoints. */
import * as z from 'zod'
import type { Schema } from '../../lib/schema'
import type { Connector } from '../../connectors/connector'
import { isPlaceholder } from '../../connectors/settings'
import { iso, isoOrNull } from '../../lib/time'
import type { BegunLogin } from '../../services/connectors/begin-login'
import type { Disconnected } from '../../services/connectors/disconnect'
import { isEnabled, type Ports } from '../../services/connectors/ports'
import type { listResources } from '../../services/connectors/resources'
import type { ProviderStatus, Summary } from '../../services/connectors/status'
import { maybeTime, time } from './fields'

type Row = ProviderStatus['connections'][number]
const status = z.enum(['connected', 'error', 'not_connected'])
const free = z.record(z.string(), z.unknown())

export const connectionAnswer = z.object({
  id: z.uuid(),
  provider: z.string(),
  method: z.string(),
  status,
  status_reason: z.string().nullable(),
  account_id: z.string(),
  account_name: z.string(),
  region: z.string().nullable(),
  details: free,
  expires_at: maybeTime,
  last_verified_at: maybeTime,
  created_at: time,
  updated_at: time,
})

export const showConnection = (row: Row): z.infer<typeof connectionAnswer> => ({
  id: row.id,
  provider: row.provider,
  method: row.method,
  status: row.status,
  status_reason: row.statusReason,
  account_id: row.accountId,
  account_name: row.accountName,
  region: row.region,
  details: { ...row.publicJson },
  expires_at: isoOrNull(row.expiresAt),
  last_verified_at: isoOrNull(row.lastVerifiedAt),
  created_at: iso(row.createdAt),
  updated_at: iso(row.updatedAt),
})

export const catalogueAnswer = z.object({
  connectors: z.array(
    z.object({
      id: z.string(),
      name: z.string(),
      category: z.string(),
      kinds: z.array(z.string()),
      enabled: z.boolean(),
      /** Why it is not enabled; null when it is. */
      disabled_reason: z.string().nullable(),
      /** What a person should know of this deployment before connecting; null when nothing. */
      note: z.string().nullable(),
      multi_account: z.boolean(),
      oauth: z.boolean(),
      connect_schema: free.nullable(),
    }),
  ),
})

/** One entry of the catalogue. A deployment without an OAuth client for a provider says so here. */
export function showConnector(
  ports: Ports,
  connector: Connector,
): z.infer<typeof catalogueAnswer>['connectors'][number] {
  const enabled = isEnabled(ports, connector)
  return {
    id: connector.id,
    name: connector.name,
    category: connector.category,
    kinds: [...connector.kinds],
    enabled,
    disabled_reason: enabled
      ? null
      : connector.oauth === null
        ? 'This deployment has no credentials of its own for it'
        : 'This deployment has no OAuth client for it',
    note: hasPlaceholder(ports, connector)
      ? 'The OAuth client of this deployment is a placeholder for development: logins begin and fail at the provider'
      : null,
    multi_account: connector.multiAccount,
    oauth: connector.oauth !== null,
    connect_schema: connector.formSchema === null ? null : formOf(connector.formSchema),
  }
}

const hasPlaceholder = (ports: Ports, { oauth }: Connector): boolean =>
  oauth !== null && isPlaceholder(ports.setting(oauth.client(null).id) ?? '')

function formOf(schema: Schema): Record<string, unknown> {
  const { $schema: _dialect, ...form } = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' })
  return form
}

export const connectAnswer = z.object({ success: z.literal(true), connection: connectionAnswer.nullable() })
export const authorizeAnswer = z.object({ authorization_url: z.url(), expires_at: time })
export const showLogin = (login: BegunLogin): z.infer<typeof authorizeAnswer> => ({
  authorization_url: login.authorizationUrl,
  expires_at: iso(login.expiresAt),
})

export const statusAnswer = z.object({
  provider: z.string(),
  connected: z.boolean(),
  status,
  connections: z.array(connectionAnswer),
})

export const showStatus = (connector: Connector, it: ProviderStatus): z.infer<typeof statusAnswer> => ({
  provider: connector.id,
  connected: it.connected,
  status: it.status,
  connections: it.connections.map(showConnection),
})

export const resourcesAnswer = z.object({
  resources: z.array(
    z.object({
      id: z.string(),
      name: z.string(),
      type: z.string(),
      enabled: z.boolean(),
      is_root: z.boolean(),
      details: free,
    }),
  ),
  next_cursor: z.string().nullable(),
})

export const showResources = (
  page: Awaited<ReturnType<typeof listResources>>,
): z.infer<typeof resourcesAnswer> => ({
  resources: page.resources.map(({ isRoot, details, ...rest }) => ({
    ...rest,
    is_root: isRoot,
    details: { ...details },
  })),
  next_cursor: page.nextCursor,
})

export const disconnectAnswer = z.object({
  success: z.literal(true),
  message: z.string(),
  disconnected: z.array(z.string()),
  revocation: z.enum(['revoked', 'already', 'kept', 'unsupported', 'failed']),
  hint: z.string().optional(),
})

export const showDisconnected = (it: Omit<Disconnected, 'wasKnown'>): z.infer<typeof disconnectAnswer> => ({
  success: true,
  message: it.message,
  disconnected: [...it.disconnected],
  revocation: it.revocation,
  ...(it.hint === null ? {} : { hint: it.hint }),
})

export const allStatusAnswer = z.object({
  connectors: z.record(z.string(), z.looseObject({ connected: z.boolean() })),
})

/** The overview: connected or not, and the few details that its page shows. */
export const showAllStatus = (all: readonly Summary[]): z.infer<typeof allStatusAnswer> => ({
  connectors: Object.fromEntries(
    all.map(({ connector, connected, connections, checked, canExecute }) => [
      connector.id,
      {
        connected,
        ...(connected ? extrasOf(connector, connections[0]) : {}),
        ...(canExecute === null ? {} : { canExecute }),
        ...(checked ? {} : { checked: false }),
      },
    ]),
  ),
})

const extrasOf = (connector: Connector, row: Row | undefined): Record<string, unknown> =>
  row === undefined
    ? {}
    : Object.fromEntries(
        (connector.summary ?? []).flatMap((name) =>
          name in row.publicJson ? [[name, row.publicJson[name]]] : [],
        ),
      )
