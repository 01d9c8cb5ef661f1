import { index, sqliteTable, text } from 'drizzle-orm/sqlite-core'
import { createdAt, id, orgId, time } from './columns'
import { TOKEN_SCOPES } from './values'

/** Personal access tokens, for scripts. Stored as SHA-256; what they may do follows the role of their owner. */
export const accessTokens = sqliteTable(
  'access_tokens',
  {
    id: id(),
    orgId: orgId(),
    userId: text().notNull(),
    name: text().notNull(),
    scope: text({ enum: TOKEN_SCOPES }).notNull(),
    tokenHash: text().notNull().unique(),
    tokenSuffix: text().notNull(),
    /** Null: until it is revoked. */
    expiresAt: time(),
    revokedAt: time(),
    createdAt: createdAt(),
  },
  (t) => [index('access_tokens_user').on(t.orgId, t.userId, t.createdAt)],
)
