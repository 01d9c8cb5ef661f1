/** How sure analyses were, beside what people thought of them. */
import { sql } from 'drizzle-orm'
import type { VERDICTS } from '../../drizzle/schema/values'
import type { TenantDb } from './tenant-db'

/** Judgements that are looked at, the newest first: the cost does not grow with what is older. */
const MOST = 1000

export interface Band {
  readonly verdict: (typeof VERDICTS)[number]
  readonly judged: number
  readonly helpful: number
  /** Means over the judgements, from 0 to 1. */
  readonly confidence: number
  readonly squaredError: number
}

/** One row for each verdict that was judged. A judgement is about the last analysis that was out when it was given. */
export const calibrationOf = (db: TenantDb) =>
  db.all<Band>(sql`
    SELECT r.verdict, count(*) AS judged, sum(j.helpful) AS helpful, avg(r.confidence) AS confidence,
      avg((r.confidence - j.helpful) * (r.confidence - j.helpful)) AS squaredError
    FROM (
      SELECT f.org_id, f.feedback_type = 'helpful' AS helpful, (
        SELECT a.id FROM runs a
        WHERE a.incident_id = f.incident_id AND a.kind = 'investigation' AND a.state = 'succeeded' AND a.ended_at <= f.created_at
        ORDER BY a.ordinal DESC LIMIT 1
      ) AS run_id
      FROM incident_feedback f WHERE f.org_id = ${db.orgId} ORDER BY f.created_at DESC LIMIT ${sql.raw(String(MOST))}
    ) j JOIN runs r ON r.id = j.run_id AND r.org_id = j.org_id
    WHERE r.verdict IS NOT NULL AND r.confidence IS NOT NULL
    GROUP BY r.verdict`)
