import { foreignKey, index, integer, sqliteTable, text, uniqueIndex } from 'drizzle-orm/sqlite-core'
import { createdAt, id, orgId, time, updatedAt } from './columns'
import { incidents } from './incidents'
import { POSTMORTEM_ORIGINS, POSTMORTEM_STATES } from './values'

/** The postmortem of an incident as it is read; `state` is that of its newest generation. */
export const postmortems = sqliteTable(
  'postmortems',
  {
    id: id(),
    orgId: orgId(),
    incidentId: text().notNull(),
    /** Who wrote the current content; null when we did. */
    userId: text(),
    state: text({ enum: POSTMORTEM_STATES }).notNull(),
    /** The newest generation and when it was asked for. */
    runId: text(),
    requestedAt: integer().notNull(),
    content: text(),
    /** The version that `content` is. */
    version: integer().notNull().default(0),
    generatedAt: time(),
    updatedAt: updatedAt(),
    confluencePageId: text(),
    confluencePageUrl: text(),
    confluenceExportedAt: time(),
  },
  (t) => [
    foreignKey({ columns: [t.orgId, t.incidentId], foreignColumns: [incidents.orgId, incidents.id] }),
    uniqueIndex('postmortems_incident').on(t.incidentId),
    index('postmortems_list').on(t.orgId, t.generatedAt, t.id),
  ],
)

/** Every text that a postmortem ever had. Append-only. */
export const postmortemVersions = sqliteTable(
  'postmortem_versions',
  {
    id: id(),
    orgId: orgId(),
    incidentId: text().notNull(),
    version: integer().notNull(),
    content: text().notNull(),
    origin: text({ enum: POSTMORTEM_ORIGINS }).notNull(),
    /** Null when we wrote it. */
    userId: text(),
    createdAt: createdAt(),
  },
  (t) => [
    foreignKey({ columns: [t.orgId, t.incidentId], foreignColumns: [incidents.orgId, incidents.id] }),
    uniqueIndex('postmortem_versions_number').on(t.incidentId, t.version),
  ],
)
