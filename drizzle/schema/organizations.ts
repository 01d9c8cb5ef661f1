import { integer, sqliteTable, text } from 'drizzle-orm/sqlite-core'
import { createdAt, id, json, updatedAt } from './columns'

export const organizations = sqliteTable('organizations', {
  id: id(),
  name: text().notNull(),
  slug: text().notNull().unique(),
  createdBy: text().notNull(),
  planTier: text().notNull().default('free'),
  createdAt: createdAt(),
  updatedAt: updatedAt(),
})

/** Settings that people changed; what is absent has its default. `version` moves with each change, so that objects can cache. */
export const organizationSettings = sqliteTable('organization_settings', {
  orgId: text()
    .primaryKey()
    .references(() => organizations.id),
  correlation: json<Readonly<Record<string, unknown>>>().notNull().default({}),
  investigation: json<Readonly<Record<string, unknown>>>().notNull().default({}),
  /** How long bodies of deliveries are kept; null for the default. */
  bodyRetentionDays: integer(),
  version: integer().notNull().default(1),
  topologyVersion: integer().notNull().default(1),
  /** Until when so many incidents open that they are announced together; ms. */
  stormUntil: integer(),
  updatedAt: updatedAt(),
})
