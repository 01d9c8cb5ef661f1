/** The purse of language models: what is set aside before a call, and what the call came to. */
import { and, eq, sql } from 'drizzle-orm'
import { llmLedger, llmUsage } from '../../drizzle/schema'
import type { Lease } from './run-rows'
import type { TenantDb } from './tenant-db'

/** Which call of which run: the key of its row. */
export interface CallOf {
  readonly runId: string
  readonly step: string
  readonly iteration: number
  readonly attempt: number
}

interface Need {
  readonly inputTokens: number
  readonly outputTokens: number
  readonly costMicros: number
}

/** Null is no cap. */
export interface Caps extends Need {
  readonly dayMicros: number | null
  readonly dayTokens: number | null
}

interface Owner {
  readonly userId: string | null
  readonly sessionId: string
  readonly incidentId: string | null
  readonly requestType: string
}

interface Asked {
  readonly id: string
  readonly lease: Lease
  readonly position: { readonly step: string; readonly iteration: number }
  readonly model: { readonly provider: string; readonly name: string }
  readonly need: Need
  readonly caps: Caps
  readonly day: number
  readonly now: number
}

/** What stands in the way of a call, in one row: `held` is 0 when the run is no longer ours. */
export interface Standing {
  readonly held: number
  readonly input: number
  readonly output: number
  readonly micros: number
  readonly dayMicros: number
  readonly dayTokens: number
}

const held = (db: TenantDb, { runId, epoch }: Lease) =>
  sql`EXISTS (SELECT 1 FROM runs r WHERE r.id = ${runId} AND r.org_id = ${db.orgId} AND r.lease_epoch = ${epoch}
    AND r.state IN ('leased', 'running') AND r.cancel_requested_at IS NULL)`

/** Nobody is at work on the run but who asks, or nobody any more. */
const mineOrOver = (db: TenantDb, lease: Lease) =>
  sql`(${held(db, lease)} OR EXISTS (SELECT 1 FROM runs r WHERE r.id = ${lease.runId} AND r.org_id = ${db.orgId}
    AND r.state NOT IN ('queued', 'leased', 'running')))`

/** Writes off what a crash or an end of this run left open, as lost: such a call keeps its reservation. */
export const writeOff = (db: TenantDb, lease: Lease, owner: Owner, now: number) =>
  [
    db.run(
      sql`INSERT INTO llm_usage (id, org_id, user_id, session_id, incident_id, run_id, step, iteration, attempt, provider, model_name, request_type, input_tokens, tokens_estimated, outcome, timestamp)
        SELECT l.id, l.org_id, ${owner.userId}, ${owner.sessionId}, ${owner.incidentId}, l.run_id, l.step, l.iteration, l.attempt, l.provider, l.model_name, ${owner.requestType}, l.input_tokens, 1, 'lost', ${now}
        FROM llm_ledger l WHERE l.org_id = ${db.orgId} AND l.run_id = ${lease.runId} AND l.state = 'reserved' AND ${mineOrOver(db, lease)}`,
    ),
    db.run(
      sql`UPDATE llm_ledger SET state = 'lost' WHERE org_id = ${db.orgId} AND run_id = ${lease.runId} AND state = 'reserved' AND ${mineOrOver(db, lease)}`,
    ),
  ] as const

/** Sets a call aside, if the run is held and no cap would be passed; the first result is then its attempt. The second tells what stands in the way. */
export const reserveCall = (db: TenantDb, { id, lease, position, model, need, caps, day, now }: Asked) => {
  const { runId } = lease
  const { step, iteration } = position
  const ofRun = sql`FROM llm_ledger l WHERE l.org_id = ${db.orgId} AND l.run_id = ${runId}`
  const ofDay = sql`FROM llm_ledger l WHERE l.org_id = ${db.orgId} AND l.day = ${day}`
  const isHeld = held(db, lease)
  return db.batch([
    db.all<{ readonly attempt: number }>(
      sql`INSERT INTO llm_ledger (id, org_id, run_id, step, iteration, attempt, day, provider, model_name, input_tokens, output_tokens, cost_micros, created_at)
        SELECT ${id}, ${db.orgId}, ${runId}, ${step}, ${iteration},
          (SELECT coalesce(max(l.attempt), 0) + 1 ${ofRun} AND l.step = ${step} AND l.iteration = ${iteration}),
          ${day}, ${model.provider}, ${model.name}, ${need.inputTokens}, ${need.outputTokens}, ${need.costMicros}, ${now}
        WHERE ${isHeld}
          AND (SELECT coalesce(sum(l.input_tokens), 0) + ${need.inputTokens} ${ofRun}) <= ${caps.inputTokens}
          AND (SELECT coalesce(sum(l.output_tokens), 0) + ${need.outputTokens} ${ofRun}) <= ${caps.outputTokens}
          AND (SELECT coalesce(sum(l.cost_micros), 0) + ${need.costMicros} ${ofRun}) <= ${caps.costMicros}
          AND (${caps.dayMicros} IS NULL OR (SELECT coalesce(sum(l.cost_micros), 0) + ${need.costMicros} ${ofDay}) <= ${caps.dayMicros})
          AND (${caps.dayTokens} IS NULL OR (SELECT coalesce(sum(l.input_tokens + l.output_tokens), 0) + ${need.inputTokens + need.outputTokens} ${ofDay}) <= ${caps.dayTokens})
        RETURNING attempt`,
    ),
    db.all<Standing>(
      sql`SELECT ${isHeld} AS held,
        (SELECT coalesce(sum(l.input_tokens), 0) ${ofRun} AND l.id <> ${id}) AS input,
        (SELECT coalesce(sum(l.output_tokens), 0) ${ofRun} AND l.id <> ${id}) AS output,
        (SELECT coalesce(sum(l.cost_micros), 0) ${ofRun} AND l.id <> ${id}) AS micros,
        (SELECT coalesce(sum(l.cost_micros), 0) ${ofDay} AND l.id <> ${id}) AS dayMicros,
        (SELECT coalesce(sum(l.input_tokens + l.output_tokens), 0) ${ofDay} AND l.id <> ${id}) AS dayTokens`,
    ),
  ])
}

/** What a run has left of its output tokens; one small read before a reservation. */
export const outputOf = (db: TenantDb, runId: string) =>
  db.pick(
    { output: sql<number>`coalesce(sum(${llmLedger.outputTokens}), 0)` },
    llmLedger,
    eq(llmLedger.runId, runId),
  )

/** What the settled calls of a run cost, in millionths of a dollar. */
export const costOf = (db: TenantDb, runId: string) =>
  db.pick(
    { micros: sql<number>`coalesce(sum(${llmLedger.costMicros}), 0)` },
    llmLedger,
    and(eq(llmLedger.runId, runId), eq(llmLedger.state, 'settled')),
  )

export type UsageRow = Omit<
  typeof llmUsage.$inferInsert,
  'orgId' | 'runId' | 'step' | 'iteration' | 'attempt'
>

/** A call's real use takes the place of its reservation, once; whoever comes second writes nothing. */
export const settleCall = (db: TenantDb, call: CallOf, usage: UsageRow) => {
  const open = and(
    eq(llmLedger.runId, call.runId),
    eq(llmLedger.step, call.step),
    eq(llmLedger.iteration, call.iteration),
    eq(llmLedger.attempt, call.attempt),
    eq(llmLedger.state, 'reserved'),
  )
  return [
    db.run(
      sql`INSERT INTO llm_usage (id, org_id, user_id, session_id, incident_id, run_id, step, iteration, attempt, provider, model_name, request_type,
          input_tokens, output_tokens, cached_input_tokens, reasoning_tokens, tokens_estimated, estimated_cost, cost_usd_micros, priced, response_time_ms, outcome, error, timestamp)
        SELECT ${usage.id ?? null}, ${db.orgId}, ${usage.userId ?? null}, ${usage.sessionId ?? null}, ${usage.incidentId ?? null}, ${call.runId}, ${call.step}, ${call.iteration}, ${call.attempt},
          ${usage.provider}, ${usage.modelName}, ${usage.requestType}, ${usage.inputTokens ?? 0}, ${usage.outputTokens ?? 0}, ${usage.cachedInputTokens ?? 0}, ${usage.reasoningTokens ?? 0},
          ${usage.tokensEstimated === true ? 1 : 0}, ${usage.estimatedCost ?? null}, ${usage.costUsdMicros ?? null}, ${usage.priced === true ? 1 : 0},
          ${usage.responseTimeMs ?? null}, ${usage.outcome ?? 'ok'}, ${usage.error ?? null}, ${usage.timestamp}
        FROM ${llmLedger} WHERE ${and(db.mine(llmLedger), open)}`,
    ),
    db.update(
      llmLedger,
      {
        state: 'settled',
        inputTokens: usage.inputTokens ?? 0,
        outputTokens: usage.outputTokens ?? 0,
        costMicros: usage.costUsdMicros ?? 0,
      },
      open,
    ),
  ]
}

/** A call that belongs to no run, such as a test of the settings. */
export const recordUse = (db: TenantDb, usage: Omit<typeof llmUsage.$inferInsert, 'orgId'>) =>
  db.insert(llmUsage, usage)
