import { index, integer, primaryKey, sqliteTable, text, uniqueIndex } from 'drizzle-orm/sqlite-core'
import { createdAt, id, orgId, time } from './columns'
import { CHANGE_KINDS } from './values'

/** A deployment or another change of the system, told by a sender or through the API. */
export const changeEvents = sqliteTable(
  'change_events',
  {
    id: id(),
    orgId: orgId(),
    /** Who told: the integration, or `api`. */
    integrationId: text().notNull(),
    kind: text({ enum: CHANGE_KINDS }).notNull(),
    provider: text().notNull(),
    job: text().notNull(),
    build: text().notNull(),
    title: text().notNull(),
    service: text(),
    environment: text(),
    result: text(),
    commit: text(),
    branch: text(),
    repository: text(),
    author: text(),
    url: text(),
    /** Of the pipeline that made the change, to find it in a tracing tool. */
    traceId: text(),
    startedAt: time(),
    finishedAt: integer().notNull(),
    createdAt: createdAt(),
  },
  (t) => [
    uniqueIndex('changes_once').on(t.orgId, t.integrationId, t.job, t.build),
    index('changes_time').on(t.orgId, t.finishedAt),
    index('changes_service').on(t.orgId, t.service, t.finishedAt),
  ],
)

/** `from_service` depends on (calls) `to_service`. Names are trimmed and lower-cased. */
export const serviceEdges = sqliteTable(
  'service_edges',
  {
    orgId: orgId(),
    fromService: text().notNull(),
    toService: text().notNull(),
    type: text().notNull().default('dependency'),
    createdAt: createdAt(),
  },
  (t) => [
    primaryKey({ columns: [t.orgId, t.fromService, t.toService] }),
    index('edges_to').on(t.orgId, t.toService),
  ],
)
