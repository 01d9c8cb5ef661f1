/** Agents inside Kubernetes clusters: the tokens they dial in with, and when each was last there. */
import { sql } from 'drizzle-orm'
import { index, integer, sqliteTable, text, uniqueIndex } from 'drizzle-orm/sqlite-core'
import { createdAt, id, orgId, time } from './columns'

export const AGENT_TOKEN_STATUSES = ['active', 'revoked'] as const

/** A cluster as it was registered. The token itself is never stored. */
export const agentTokens = sqliteTable(
  'agent_tokens',
  {
    id: id(),
    orgId: orgId(),
    userId: text().notNull(),
    /** SHA-256, hex. */
    tokenHash: text().notNull(),
    preview: text().notNull(),
    /** Fixed here: an agent does not choose which cluster it is. */
    clusterId: text().notNull(),
    clusterName: text().notNull(),
    notes: text(),
    status: text({ enum: AGENT_TOKEN_STATUSES }).notNull().default('active'),
    expiresAt: time(),
    lastConnectedAt: time(),
    /** The token that a rotation replaced, until its successor is used. */
    previousHash: text(),
    previousUntil: time(),
    createdAt: createdAt(),
  },
  (t) => [
    uniqueIndex('agent_tokens_hash').on(t.tokenHash),
    uniqueIndex('agent_tokens_cluster').on(t.clusterId),
    index('agent_tokens_previous')
      .on(t.previousHash)
      .where(sql`previous_hash IS NOT NULL`),
    index('agent_tokens_org').on(t.orgId, t.createdAt),
  ],
)

/** The last visit of each cluster's agent. Whether it is there now is known by its object alone. */
export const agentConnections = sqliteTable(
  'agent_connections',
  {
    clusterId: text().primaryKey(),
    tokenId: text()
      .notNull()
      .references(() => agentTokens.id),
    orgId: orgId(),
    connectedAt: integer().notNull(),
    lastHeartbeat: integer().notNull(),
    agentVersion: text(),
    k8sContext: text(),
    disconnectedAt: time(),
  },
  (t) => [index('agent_connections_org').on(t.orgId, t.connectedAt)],
)
