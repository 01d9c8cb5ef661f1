import { sql } from 'drizzle-orm'
import { index, integer, sqliteTable, text, uniqueIndex } from 'drizzle-orm/sqlite-core'
import { createdAt, id, orgId, time } from './columns'
import { INVITATION_STATES, ROLES } from './values'

/** Invitations of existing users into an organisation. The token is stored as SHA-256; a pending one expires. */
export const invitations = sqliteTable(
  'invitations',
  {
    id: id(),
    orgId: orgId(),
    /** Trimmed and lower-cased before it gets here. */
    email: text().notNull(),
    role: text({ enum: ROLES }).notNull(),
    tokenHash: text().notNull().unique(),
    state: text({ enum: INVITATION_STATES }).notNull().default('pending'),
    invitedBy: text().notNull(),
    expiresAt: integer().notNull(),
    decidedAt: time(),
    createdAt: createdAt(),
  },
  (t) => [
    index('invitations_org').on(t.orgId, t.createdAt),
    uniqueIndex('invitations_pending')
      .on(t.orgId, t.email)
      .where(sql`state = 'pending'`),
  ],
)
