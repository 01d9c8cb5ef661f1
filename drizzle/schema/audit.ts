import { index, sqliteTable, text } from 'drizzle-orm/sqlite-core'
import { createdAt, id, json, orgId } from './columns'

/** Append-only. `org_id` is null only for failed logins of unknown e-mail addresses. */
export const auditLog = sqliteTable(
  'audit_log',
  {
    id: id(),
    orgId: text(),
    /** User id, or `system`. */
    actor: text(),
    event: text().notNull(),
    subject: text(),
    before: json<unknown>(),
    after: json<unknown>(),
    at: createdAt(),
  },
  (t) => [index('audit_org').on(t.orgId, t.at)],
)

/** What happened to an incident, for people and postmortems. Append-only; the dedupe key makes an effect write one row. */
export const lifecycleEvents = sqliteTable(
  'lifecycle_events',
  {
    id: id(),
    orgId: orgId(),
    incidentId: text().notNull(),
    actor: text(),
    event: text().notNull(),
    details: json<Readonly<Record<string, unknown>>>().notNull().default({}),
    dedupeKey: text().unique(),
    at: createdAt(),
  },
  (t) => [index('lifecycle_incident').on(t.incidentId, t.at)],
)
