import { primaryKey, sqliteTable, text } from 'drizzle-orm/sqlite-core'
import { orgId, updatedAt } from './columns'

/** What a user's pages remember: any JSON under a key. */
export const userPreferences = sqliteTable(
  'user_preferences',
  {
    orgId: orgId(),
    userId: text().notNull(),
    preferenceKey: text().notNull(),
    /** JSON text. */
    preferenceValue: text().notNull(),
    updatedAt: updatedAt(),
  },
  (t) => [primaryKey({ columns: [t.orgId, t.userId, t.preferenceKey] })],
)
