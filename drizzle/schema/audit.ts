import { sql } from 'drizzle-orm'
import { index, integer, sqliteTable, text, uniqueIndex } from 'drizzle-orm/sqlite-core'
import { createdAt, id, json, orgId } from './columns'

/**
 * Append-only, a hash chain for each organisation: a trigger numbers each row as it is inserted, sealing adds the hashes
 * afterwards. `org_id` is null only for failed logins of unknown e-mail addresses, which are in no chain.
 */
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
    /** From 1 on without a gap, in commit order. Set by a trigger; writers leave it alone. */
    seq: integer(),
    /** The hash of the row before, and of this one; null until the row is sealed. */
    prevHash: text(),
    hash: text(),
  },
  (t) => [
    index('audit_org').on(t.orgId, t.at),
    uniqueIndex('audit_seq').on(t.orgId, t.seq),
    index('audit_event').on(t.orgId, t.event, t.seq),
    index('audit_actor').on(t.orgId, t.actor, t.seq),
  ],
)

/** Where each chain ends: without it, rows cut off at its end would not be missed. */
export const auditHeads = sqliteTable(
  'audit_heads',
  {
    orgId: orgId().primaryKey(),
    lastSeq: integer().notNull(),
    sealedSeq: integer().notNull().default(0),
    sealedHash: text().notNull().default(''),
  },
  (t) => [
    index('audit_heads_unsealed')
      .on(t.orgId)
      .where(sql`sealed_seq < last_seq`),
  ],
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
