import { sql } from 'drizzle-orm'
import { index, integer, primaryKey, sqliteTable, text, uniqueIndex } from 'drizzle-orm/sqlite-core'
import { createdAt, flag, id, json, orgId, time, updatedAt } from './columns'

export const CONNECTION_STATUSES = ['connected', 'error', 'not_connected'] as const
export const JOB_STATES = ['PENDING', 'STARTED', 'PROGRESS', 'SUCCESS', 'FAILURE'] as const

/** One account at a vendor. The row outlives a disconnect as identifiers only; its secret does not. */
export const connections = sqliteTable(
  'connections',
  {
    id: id(),
    orgId: orgId(),
    /** Who connected; gives no right of its own. */
    userId: text().notNull(),
    provider: text().notNull(),
    accountId: text().notNull(),
    accountName: text().notNull(),
    method: text().notNull(),
    multiAccount: flag(),
    status: text({ enum: CONNECTION_STATUSES }).notNull(),
    statusReason: text(),
    /** What status may show. */
    publicJson: json<Readonly<Record<string, unknown>>>().notNull().default({}),
    region: text(),
    roleArn: text(),
    readOnlyRoleArn: text(),
    workspaceId: text(),
    /** The connection that holds the secret, where several products share one grant. */
    parentId: text(),
    secretVersion: integer().notNull().default(1),
    expiresAt: time(),
    lastVerifiedAt: time(),
    /** Integrations that a disconnect switched off, to be switched on again by a reconnect. */
    disabledIntegrations: json<readonly string[]>().notNull().default([]),
    /** When a status call last asked the vendor. */
    checkedAt: time(),
    createdAt: createdAt(),
    updatedAt: updatedAt(),
  },
  (t) => [
    uniqueIndex('connections_account').on(t.orgId, t.provider, t.accountId),
    uniqueIndex('connections_single')
      .on(t.orgId, t.provider)
      .where(sql`multi_account = 0 AND status IN ('connected', 'error')`),
    // An installation of the GitHub App belongs to one organisation at a time.
    uniqueIndex('connections_installation')
      .on(t.accountId)
      .where(sql`provider = 'github' AND method = 'api_key' AND status IN ('connected', 'error')`),
    index('connections_verified')
      .on(t.lastVerifiedAt)
      .where(sql`status = 'connected'`),
  ],
)

/** Sealed credentials: an envelope a row, bound to organisation, provider, connection, purpose and version. */
export const connectionSecrets = sqliteTable(
  'connection_secrets',
  {
    connectionId: text()
      .notNull()
      .references(() => connections.id),
    orgId: orgId(),
    provider: text().notNull(),
    purpose: text().notNull(),
    version: integer().notNull(),
    kid: text().notNull(),
    wrappedDek: text().notNull(),
    dekIv: text().notNull(),
    iv: text().notNull(),
    ciphertext: text().notNull(),
    updatedAt: updatedAt(),
  },
  (t) => [primaryKey({ columns: [t.connectionId, t.purpose] }), index('connection_secrets_kid').on(t.kid)],
)

/** Which of a vendor's resources the organisation chose. */
export const connectionSelections = sqliteTable(
  'connection_selections',
  {
    connectionId: text()
      .notNull()
      .references(() => connections.id),
    orgId: orgId(),
    resourceId: text().notNull(),
    resourceName: text(),
    resourceType: text(),
    enabled: flag(),
    isRoot: flag().default(false),
  },
  (t) => [
    primaryKey({ columns: [t.connectionId, t.resourceId] }),
    uniqueIndex('connection_selections_root')
      .on(t.connectionId)
      .where(sql`is_root = 1`),
  ],
)

/** Logins under way. The state itself is never stored; consuming a row deletes it. */
export const oauthStates = sqliteTable(
  'oauth_states',
  {
    stateHash: text().primaryKey(),
    provider: text().notNull(),
    userId: text().notNull(),
    orgId: orgId(),
    redirectUri: text().notNull(),
    verifierSealed: text().notNull(),
    nonceHash: text(),
    browserHash: text().notNull(),
    endpoint: text(),
    redirectAfter: text(),
    extraJson: json<Readonly<Record<string, unknown>>>().notNull().default({}),
    expiresAt: integer().notNull(),
  },
  (t) => [index('oauth_states_user').on(t.userId, t.expiresAt), index('oauth_states_end').on(t.expiresAt)],
)

/** Slow work for a connection, and logins whose browser was not proved: their tokens wait here, sealed, to be claimed. */
export const connectorJobs = sqliteTable(
  'connector_jobs',
  {
    /** UUID v4: for an unclaimed login it is the ticket. */
    id: text().primaryKey(),
    orgId: orgId(),
    userId: text().notNull(),
    connectionId: text(),
    provider: text().notNull(),
    kind: text().notNull(),
    state: text({ enum: JOB_STATES }).notNull().default('PENDING'),
    step: integer().notNull().default(0),
    totalSteps: integer().notNull().default(0),
    progress: integer().notNull().default(0),
    statusText: text(),
    propagationJson: json<Readonly<Record<string, unknown>>>(),
    inputJson: json<Readonly<Record<string, unknown>>>().notNull().default({}),
    resultJson: json<Readonly<Record<string, unknown>>>(),
    errorCode: text(),
    attempts: integer().notNull().default(0),
    leaseUntil: time(),
    lastEnqueuedAt: time(),
    claimSealed: text(),
    claimExpiresAt: time(),
    claimedAt: time(),
    createdAt: createdAt(),
    updatedAt: updatedAt(),
  },
  (t) => [
    index('connector_jobs_open')
      .on(t.updatedAt)
      .where(sql`state IN ('PENDING', 'STARTED', 'PROGRESS')`),
    index('connector_jobs_claims')
      .on(t.claimExpiresAt)
      .where(sql`claim_sealed IS NOT NULL`),
    index('connector_jobs_connection').on(t.connectionId),
    index('connector_jobs_age').on(t.createdAt),
  ],
)
