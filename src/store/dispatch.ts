/** What queues and the sweep do before a tenant is known: claim rows by their id, and find rows that got stuck. */
import { and, eq, inArray, isNotNull, isNull, lt, lte, or, sql } from 'drizzle-orm'
import {
  alerts,
  chatSessions,
  incidents,
  ingestBodies,
  ingestDeliveries,
  integrations,
  outbox,
  runs,
} from '../../drizzle/schema'
import { newId } from '../lib/ids'
import { MINUTE, SECOND } from '../lib/time'
import { openDatabase, type Database } from './db'

/** A delivery that this consumer holds for a minute, with what normalisation needs. */
export interface ClaimedDelivery {
  readonly id: string
  readonly orgId: string
  readonly integrationId: string
  readonly source: string
  readonly receivedAt: number
  readonly attempts: number
  readonly authenticity: 'signature' | 'token' | 'session' | 'none'
  readonly headers: Readonly<Record<string, string>>
  readonly settings: Readonly<Record<string, unknown>>
  readonly body: string | null
}

/** A vendor's "send a test" delivery. */
export interface SenderTest {
  /** Its receipt, ms since the epoch. */
  readonly at: number
  readonly verificationToken: string | null
}

const LEASE = MINUTE
/** The words of the partial index over unfinished deliveries, without which it is not used. */
const PENDING = sql`${ingestDeliveries.state} IN ('received', 'processing')`
/** A delivery whose holder died this often is what kills them. */
const MOST_CRASHES = 20
const some = (ids: readonly string[]) => sql`(SELECT value FROM json_each(${JSON.stringify(ids)}))`

/** Claims and findings across all organisations. */
export class Dispatch {
  private readonly db: Database

  constructor(d1: D1Database) {
    this.db = openDatabase(d1)
  }

  /** Claims those of the deliveries that nobody holds and that are due, oldest first. One round trip. */
  async claimDeliveries(ids: readonly string[], now: number): Promise<readonly ClaimedDelivery[]> {
    const leaseOwner = newId(now)
    const [, claimed] = await this.db.batch([
      this.db
        .update(ingestDeliveries)
        .set({
          state: 'processing',
          attempts: sql`${ingestDeliveries.attempts} + 1`,
          leaseOwner,
          leaseUntil: now + LEASE,
        })
        .where(
          and(
            sql`${ingestDeliveries.id} IN ${some(ids)}`,
            eq(ingestDeliveries.state, 'received'),
            or(isNull(ingestDeliveries.notBefore), lte(ingestDeliveries.notBefore, now)),
          ),
        ),
      this.db
        .select({
          id: ingestDeliveries.id,
          orgId: ingestDeliveries.orgId,
          integrationId: ingestDeliveries.integrationId,
          source: ingestDeliveries.source,
          receivedAt: ingestDeliveries.receivedAt,
          attempts: ingestDeliveries.attempts,
          authenticity: ingestDeliveries.authenticity,
          headers: ingestDeliveries.headers,
          settings: integrations.settings,
          body: ingestBodies.body,
        })
        .from(ingestDeliveries)
        .innerJoin(integrations, eq(integrations.id, ingestDeliveries.integrationId))
        .leftJoin(ingestBodies, eq(ingestBodies.deliveryId, ingestDeliveries.id))
        .where(
          and(
            sql`${ingestDeliveries.id} IN ${some(ids)}`,
            eq(ingestDeliveries.state, 'processing'),
            eq(ingestDeliveries.leaseOwner, leaseOwner),
          ),
        )
        .orderBy(ingestDeliveries.id),
    ])
    return claimed
  }

  /** Remembers a vendor's test delivery, and the token in it for whoever enters that in the vendor's settings. */
  async noteTest(integrationId: string, { at, verificationToken: token }: SenderTest): Promise<void> {
    const settings = sql`json_set(${integrations.settings}, '$.verificationToken', ${token})`
    // Whoever changes the settings at the same time has to read them again.
    const updatedAt = sql`max(${integrations.updatedAt} + 1, CAST(${at} AS INTEGER))`
    await this.db
      .update(integrations)
      .set({ lastTestAt: at, ...(token === null ? {} : { settings, updatedAt }) })
      .where(eq(integrations.id, integrationId))
  }

  /** Gives deliveries back for a later try. */
  async releaseDeliveries(ids: readonly string[], notBefore: number, lastError: string): Promise<void> {
    await this.db
      .update(ingestDeliveries)
      .set({ state: 'received', leaseUntil: null, notBefore, lastError })
      .where(and(sql`${ingestDeliveries.id} IN ${some(ids)}`, eq(ingestDeliveries.state, 'processing')))
  }

  /** Puts deliveries where a person looks for them, with a reason. Finished ones stay as they are. */
  async buryDeliveries(ids: readonly string[], reason: string, lastError: string): Promise<void> {
    await this.db
      .update(ingestDeliveries)
      .set({ state: 'dead', leaseUntil: null, reason, lastError })
      .where(
        and(
          sql`${ingestDeliveries.id} IN ${some(ids)}`,
          inArray(ingestDeliveries.state, ['received', 'processing']),
        ),
      )
  }

  /** Frees deliveries whose holder died and finds those that no message speaks of any more. */
  async stuckDeliveries(now: number, limit: number): Promise<readonly string[]> {
    const [, rows] = await this.db.batch([
      this.db
        .update(ingestDeliveries)
        .set({
          state: sql`CASE WHEN ${ingestDeliveries.attempts} < ${MOST_CRASHES} THEN 'received' ELSE 'dead' END`,
          reason: sql`CASE WHEN ${ingestDeliveries.attempts} < ${MOST_CRASHES} THEN ${ingestDeliveries.reason} ELSE 'retries_exhausted' END`,
          leaseUntil: null,
        })
        .where(and(PENDING, eq(ingestDeliveries.state, 'processing'), lt(ingestDeliveries.leaseUntil, now))),
      this.db
        .select({ id: ingestDeliveries.id })
        .from(ingestDeliveries)
        .where(
          and(
            PENDING,
            eq(ingestDeliveries.state, 'received'),
            lt(ingestDeliveries.receivedAt, now - MINUTE),
            or(isNull(ingestDeliveries.notBefore), lte(ingestDeliveries.notBefore, now)),
          ),
        )
        .orderBy(ingestDeliveries.receivedAt)
        .limit(limit),
    ])
    return rows.map(({ id }) => id)
  }

  /** Where a run belongs; null when there is no such run. */
  async findRun(runId: string) {
    const [row] = await this.db
      .select({
        orgId: runs.orgId,
        kind: runs.kind,
        sessionId: runs.sessionId,
        state: runs.state,
        lastSeq: chatSessions.lastSeq,
      })
      .from(runs)
      .leftJoin(chatSessions, eq(chatSessions.id, runs.sessionId))
      .where(eq(runs.id, runId))
      .limit(1)
    return row ?? null
  }

  /** Nobody need be sent for this run any more. */
  async finishRunEffect(runId: string, now: number): Promise<void> {
    await this.db
      .update(outbox)
      .set({ doneAt: now })
      .where(and(eq(outbox.dedupeKey, `run:${runId}`), isNull(outbox.doneAt)))
  }

  /** Runs that are due and that no message or live lease speaks of, and marks them as sent. */
  async stuckRuns(now: number, limit: number): Promise<readonly string[]> {
    const rows = await this.db
      .update(runs)
      .set({ lastEnqueuedAt: now })
      .where(
        sql`${runs.id} IN (SELECT id FROM runs WHERE state IN ('queued', 'leased', 'running') AND (
            (state = 'queued' AND COALESCE(not_before, 0) <= ${now} AND COALESCE(last_enqueued_at, 0) < ${now - MINUTE})
            OR (state IN ('leased', 'running') AND COALESCE(lease_expires_at, 0) < ${now} AND COALESCE(last_enqueued_at, 0) < ${now - 30 * SECOND})
          ) ORDER BY created_at LIMIT ${limit})`,
      )
      .returning({ id: runs.id })
    return rows.map(({ id }) => id)
  }

  /** Effects that are due, with when they will be tried again if this try is lost. */
  async dueEffects(now: number, limit: number) {
    return this.db
      .update(outbox)
      .set({
        attempts: sql`${outbox.attempts} + 1`,
        nextAt: sql`${now + MINUTE} + ${outbox.attempts} * ${MINUTE}`,
      })
      .where(
        sql`${outbox.id} IN (SELECT id FROM outbox WHERE done_at IS NULL AND next_at <= ${now} ORDER BY next_at LIMIT ${limit})`,
      )
      .returning({ id: outbox.id, orgId: outbox.orgId, kind: outbox.kind, payload: outbox.payload })
  }

  /** Organisations with open alerts whose time ran out. */
  async organisationsWithExpiredAlerts(now: number): Promise<readonly string[]> {
    const rows = await this.db
      .selectDistinct({ orgId: alerts.orgId })
      .from(alerts)
      .where(and(isNotNull(alerts.expiresAt), lte(alerts.expiresAt, now), sql`${alerts.state} <> 'resolved'`))
      .limit(100)
    return rows.map(({ orgId }) => orgId)
  }

  /** Organisations with joins that ought to have been told by `before`, ms. */
  async organisationsWithJoinsDue(before: number): Promise<readonly string[]> {
    const rows = await this.db
      .selectDistinct({ orgId: incidents.orgId })
      .from(incidents)
      .where(and(isNotNull(incidents.joinsDueAt), lte(incidents.joinsDueAt, before)))
      .limit(100)
    return rows.map(({ orgId }) => orgId)
  }

  /** Whether anything is under way that a sweep may have to pick up again. */
  async somethingPending(): Promise<boolean> {
    const [row] = await this.db.all<{ pending: number }>(
      sql`SELECT EXISTS (SELECT 1 FROM ingest_deliveries WHERE state IN ('received', 'processing'))
        OR EXISTS (SELECT 1 FROM runs WHERE state IN ('queued', 'leased', 'running'))
        OR EXISTS (SELECT 1 FROM outbox WHERE done_at IS NULL)
        OR EXISTS (SELECT 1 FROM incidents WHERE joins_due_at IS NOT NULL)
        OR EXISTS (SELECT 1 FROM alerts WHERE expires_at IS NOT NULL AND state <> 'resolved') AS pending`,
    )
    return row?.pending === 1
  }
}
