import { sql } from 'drizzle-orm'
import {
  foreignKey,
  index,
  integer,
  primaryKey,
  real,
  sqliteTable,
  text,
  uniqueIndex,
} from 'drizzle-orm/sqlite-core'
import { createdAt, id, json, orgId, time } from './columns'
import { incidents } from './incidents'
import { RUN_KINDS, RUN_STATES, RUN_TRIGGERS, VERDICTS } from './values'

/** One background job of a thread: an investigation, or the answer to a question. The row is the truth, messages are nudges. */
export const runs = sqliteTable(
  'runs',
  {
    id: id(),
    orgId: orgId(),
    kind: text({ enum: RUN_KINDS }).notNull(),
    incidentId: text(),
    sessionId: text().notNull(),
    userId: text(),
    mode: text().notNull().default('ask'),
    trigger: text({ enum: RUN_TRIGGERS }).notNull(),
    ordinal: integer().notNull().default(1),
    state: text({ enum: RUN_STATES }).notNull().default('queued'),
    attempt: integer().notNull().default(0),
    leaseOwner: text(),
    leaseEpoch: integer().notNull().default(0),
    leaseExpiresAt: time(),
    heartbeatAt: time(),
    step: text().notNull().default('context'),
    iteration: integer().notNull().default(0),
    /** Claims since the last commit that moved `step` or `iteration`; five without progress fail the run. */
    stalledClaims: integer().notNull().default(0),
    /** Tries of the current step that ended in an error, for the back-off. */
    stepFailures: integer().notNull().default(0),
    checkpoint: json<Readonly<Record<string, unknown>>>().notNull(),
    errorCode: text(),
    errorDetail: text(),
    notBefore: time(),
    lastEnqueuedAt: time(),
    cancelRequestedAt: time(),
    verdict: text({ enum: VERDICTS }),
    confidence: real(),
    analyst: text(),
    mechanism: text(),
    rootCauseService: text(),
    degraded: text(),
    budgetExhausted: text(),
    claims: json<unknown>(),
    droppedClaims: json<unknown>(),
    /** Services of the incident that this run has looked at. */
    services: json<readonly string[]>().notNull().default([]),
    createdAt: createdAt(),
    startedAt: time(),
    endedAt: time(),
  },
  (t) => [
    foreignKey({ columns: [t.orgId, t.incidentId], foreignColumns: [incidents.orgId, incidents.id] }),
    uniqueIndex('runs_open_session')
      .on(t.sessionId)
      .where(sql`state IN ('queued', 'leased', 'running')`),
    uniqueIndex('runs_open_investigation')
      .on(t.incidentId)
      .where(sql`kind = 'investigation' AND state IN ('queued', 'leased', 'running')`),
    index('runs_incident').on(t.incidentId, t.kind, t.ordinal),
    index('runs_open')
      .on(t.orgId, t.state, t.createdAt)
      .where(sql`state IN ('queued', 'leased', 'running')`),
    index('runs_starts')
      .on(t.orgId, t.startedAt)
      .where(sql`kind = 'investigation' AND started_at IS NOT NULL`),
  ],
)

/** The conversation of a run with its model, one row a message. */
export const runMessages = sqliteTable(
  'run_messages',
  {
    runId: text()
      .notNull()
      .references(() => runs.id),
    orgId: orgId(),
    seq: integer().notNull(),
    message: json<unknown>().notNull(),
  },
  (t) => [primaryKey({ columns: [t.runId, t.seq] })],
)

/** What happened to an incident while a run was at work on it. Read by a cursor, never deleted. */
export const runContextUpdates = sqliteTable(
  'run_context_updates',
  {
    id: id(),
    orgId: orgId(),
    incidentId: text().notNull(),
    seq: integer().notNull(),
    kind: text().notNull(),
    alertId: text(),
    text: text().notNull(),
    createdAt: createdAt(),
  },
  (t) => [
    foreignKey({ columns: [t.orgId, t.incidentId], foreignColumns: [incidents.orgId, incidents.id] }),
    uniqueIndex('context_updates_seq').on(t.incidentId, t.seq),
  ],
)
