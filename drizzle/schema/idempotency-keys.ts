import { index, integer, primaryKey, sqliteTable, text } from 'drizzle-orm/sqlite-core'
import { createdAt, orgId } from './columns'
import { IDEMPOTENCY_STATES } from './values'

/** Answers kept for a day, so that a client that did not hear one may ask again without doing things twice. */
export const idempotencyKeys = sqliteTable(
  'idempotency_keys',
  {
    orgId: orgId(),
    userId: text().notNull(),
    path: text().notNull(),
    key: text().notNull(),
    /** SHA-256 of query string and body, hex. */
    bodyHash: text().notNull(),
    state: text({ enum: IDEMPOTENCY_STATES }).notNull(),
    /** Names the request that holds the key. */
    claim: text().notNull(),
    status: integer(),
    /** The answer's body, sealed: some answers show a secret once. */
    response: text(),
    createdAt: createdAt(),
  },
  (t) => [
    primaryKey({ columns: [t.orgId, t.userId, t.path, t.key] }),
    index('idempotency_age').on(t.createdAt),
  ],
)
