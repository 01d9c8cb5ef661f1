import { index, sqliteTable, text } from 'drizzle-orm/sqlite-core'
import { createdAt, flag, id, orgId, updatedAt } from './columns'
import { ROLES } from './values'
import { organizations } from './organizations'

export const users = sqliteTable(
  'users',
  {
    id: id(),
    orgId: orgId().references(() => organizations.id),
    /** Trimmed and lower-cased before it gets here. */
    email: text().notNull().unique(),
    passwordHash: text().notNull(),
    name: text(),
    role: text({ enum: ROLES }).notNull(),
    mustChangePassword: flag().default(false),
    createdAt: createdAt(),
    updatedAt: updatedAt(),
  },
  (t) => [index('users_org').on(t.orgId, t.createdAt)],
)
