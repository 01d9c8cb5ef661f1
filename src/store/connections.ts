import { and, asc, eq, inArray, isNull, lt, or, sql } from 'drizzle-orm'
import {
  connections,
  connectionSecrets,
  connectionSelections,
  connectorJobs,
  integrations,
  oauthStates,
  users,
} from '../../drizzle/schema'
import type { ConnectionRow, SecretRow, SelectionRow } from './connection-rows'
import type { IntegrationRow } from './integration-rows'
import type { TenantDb } from './tenant-db'

const live = inArray(connections.status, ['connected', 'error'])

/** Connections that are connected or in trouble, oldest first. */
export const liveConnections = (db: TenantDb, provider: string | null) =>
  db
    .select(connections, and(live, provider === null ? undefined : eq(connections.provider, provider)))
    .orderBy(asc(connections.createdAt))
    .limit(500)

/** Every account of a provider that was ever connected. */
export const allConnections = (db: TenantDb, provider: string) =>
  db.select(connections, eq(connections.provider, provider)).orderBy(asc(connections.createdAt)).limit(500)

export const connectionById = (db: TenantDb, id: string) =>
  db.select(connections, eq(connections.id, id)).limit(1)

export const insertConnection = (db: TenantDb, row: ConnectionRow) => db.insert(connections, row)

/** Changes a row, provided that nobody replaced its secret meanwhile. */
export const changeConnection = (
  db: TenantDb,
  row: Pick<ConnectionRow, 'id' | 'secretVersion'>,
  changes: Partial<Omit<ConnectionRow, 'id' | 'orgId'>>,
) =>
  db.update(
    connections,
    changes,
    and(eq(connections.id, row.id), eq(connections.secretVersion, row.secretVersion)),
  )

/** Live connections that live off the grants of these. */
export const productsOf = (db: TenantDb, parentIds: readonly string[]) =>
  db.select(connections, and(live, inArray(connections.parentId, [...parentIds]))).limit(500)

/** Changes what lives off a grant. */
export const changeProducts = (
  db: TenantDb,
  parentId: string,
  changes: Partial<Pick<ConnectionRow, 'status' | 'statusReason' | 'updatedAt'>>,
) => db.update(connections, changes, and(live, eq(connections.parentId, parentId)))

/** Leaves the identifiers of rows that end, and moves their version on, so that no refresh in flight writes after this. */
export const endConnections = (
  db: TenantDb,
  ids: readonly string[],
  disabledIntegrations: readonly string[],
  now: number,
) =>
  db.update(
    connections,
    {
      status: 'not_connected',
      statusReason: null,
      publicJson: {},
      disabledIntegrations,
      secretVersion: sql`${connections.secretVersion} + 1`,
      expiresAt: null,
      lastVerifiedAt: null,
      checkedAt: null,
      updatedAt: now,
    },
    inArray(connections.id, [...ids]),
  )

/** Takes the right to ask the vendor now, when nobody did for `everyMs`; no row when somebody did. */
export const claimCheck = (db: TenantDb, id: string, now: number, everyMs: number) =>
  db
    .update(
      connections,
      { checkedAt: now },
      and(
        eq(connections.id, id),
        or(isNull(connections.checkedAt), lt(connections.checkedAt, now - everyMs)),
      ),
    )
    .returning({ id: connections.id })

export const credentialOf = (db: TenantDb, connectionId: string) =>
  db
    .select(
      connectionSecrets,
      and(eq(connectionSecrets.connectionId, connectionId), eq(connectionSecrets.purpose, 'credential')),
    )
    .limit(1)

export const insertSecret = (db: TenantDb, row: Omit<SecretRow, 'orgId'>) => db.insert(connectionSecrets, row)

/** Replaces a secret; the caller guards with `ensureChanged`. */
export const replaceSecret = (db: TenantDb, row: Omit<SecretRow, 'orgId'>, version: number) =>
  db.update(
    connectionSecrets,
    row,
    and(
      eq(connectionSecrets.connectionId, row.connectionId),
      eq(connectionSecrets.purpose, row.purpose),
      eq(connectionSecrets.version, version),
    ),
  )

export const removeSecrets = (db: TenantDb, connectionIds: readonly string[]) =>
  db.remove(connectionSecrets, inArray(connectionSecrets.connectionId, [...connectionIds]))

export const selectionsOf = (db: TenantDb, connectionIds: readonly string[]) =>
  db.select(connectionSelections, inArray(connectionSelections.connectionId, [...connectionIds])).limit(2000)

export const removeSelections = (db: TenantDb, connectionIds: readonly string[]) =>
  db.remove(connectionSelections, inArray(connectionSelections.connectionId, [...connectionIds]))

/** The statements that store a choice; none for an empty one. */
export const insertSelections = (db: TenantDb, rows: readonly Omit<SelectionRow, 'orgId'>[]) =>
  rows.length === 0 ? [] : [db.insertMany(connectionSelections, rows)]

/** Logins under way for a provider end with its disconnect, and so do its unfinished jobs. */
export const removePending = (db: TenantDb, provider: string) => [
  db.remove(oauthStates, eq(oauthStates.provider, provider)),
  db.remove(
    connectorJobs,
    and(
      eq(connectorJobs.provider, provider),
      inArray(connectorJobs.state, ['PENDING', 'STARTED', 'PROGRESS']),
      isNull(connectorJobs.claimSealed),
    ),
  ),
]

export const integrationsOf = (db: TenantDb, source: string) =>
  db
    .select(integrations, and(eq(integrations.source, source), isNull(integrations.deletedAt)))
    .orderBy(asc(integrations.createdAt))
    .limit(100)

export const switchIntegrations = (db: TenantDb, ids: readonly string[], enabled: boolean, now: number) =>
  db.update(
    integrations,
    { enabled, updatedAt: now },
    and(inArray(integrations.id, [...ids]), isNull(integrations.deletedAt)),
  )

/** The role that a member has now. */
export const roleOf = (db: TenantDb, userId: string) =>
  db.pick({ role: users.role }, users, eq(users.id, userId)).limit(1)

/** Puts a data key under another master, unless the secret was replaced meanwhile. */
export const rewrapSecret = (
  db: TenantDb,
  secret: SecretRow,
  key: Pick<SecretRow, 'kid' | 'wrappedDek' | 'dekIv'>,
) =>
  db.update(
    connectionSecrets,
    key,
    and(
      eq(connectionSecrets.connectionId, secret.connectionId),
      eq(connectionSecrets.purpose, secret.purpose),
      eq(connectionSecrets.version, secret.version),
      eq(connectionSecrets.wrappedDek, secret.wrappedDek),
    ),
  )

/** The same for the signing secrets of an integration. */
export const rewrapSigningSecrets = (
  db: TenantDb,
  known: IntegrationRow,
  changes: Pick<IntegrationRow, 'signingSecret' | 'previousSigningSecret'>,
) =>
  db.update(
    integrations,
    changes,
    and(
      eq(integrations.id, known.id),
      sql`${integrations.signingSecret} IS ${known.signingSecret}`,
      sql`${integrations.previousSigningSecret} IS ${known.previousSigningSecret}`,
    ),
  )
