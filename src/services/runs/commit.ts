/** Writes what a step brought: one guarded batch, so that a run that lost its lease writes nothing at all. */
import type { NewEvidence, NewThought, RunState, StepResult } from '../../agent/run/state'
import { sha256Hex } from '../../lib/hmac'
import { newId } from '../../lib/ids'
import { iso } from '../../lib/time'
import { appendMessage } from '../../store/chat-messages'
import type { Statement } from '../../store/db'
import { announce, announceIncident, type FeedRow } from '../../store/feed'
import { appendRunMessages, appendThoughts, mintEvidence } from '../../store/findings'
import { markRunning } from '../../store/incidents'
import { lifecycle } from '../../store/lifecycle'
import { finishEffect, guardRun } from '../../store/runs'
import { noteSecurity } from '../../store/security-events'
import { securityRows } from '../security-events'
import { movedTo, type Executor, type Held } from './executor'

/** Commits an ordinary step of an investigation. @throws a guard failure when the lease is lost */
export async function commitStep(
  executor: Executor,
  held: Held,
  state: RunState,
  result: StepResult,
  paid: readonly Statement[] = [],
): Promise<Held> {
  const { db } = executor
  const now = executor.now()
  const next = result.next === 'end' ? { step: state.step, iteration: state.iteration } : result.next
  const position = { ...next, checkpoint: { ...result.checkpoint } }
  await db.commit([
    ...guardRun(db, held.lease, position, now),
    ...(await found(executor, state, result, now)),
    markRunning(db, state.incident.id),
    ...(state.step === 'context' ? opening(executor, held.run.sessionId, state, now) : []),
    ...paid,
  ])
  executor.publish()
  return movedTo(held, position)
}

/** The first commit also tells that the run began. */
function opening(
  { db }: Executor,
  sessionId: string,
  { runId, incident }: RunState,
  now: number,
): Statement[] {
  const where = incident.service === null ? '' : ` on ${incident.service}`
  return [
    finishEffect(db, `run:${runId}`, now),
    lifecycle(db, {
      incidentId: incident.id,
      actor: 'system',
      event: 'rca_started',
      details: { runId },
      dedupeKey: `${incident.id}:rca_started:${runId}`,
      at: now,
    }),
    ...appendMessage(db, {
      sessionId,
      sender: 'assistant',
      text: `Investigating ${incident.title}${where}.`,
      runId,
      createdAt: now,
    }),
    announceIncident(db, incident.id, 'analysis_started', now),
  ]
}

/** Evidence, thoughts and messages of a step, with the events that tell of them. */
export async function found(
  executor: Executor,
  state: RunState,
  result: StepResult,
  now: number,
): Promise<Statement[]> {
  const { db } = executor
  const owner = { incidentId: state.incident.id, runId: state.runId }
  const thoughts = result.thoughts.map((thought, ordinal) => ({
    id: newId(now),
    ordinal,
    ...asRow(state, thought),
  }))
  const evidence = await Promise.all(result.evidence.map((item) => evidenceRow(item, now)))
  const quarantined = securityRows(owner, result, now)
  return [
    ...(evidence.length === 0 ? [] : [mintEvidence(db, owner, evidence, now)]),
    ...(thoughts.length === 0
      ? []
      : [
          appendThoughts(db, owner, thoughts, now),
          announce(
            db,
            thoughts.map(({ id, content, type }): FeedRow => ({
              incidentId: owner.incidentId,
              event: {
                type: 'thought',
                thought: { id, timestamp: iso(now), content, type, createdAt: iso(now) },
              },
            })),
          ),
        ]),
    ...(result.messages.length === 0
      ? []
      : [appendRunMessages(db, state.runId, state.messages.length, result.messages)]),
    ...(quarantined.length === 0 ? [] : [noteSecurity(db, quarantined)]),
  ]
}

const asRow = ({ step, iteration }: RunState, { type, content }: NewThought) => ({
  step,
  iteration,
  type,
  content,
})

export const evidenceRow = async (item: NewEvidence, now: number) => ({
  id: newId(now),
  toolCallKey: item.key,
  tool: item.tool,
  command: item.result.command,
  output: item.result.output,
  outputSha256: await sha256Hex(item.result.output),
  truncated: item.result.truncated,
  status: item.result.status,
  trust: item.result.trust,
  errorCode: item.result.errorCode,
  executedAt: item.executedAt,
  durationMs: item.durationMs,
})
