/** Runs: claiming, guarding, and reading what a step needs. */
import { and, asc, count, desc, eq, gt, inArray, isNull, lt, or, sql } from 'drizzle-orm'
import { evidence, incidents, outbox, runContextUpdates, runMessages, runs } from '../../drizzle/schema'
import { MINUTE } from '../lib/time'
import type { Lease, RunRow } from './run-rows'
import { settingsOf } from './settings'
import type { TenantDb } from './tenant-db'

/** How long a holder may be silent. */
const LEASE_MS = MINUTE

const OPEN = ['queued', 'leased', 'running'] as const

/** The effect that a new run asks for: somebody has to begin it. */
export const runEffect = (runId: string, nextAt: number) => ({
  kind: 'run' as const,
  dedupeKey: `run:${runId}`,
  payload: { runId },
  nextAt,
})

/** A new run, with its effect. */
export const insertRun = (
  db: TenantDb,
  row: Omit<typeof runs.$inferInsert, 'orgId'> & { readonly id: string; readonly createdAt: number },
) => [db.insert(runs, row), queueEffect(db, runEffect(row.id, row.createdAt))]

export const runById = (db: TenantDb, id: string) => db.select(runs, eq(runs.id, id)).limit(1)

/** An effect that follows a commit; the same key again is nothing new. */
export const queueEffect = (
  db: TenantDb,
  row: Pick<typeof outbox.$inferInsert, 'kind' | 'dedupeKey' | 'payload' | 'nextAt'>,
) => db.insert(outbox, row).onConflictDoNothing()

export const finishEffect = (db: TenantDb, dedupeKey: string, now: number) =>
  db.update(outbox, { doneAt: now }, and(eq(outbox.dedupeKey, dedupeKey), isNull(outbox.doneAt)))

/** Takes the run for `owner`, who may always take it again from itself. No row: finished, cancelled, not due, or held by another. */
export const claimRun = (db: TenantDb, runId: string, owner: string, now: number) =>
  db
    .update(
      runs,
      {
        state: 'leased',
        leaseOwner: owner,
        leaseEpoch: sql`${runs.leaseEpoch} + 1`,
        leaseExpiresAt: now + LEASE_MS,
        heartbeatAt: now,
        startedAt: sql`coalesce(${runs.startedAt}, ${now})`,
        attempt: sql`${runs.attempt} + 1`,
        stalledClaims: sql`${runs.stalledClaims} + 1`,
      },
      and(
        eq(runs.id, runId),
        inArray(runs.state, [...OPEN]),
        isNull(runs.cancelRequestedAt),
        sql`coalesce(${runs.notBefore}, 0) <= ${now}`,
        or(isNull(runs.leaseExpiresAt), lt(runs.leaseExpiresAt, now), eq(runs.leaseOwner, owner)),
      ),
    )
    .returning()

/** The first two statements of every batch that a run writes: without the lease, nothing of the batch happens. */
export const guardRun = (
  db: TenantDb,
  { runId, epoch }: Lease,
  position: Pick<RunRow, 'step' | 'iteration' | 'checkpoint'>,
  now: number,
) => [
  db.update(
    runs,
    {
      ...position,
      state: 'running',
      heartbeatAt: now,
      leaseExpiresAt: now + LEASE_MS,
      stalledClaims: 0,
      stepFailures: 0,
    },
    held(runId, epoch),
  ),
  db.ensureChanged(),
]

const held = (runId: string, epoch: number) =>
  and(
    eq(runs.id, runId),
    eq(runs.leaseEpoch, epoch),
    inArray(runs.state, ['leased', 'running']),
    isNull(runs.cancelRequestedAt),
  )

/** Keeps the lease during a long call. No row: it was lost, or the run was cancelled. */
export const renewLease = (db: TenantDb, { runId, epoch }: Lease, now: number) =>
  db
    .update(runs, { heartbeatAt: now, leaseExpiresAt: now + LEASE_MS }, held(runId, epoch))
    .returning({ id: runs.id })

/** How often the current step failed so far. No row: the lease was lost, or the run was cancelled. */
export const failuresOf = (db: TenantDb, { runId, epoch }: Lease) =>
  db.pick({ failures: runs.stepFailures }, runs, held(runId, epoch))

/** Counts a try of the current step that failed, and keeps the lease until after the next one begins. */
export const countFailure = (
  db: TenantDb,
  { runId, epoch }: Lease,
  detail: string,
  next: number,
  now: number,
) => [
  db.update(
    runs,
    {
      stepFailures: sql`${runs.stepFailures} + 1`,
      errorDetail: detail,
      heartbeatAt: now,
      leaseExpiresAt: next + LEASE_MS,
    },
    held(runId, epoch),
  ),
  db.ensureChanged(),
]

/** Ends the run; only its holder can. */
export const endRun = (
  db: TenantDb,
  { runId, epoch }: Lease,
  end: Pick<RunRow, 'state'> & Partial<RunRow>,
  now: number,
) => [
  db.update(runs, { ...end, endedAt: now, leaseExpiresAt: null, heartbeatAt: now }, held(runId, epoch)),
  db.ensureChanged(),
]

/** Evidence of an incident that a step reads, the newest. */
export const MOST_EVIDENCE = 500

/** What a step of a run looks at, in one round trip. */
export const readRunState = (
  db: TenantDb,
  run: Pick<RunRow, 'id' | 'incidentId' | 'kind'>,
  contextCursor: number,
) =>
  db.batch([
    db
      .select(evidence, eq(evidence.incidentId, run.incidentId ?? ''))
      .orderBy(desc(evidence.number))
      .limit(MOST_EVIDENCE),
    db.select(runMessages, eq(runMessages.runId, run.id)).orderBy(asc(runMessages.seq)),
    db
      .select(
        runContextUpdates,
        and(eq(runContextUpdates.incidentId, run.incidentId ?? ''), gt(runContextUpdates.seq, contextCursor)),
      )
      .orderBy(asc(runContextUpdates.seq))
      .limit(200),
    db.select(incidents, eq(incidents.id, run.incidentId ?? '')).limit(1),
    settingsOf(db),
  ])

/** News for an investigation that is not over yet; no row when it is. */
export const tellRun = (
  db: TenantDb,
  news: {
    readonly id: string
    readonly incidentId: string
    readonly runId: string
    readonly kind: string
    readonly text: string
  },
  now: number,
) =>
  db.run(
    sql`INSERT INTO run_context_updates (id, org_id, incident_id, seq, kind, text, created_at)
      SELECT ${news.id}, r.org_id, r.incident_id,
        (SELECT coalesce(max(u.seq), 0) + 1 FROM run_context_updates u WHERE u.incident_id = ${news.incidentId}), ${news.kind}, ${news.text}, ${now}
      FROM runs r WHERE r.id = ${news.runId} AND r.org_id = ${db.orgId} AND r.incident_id = ${news.incidentId} AND r.kind = 'investigation'
        AND r.state IN ('queued', 'leased', 'running') AND r.cancel_requested_at IS NULL`,
  )

// Written out, so that SQLite sees that the index of open runs covers it.
const OPEN_INDEX = sql`${runs.state} IN ('queued', 'leased', 'running')`

/** What decides whether an investigation may start now: how many are at work, and how many began lately. */
export const permitFacts = (db: TenantDb, since: number, now: number) =>
  db.batch([
    db.pick(
      { n: count() },
      runs,
      and(OPEN_INDEX, eq(runs.kind, 'investigation'), inArray(runs.state, ['leased', 'running'])),
    ),
    db
      .pick(
        { startedAt: sql<number>`${runs.startedAt}` },
        runs,
        and(
          sql`${runs.kind} = 'investigation'`,
          gt(runs.startedAt, since),
          sql`${runs.trigger} NOT IN ('manual', 'retry')`,
        ),
      )
      .orderBy(asc(runs.startedAt)),
    waitingRuns(db, now),
    settingsOf(db),
  ])

/** Queued investigations with what their order depends on, the first of the line. */
const waitingRuns = (tenant: TenantDb, now: number) =>
  tenant.join((db) =>
    db
      .select({
        id: runs.id,
        trigger: runs.trigger,
        createdAt: runs.createdAt,
        notBefore: runs.notBefore,
        checkpoint: runs.checkpoint,
        severity: incidents.severity,
        incidentStatus: incidents.status,
      })
      .from(runs)
      .innerJoin(incidents, and(eq(incidents.id, runs.incidentId), tenant.mineById(incidents)))
      .where(and(tenant.mine(runs), OPEN_INDEX, eq(runs.kind, 'investigation'), eq(runs.state, 'queued')))
      .orderBy(
        sql`CASE ${incidents.severity} WHEN 'critical' THEN 4 WHEN 'high' THEN 3 WHEN 'medium' THEN 2 WHEN 'low' THEN 1 ELSE 0 END
          + (${now} - ${runs.createdAt}) / ${10 * MINUTE} DESC`,
        asc(runs.createdAt),
      )
      .limit(500),
  )

/** Waits until a permit can exist. */
export const deferRun = (db: TenantDb, runId: string, notBefore: number) =>
  db.update(runs, { notBefore }, and(eq(runs.id, runId), eq(runs.state, 'queued')))

/** Ends a run that never began. */
export const skipRun = (db: TenantDb, runId: string, errorCode: string, now: number) =>
  db.update(runs, skipped(errorCode, now), and(eq(runs.id, runId), eq(runs.state, 'queued')))

/** What makes a run one that never began. */
export const skipped = (errorCode: string, now: number) =>
  ({ state: 'cancelled', errorCode, endedAt: now, cancelRequestedAt: now }) as const

export const runsOfIncident = (db: TenantDb, incidentId: string) =>
  db
    .select(runs, and(eq(runs.incidentId, incidentId), eq(runs.kind, 'investigation')))
    .orderBy(desc(runs.ordinal))
    .limit(100)
