/** Investigations of an incident: starting one by hand, reading them, ending one. */
import * as z from 'zod'
import type { Hypothesis } from '../agent/hypotheses'
import { checkpointSchema } from '../agent/run/state'
import { AppError, notFound } from '../lib/errors'
import { optional, queryInteger, text } from '../lib/fields'
import { newId, parseId } from '../lib/ids'
import { audit } from '../store/audit'
import { markAnalysisCancelled } from '../store/cancellations'
import { activateRuns } from '../store/session-runs'
import { isGuardFailure, isUniqueViolation } from '../store/db'
import { announceIncident } from '../store/feed'
import { incidentExists, wholeIncident } from '../store/incidents'
import * as store from '../store/investigations'
import { lifecycle } from '../store/lifecycle'
import { newestOrdinal, openInvestigationsOf, sessionOf } from '../store/merges'
import type { RunRow } from '../store/run-rows'
import { insertRun, runsOfIncident } from '../store/runs'
import { cancellation } from './cancel-run'
import { requireRole, type Ctx } from './context'
import { storedFindings } from './stored-findings'

export const investigateRequest = z.object({
  reason: optional(text({ error: 'Invalid reason', max: 1000 })),
})

/** Queues an investigation. @throws AppError forbidden, not_found, incident_merged, conflict, session_busy */
export async function startInvestigation(
  ctx: Ctx,
  incidentId: string,
  { reason }: z.output<typeof investigateRequest>,
): Promise<string> {
  requireRole(ctx, 'editor')
  const { db, actor, now } = ctx
  const [[incident], [open], [newest]] = await db.batch([
    wholeIncident(db, incidentId),
    openInvestigationsOf(db, [incidentId]),
    newestOrdinal(db, incidentId),
  ])
  if (incident === undefined) throw notFound('Incident not found')
  if (incident.status === 'merged')
    throw new AppError('incident_merged', 'Incident is merged into another incident')
  if (open !== undefined) throw inProgress(open.id)
  const runId = newId(now)
  const ordinal = (newest?.n ?? 0) + 1
  try {
    await db.commit([
      ...insertRun(db, {
        id: runId,
        kind: 'investigation',
        incidentId,
        sessionId: incident.chatSessionId,
        userId: actor.userId,
        trigger: ordinal === 1 ? 'manual' : 'retry',
        ordinal,
        checkpoint: {},
        services: [],
        lastEnqueuedAt: now,
        createdAt: now,
      }),
      activateRuns(db, [{ id: runId, sessionId: incident.chatSessionId }], now),
      // A queued run shows what an earlier one achieved, else nothing yet.
      markAnalysisCancelled(db, incidentId, now),
      lifecycle(db, {
        incidentId,
        actor: actor.userId,
        event: 'rca_requested',
        details: reason === undefined ? { runId } : { runId, reason },
        at: now,
      }),
      audit(db, {
        event: 'incident.investigate',
        actor: actor.userId,
        subject: incidentId,
        after: { runId },
        at: now,
      }),
      announceIncident(db, incidentId, 'updated', now),
    ])
  } catch (error) {
    if (!isUniqueViolation(error)) throw error
    const [winner] = await openInvestigationsOf(db, [incidentId])
    // Without one, it is a question that is being answered in the investigation's own thread.
    throw winner === undefined
      ? new AppError('session_busy', 'Session is already processing')
      : inProgress(winner.id)
  }
  ctx.nudge.run(runId)
  ctx.nudge.feed(actor.orgId)
  return runId
}

const inProgress = (runId: string) =>
  new AppError('conflict', 'Investigation already in progress', { details: { runId } })

/** What a run is shown with: itself and what its checkpoint tells. */
export interface InvestigationView {
  readonly run: RunRow
  readonly queuePosition: number | null
  readonly modelTurns: number
  readonly toolCalls: number
  /** What its model noted. */
  readonly noted: readonly Hypothesis[]
}

/** Newest first. @throws AppError not_found */
export async function listInvestigations(
  { db, now }: Ctx,
  incidentId: string,
): Promise<readonly InvestigationView[]> {
  const [[incident], runs, [queued]] = await db.batch([
    wholeIncident(db, incidentId),
    runsOfIncident(db, incidentId),
    store.queuePositionOf(db, incidentId, now),
  ])
  if (incident === undefined) throw notFound('Incident not found')
  return runs.map((run) => viewOf(run, queued))
}

function viewOf(
  run: RunRow,
  queued: { readonly runId: string; readonly position: number } | undefined,
): InvestigationView {
  const checkpoint = checkpointSchema.safeParse(run.checkpoint)
  return {
    run,
    queuePosition: queued?.runId === run.id ? queued.position : null,
    modelTurns: checkpoint.success ? checkpoint.data.modelTurns : 0,
    toolCalls: checkpoint.success ? checkpoint.data.toolCalls : 0,
    noted: checkpoint.success ? checkpoint.data.hypotheses : [],
  }
}

export type InvestigationDetail = Awaited<ReturnType<typeof readInvestigation>>

/** One run with what it came to. @throws AppError not_found */
export async function readInvestigation({ db, now }: Ctx, incidentId: string, runId: string) {
  const [[incident], [run], [queued], steps, usage] = await db.batch([
    wholeIncident(db, incidentId),
    store.investigationOf(db, incidentId, runId),
    store.queuePositionOf(db, incidentId, now),
    store.stepTimesOf(db, runId),
    store.usageOfRun(db, incidentId, runId),
  ])
  if (incident === undefined) throw notFound('Incident not found')
  if (run === undefined) throw notFound('Run not found')
  const dropped = droppedSchema.safeParse(run.droppedClaims ?? [])
  return {
    ...viewOf(run, queued),
    steps,
    usage,
    findings: storedFindings(run.claims),
    dropped: dropped.success ? dropped.data : [],
  }
}

const droppedSchema = z.array(
  z.object({ section: z.string(), text: z.string(), evidence: z.array(z.number()), reason: z.string() }),
)

/** Ends a run; what it found stays. @throws AppError forbidden, not_found, conflict */
export async function cancelInvestigation(ctx: Ctx, incidentId: string, runId: string): Promise<void> {
  requireRole(ctx, 'editor')
  const [[incident], [run]] = await ctx.db.batch([
    wholeIncident(ctx.db, incidentId),
    store.investigationOf(ctx.db, incidentId, runId),
  ])
  if (incident === undefined) throw notFound('Incident not found')
  if (run === undefined) throw notFound('Run not found')
  const [session] = await sessionOf(ctx.db, run.sessionId)
  const known = session ?? { id: run.sessionId, userId: null, lastSeq: 0 }
  try {
    await ctx.db.commit(cancellation(ctx, known, run))
  } catch (error) {
    if (isGuardFailure(error)) throw new AppError('conflict', 'Run already finished')
    throw error
  }
  ctx.nudge.stopped({ sessionId: run.sessionId, runId, lastSeq: known.lastSeq })
  ctx.nudge.feed(ctx.actor.orgId)
}

export const evidenceQuery = z.object({
  runId: z
    .string({ error: 'Invalid run ID format' })
    .transform((value, context) => {
      const id = parseId(value.trim())
      if (id !== null) return id
      context.addIssue({ code: 'custom', message: 'Invalid run ID format' })
      return z.NEVER
    })
    .optional(),
  after: queryInteger({ error: 'Invalid after', min: 0, max: 999_999_999, fallback: 0 }),
  limit: queryInteger({ error: 'Invalid limit', min: 1, max: 100, fallback: 50 }),
})

/** Everything that was found out about an incident, by number. @throws AppError not_found */
export async function listEvidence(
  { db }: Ctx,
  incidentId: string,
  { runId, after, limit }: z.output<typeof evidenceQuery>,
) {
  const [[incident], rows] = await db.batch([
    wholeIncident(db, incidentId),
    store.evidencePage(db, incidentId, { after, runId: runId ?? null, limit }),
  ])
  if (incident === undefined) throw notFound('Incident not found')
  return { evidence: rows, nextAfter: rows.length === limit ? (rows.at(-1)?.number ?? null) : null }
}

/** @throws AppError not_found */
export async function requireIncident({ db }: Ctx, incidentId: string): Promise<void> {
  const [incident] = await incidentExists(db, incidentId)
  if (incident === undefined) throw notFound('Incident not found')
}
