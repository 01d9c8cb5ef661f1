import { index, integer, sqliteTable, text, uniqueIndex } from 'drizzle-orm/sqlite-core'
import { id, json, orgId } from './columns'

/** What was kept from doing harm: quarantined text, refused addresses, refused tools. Written once per key. */
export const securityEvents = sqliteTable(
  'security_events',
  {
    id: id(),
    orgId: orgId(),
    kind: text().notNull(),
    incidentId: text(),
    runId: text(),
    /** Where it was found: a tool's name, `incident`, `question`. */
    place: text().notNull(),
    rules: json<readonly string[]>().notNull().default([]),
    /** Our own words; never the text that was found. */
    detail: text().notNull(),
    dedupeKey: text().notNull(),
    at: integer().notNull(),
  },
  (t) => [
    uniqueIndex('security_events_once').on(t.orgId, t.dedupeKey),
    index('security_events_at').on(t.orgId, t.at, t.id),
  ],
)
