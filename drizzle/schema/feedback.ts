import { foreignKey, index, sqliteTable, text, uniqueIndex } from 'drizzle-orm/sqlite-core'
import { createdAt, id, json, orgId } from './columns'
import { incidents } from './incidents'
import { FEEDBACK_TYPES } from './values'

/** What a user thought of an analysis: once per incident, never changed. */
export const incidentFeedback = sqliteTable(
  'incident_feedback',
  {
    id: id(),
    orgId: orgId(),
    userId: text().notNull(),
    incidentId: text().notNull(),
    feedbackType: text({ enum: FEEDBACK_TYPES }).notNull(),
    comment: text(),
    createdAt: createdAt(),
  },
  (t) => [
    foreignKey({ columns: [t.orgId, t.incidentId], foreignColumns: [incidents.orgId, incidents.id] }),
    uniqueIndex('feedback_once').on(t.userId, t.incidentId),
    index('feedback_incident').on(t.incidentId),
    index('feedback_newest').on(t.orgId, t.createdAt),
  ],
)

/** What later investigations may learn from an analysis that was helpful. */
export const learningRecords = sqliteTable(
  'learning_records',
  {
    id: id(),
    orgId: orgId(),
    feedbackId: text()
      .notNull()
      .unique()
      .references(() => incidentFeedback.id),
    incidentId: text().notNull(),
    payload: json<Readonly<Record<string, unknown>>>().notNull(),
    createdAt: createdAt(),
  },
  (t) => [
    foreignKey({ columns: [t.orgId, t.incidentId], foreignColumns: [incidents.orgId, incidents.id] }),
    index('learning_incident').on(t.incidentId),
  ],
)
