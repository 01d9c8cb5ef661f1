/** What a run leaves on its incident: numbered evidence, thoughts, suggestions, citations. */
import { and, eq, isNull, ne, sql } from 'drizzle-orm'
import { evidence, incidentSuggestions, runMessages } from '../../drizzle/schema'
import type { NewSuggestion } from './run-rows'
import type { TenantDb } from './tenant-db'

export interface NewEvidence {
  readonly id: string
  readonly toolCallKey: string
  readonly tool: string
  readonly command: string
  readonly output: string
  readonly outputSha256: string
  readonly truncated: boolean
  readonly status: string
  readonly trust: string
  readonly errorCode: string | null
  readonly executedAt: number
  readonly durationMs: number
}

export interface NewThought {
  readonly id: string
  readonly step: string
  readonly iteration: number
  readonly ordinal: number
  readonly content: string
  readonly type: string
}

interface Owner {
  readonly incidentId: string
  readonly runId: string
}

/** Mints the next numbers of the incident for these results, in their order. */
export const mintEvidence = (
  db: TenantDb,
  { incidentId, runId }: Owner,
  items: readonly NewEvidence[],
  now: number,
) =>
  db.run(
    sql`INSERT INTO evidence (id, org_id, incident_id, run_id, number, tool_call_key, tool, command, output, output_sha256, truncated, status, trust, error_code, executed_at, duration_ms, created_at)
      SELECT value ->> '$.id', ${db.orgId}, ${incidentId}, ${runId},
        (SELECT coalesce(max(number), 0) FROM evidence WHERE incident_id = ${incidentId}) + 1 + key,
        value ->> '$.toolCallKey', value ->> '$.tool', value ->> '$.command', value ->> '$.output', value ->> '$.outputSha256',
        value ->> '$.truncated', value ->> '$.status', value ->> '$.trust', value ->> '$.errorCode',
        value ->> '$.executedAt', value ->> '$.durationMs', ${now}
      FROM json_each(${JSON.stringify(items)})`,
  )

/** Appends thoughts with the next numbers of the incident. */
export const appendThoughts = (
  db: TenantDb,
  { incidentId, runId }: Owner,
  thoughts: readonly NewThought[],
  now: number,
) =>
  db.run(
    sql`INSERT INTO incident_thoughts (id, org_id, incident_id, run_id, seq, step, iteration, ordinal, timestamp, content, thought_type, created_at)
      SELECT value ->> '$.id', ${db.orgId}, ${incidentId}, ${runId},
        (SELECT coalesce(max(seq), 0) FROM incident_thoughts WHERE incident_id = ${incidentId}) + 1 + key,
        value ->> '$.step', value ->> '$.iteration', value ->> '$.ordinal', ${now}, value ->> '$.content', value ->> '$.type', ${now}
      FROM json_each(${JSON.stringify(thoughts)})`,
  )

/** Appends to the run's conversation with its model. */
export const appendRunMessages = (
  db: TenantDb,
  runId: string,
  firstSeq: number,
  messages: readonly unknown[],
) =>
  db.insertMany(
    runMessages,
    messages.map((message, index) => ({ runId, seq: firstSeq + index, message })),
  )

/** From now on the summary cites exactly these numbers. */
export const publishCitations = (db: TenantDb, incidentId: string, numbers: readonly number[], now: number) =>
  db.update(
    evidence,
    {
      citedAt: sql`CASE WHEN ${evidence.number} IN (SELECT value FROM json_each(${JSON.stringify(numbers)})) THEN coalesce(${evidence.citedAt}, ${now}) END`,
    },
    and(
      eq(evidence.incidentId, incidentId),
      sql`(${evidence.citedAt} IS NOT NULL OR ${evidence.number} IN (SELECT value FROM json_each(${JSON.stringify(numbers)})))`,
    ),
  )

/** A new set takes the place of the old one, but of what is a fix, was executed or was edited. */
export const retireSuggestions = (db: TenantDb, incidentId: string) =>
  db.update(
    incidentSuggestions,
    { shown: false },
    and(
      eq(incidentSuggestions.incidentId, incidentId),
      ne(incidentSuggestions.type, 'fix'),
      isNull(incidentSuggestions.executedAt),
      isNull(incidentSuggestions.userEditedContent),
      isNull(incidentSuggestions.executionStatus),
    ),
  )

export const insertSuggestions = (db: TenantDb, rows: readonly NewSuggestion[]) =>
  db.insertMany(incidentSuggestions, rows)
