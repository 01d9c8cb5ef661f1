import { sql } from 'drizzle-orm'
import { index, sqliteTable, text, uniqueIndex } from 'drizzle-orm/sqlite-core'
import { createdAt, flag, id, json, orgId, time, updatedAt } from './columns'
import { organizations } from './organizations'
import { VERIFICATIONS } from './values'

/** One configured sender of one organisation. Tokens are stored as SHA-256, signing secrets sealed. */
export const integrations = sqliteTable(
  'integrations',
  {
    id: id(),
    orgId: orgId().references(() => organizations.id),
    source: text().notNull(),
    name: text().notNull(),
    enabled: flag().default(true),
    verification: text({ enum: VERIFICATIONS }).notNull(),
    ingestTokenHash: text().notNull().unique(),
    tokenSuffix: text().notNull(),
    previousTokenHash: text().unique(),
    previousTokenExpiresAt: time(),
    signingSecret: text(),
    previousSigningSecret: text(),
    previousSigningSecretExpiresAt: time(),
    settings: json<Readonly<Record<string, unknown>>>().notNull().default({}),
    /** Receipt of the vendor's last test delivery. */
    lastTestAt: time(),
    createdBy: text().notNull(),
    deletedAt: time(),
    createdAt: createdAt(),
    updatedAt: updatedAt(),
  },
  (t) => [
    uniqueIndex('integrations_name')
      .on(t.orgId, t.source, t.name)
      .where(sql`deleted_at IS NULL`),
    index('integrations_org').on(t.orgId, t.createdAt),
  ],
)
