import { sql } from 'drizzle-orm'
import { foreignKey, index, integer, sqliteTable, text, uniqueIndex } from 'drizzle-orm/sqlite-core'
import { createdAt, id, json, orgId, time, updatedAt } from './columns'
import type { StoredCondition } from './correlation-rules'
import { incidents } from './incidents'

/** A time in which matching incidents are neither investigated nor announced. */
export const maintenanceWindows = sqliteTable(
  'maintenance_windows',
  {
    id: id(),
    orgId: orgId(),
    name: text().notNull(),
    reason: text().notNull().default(''),
    startsAt: integer().notNull(),
    endsAt: integer().notNull(),
    match: json<readonly StoredCondition[]>().notNull(),
    /** Ends the window early when nothing matching fired for so long. */
    endWhenQuietSeconds: integer(),
    /** Receipt of the newest matching firing event. */
    lastMatchAt: time(),
    /** When the sweep noticed the start and the end; `tendedAt` is cleared when a change has to be looked at. */
    tendedAt: time(),
    endedAt: time(),
    deletedAt: time(),
    createdBy: text().notNull(),
    createdAt: createdAt(),
    updatedAt: updatedAt(),
  },
  (t) => [
    index('windows_org').on(t.orgId, t.startsAt),
    index('windows_current')
      .on(t.orgId, t.endsAt)
      .where(sql`ended_at IS NULL`),
    index('windows_unfinished')
      .on(t.startsAt)
      .where(sql`ended_at IS NULL`),
  ],
)

/** What a window hid, and how that ended. */
export const suppressedIncidents = sqliteTable(
  'suppressed_incidents',
  {
    id: id(),
    orgId: orgId(),
    windowId: text()
      .notNull()
      .references(() => maintenanceWindows.id),
    incidentId: text().notNull(),
    at: createdAt(),
    endedAt: time(),
    /** `released`: it was shown after all. `resolved`: it was over before the window ended. */
    outcome: text({ enum: ['released', 'resolved'] }),
  },
  (t) => [
    foreignKey({ columns: [t.orgId, t.incidentId], foreignColumns: [incidents.orgId, incidents.id] }),
    uniqueIndex('suppressed_once').on(t.windowId, t.incidentId),
  ],
)
