import { sql } from 'drizzle-orm'
import { foreignKey, index, integer, sqliteTable, text, uniqueIndex } from 'drizzle-orm/sqlite-core'
import { createdAt, flag, id, orgId, time } from './columns'
import { incidents } from './incidents'
import { EVIDENCE_STATUSES, TRUSTS } from './values'

/** What a tool found, redacted, numbered per incident by us and never changed. Summaries and answers cite these numbers. */
export const evidence = sqliteTable(
  'evidence',
  {
    id: id(),
    orgId: orgId(),
    incidentId: text().notNull(),
    runId: text().notNull(),
    number: integer().notNull(),
    toolCallKey: text().notNull(),
    tool: text().notNull(),
    command: text().notNull(),
    url: text(),
    output: text().notNull(),
    outputSha256: text().notNull(),
    truncated: flag().default(false),
    status: text({ enum: EVIDENCE_STATUSES }).notNull(),
    trust: text({ enum: TRUSTS }).notNull(),
    errorCode: text(),
    executedAt: integer().notNull(),
    durationMs: integer().notNull().default(0),
    /** When the published summary began to cite it; null while it does not. */
    citedAt: time(),
    createdAt: createdAt(),
  },
  (t) => [
    foreignKey({ columns: [t.orgId, t.incidentId], foreignColumns: [incidents.orgId, incidents.id] }),
    uniqueIndex('evidence_number').on(t.incidentId, t.number),
    uniqueIndex('evidence_once').on(t.runId, t.toolCallKey),
    index('evidence_hash').on(t.orgId, t.outputSha256),
    index('evidence_cited')
      .on(t.incidentId, t.number)
      .where(sql`cited_at IS NOT NULL`),
  ],
)
