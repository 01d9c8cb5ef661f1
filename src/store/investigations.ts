/** Investigations of an incident as people read them. */
import { and, asc, desc, eq, gt, sql } from 'drizzle-orm'
import { evidence, llmUsage, runs } from '../../drizzle/schema'
import { MINUTE } from '../lib/time'
import { Plain, plain } from './plain-sql'
import { columns } from './read'
import type { TenantDb } from './tenant-db'

/** The incident's newest investigation that succeeded. */
export const newestAnalysis = (db: TenantDb, incidentId: string) =>
  db
    .select(
      runs,
      and(eq(runs.incidentId, incidentId), eq(runs.kind, 'investigation'), eq(runs.state, 'succeeded')),
    )
    .orderBy(desc(runs.ordinal))
    .limit(1)

/** Severity rank, and a step up for every ten minutes of waiting: the order in which permits are given. */
const weight = (run: Plain, incident: Plain, now: number): Plain =>
  plain`(CASE ${incident}.severity WHEN 'critical' THEN 4 WHEN 'high' THEN 3 WHEN 'medium' THEN 2 WHEN 'low' THEN 1 ELSE 0 END
    + (CAST(${Math.floor(now)} AS INTEGER) - ${run}.created_at) / ${STEP})`

const STEP = new Plain(String(10 * MINUTE), [])

// Named in full, so that SQLite sees that the index of open runs covers it.
const queued = (run: Plain): Plain =>
  plain`${run}.state IN ('queued', 'leased', 'running') AND ${run}.state = 'queued'`

const [Q, J, R, I] = [plain`q`, plain`j`, plain`r`, plain`i`]

interface QueuePosition {
  readonly runId: string
  readonly position: number
}

const QUEUE_POSITION = columns<QueuePosition>('runId', 'position')

/** Where the incident's queued investigation stands: 1 is the next to start. Reads nothing while none is queued. */
export const queuePositionOf = (db: TenantDb, incidentId: string, now: number) =>
  db.ask(
    QUEUE_POSITION,
    plain`SELECT r.id AS runId, (
        SELECT count(*) + 1 FROM runs q JOIN incidents j ON j.id = q.incident_id AND j.org_id = q.org_id
        WHERE q.org_id = ${db.orgId} AND ${queued(Q)} AND q.kind = 'investigation' AND q.id <> r.id
          AND (${weight(Q, J, now)}, -q.created_at, r.id) > (${weight(R, I, now)}, -r.created_at, q.id)
      ) AS position
      FROM runs r JOIN incidents i ON i.id = r.incident_id AND i.org_id = r.org_id
      WHERE r.org_id = ${db.orgId} AND r.incident_id = ${incidentId} AND r.kind = 'investigation' AND ${queued(R)}`,
  )

export const investigationOf = (db: TenantDb, incidentId: string, runId: string) =>
  db
    .select(runs, and(eq(runs.id, runId), eq(runs.incidentId, incidentId), eq(runs.kind, 'investigation')))
    .limit(1)

/** Evidence after a number, in order, of one run or of all. */
export const evidencePage = (
  db: TenantDb,
  incidentId: string,
  { after, runId, limit }: { readonly after: number; readonly runId: string | null; readonly limit: number },
) =>
  db
    .select(
      evidence,
      and(
        eq(evidence.incidentId, incidentId),
        gt(evidence.number, after),
        runId === null ? undefined : eq(evidence.runId, runId),
      ),
    )
    .orderBy(asc(evidence.number))
    .limit(limit)

/** When each step of a run left something: what there is to say about how long it took. */
export const stepTimesOf = (db: TenantDb, runId: string) =>
  db.all<{ readonly step: string; readonly from: number; readonly to: number; readonly iterations: number }>(
    sql`SELECT step, min(timestamp) AS "from", max(timestamp) AS "to", max(iteration) + 1 AS iterations FROM incident_thoughts
      WHERE org_id = ${db.orgId} AND run_id = ${runId} GROUP BY step ORDER BY min(timestamp), min(seq)`,
  )

const usage = {
  model: llmUsage.modelName,
  requestCount: sql<number>`count(*)`.as('requests'),
  inputTokens: sql<number>`sum(${llmUsage.inputTokens})`.as('input'),
  outputTokens: sql<number>`sum(${llmUsage.outputTokens})`.as('output'),
  cost: sql<number>`coalesce(sum(${llmUsage.estimatedCost}), 0)`.as('cost'),
}

export const usageOfRun = (db: TenantDb, incidentId: string, runId: string) =>
  db
    .pick(usage, llmUsage, and(eq(llmUsage.incidentId, incidentId), eq(llmUsage.runId, runId)))
    .groupBy(llmUsage.modelName)
    .orderBy(llmUsage.modelName)
    .limit(100)

/** Model use of one user by model. */
export const usageOfUser = (db: TenantDb, userId: string) =>
  db
    .pick(
      {
        ...usage,
        firstUsed: sql<number>`min(${llmUsage.timestamp})`.as('first'),
        lastUsed: sql<number>`max(${llmUsage.timestamp})`.as('last'),
      },
      llmUsage,
      eq(llmUsage.userId, userId),
    )
    .groupBy(llmUsage.modelName)
    .orderBy(sql`count(*) DESC`, llmUsage.modelName)
    .limit(200)
