/** The end of a run that could not do its work: said once, to everybody who waits for it. */
import { checkpointSchema } from '../../agent/run/state'
import { appendMessage } from '../../store/chat-messages'
import { dropPartial } from '../../store/partial-messages'
import { releaseSession } from '../../store/session-runs'
import { announce, announceIncident } from '../../store/feed'
import { markAnalysisFailed } from '../../store/incidents'
import { lifecycle } from '../../store/lifecycle'
import { markPostmortemFailed } from '../../store/postmortems'
import type { RunRow } from '../../store/run-rows'
import { endRun, finishEffect } from '../../store/runs'
import type { Executor, Held } from './executor'

export interface Failure {
  readonly state: 'failed' | 'timeout'
  readonly code: 'internal' | 'timeout'
  readonly detail: string
}

const TEXT = {
  internal: 'The analysis failed. It can be started again.',
  timeout: 'The analysis took too long and was stopped. It can be started again.',
} as const

/** @throws a guard failure when the lease is lost */
export async function failRun(executor: Executor, { run, lease }: Held, failure: Failure): Promise<void> {
  const { db, room } = executor
  const now = executor.now()
  const ended = [
    ...endRun(db, lease, { state: failure.state, errorCode: failure.code, errorDetail: failure.detail }, now),
    finishEffect(db, `run:${run.id}`, now),
  ]
  if (run.kind === 'postmortem') {
    // It has no thread that anybody reads.
    await db.commit([...ended, ...postmortemFailed(executor, run)])
    return
  }
  // What was asked for in the person's name is there, whatever became of the answer.
  const { proposals } = checkpointSchema.parse(run.checkpoint)
  const text = [TEXT[failure.code], ...(proposals ?? [])].join('\n\n')
  await db.commit([
    ...ended,
    ...dropPartial(db, { sessionId: run.sessionId, runId: run.id }),
    ...appendMessage(db, {
      sessionId: run.sessionId,
      sender: 'assistant',
      text,
      severity: 'error',
      code: failure.code,
      runId: run.id,
      createdAt: now,
    }),
    releaseSession(db, run.sessionId, run.id, 'failed', room.lastSeq() + 2, now),
    ...tellIncident(executor, run, failure, now),
  ])
  room.tell([
    { kind: 'whole_text', text, error: failure.code },
    { kind: 'end', outcome: failure.state },
  ])
  executor.publish()
}

const postmortemFailed = ({ db }: Executor, { id: runId, incidentId }: RunRow) =>
  incidentId === null ? [] : [markPostmortemFailed(db, { incidentId, runId })]

function tellIncident({ db }: Executor, run: RunRow, failure: Failure, now: number) {
  const { incidentId } = run
  if (incidentId === null) return []
  if (run.kind === 'chat')
    return [
      announce(db, [
        {
          incidentId,
          userId: run.userId,
          event: { type: 'chat', session_id: run.sessionId, status: 'failed' },
        },
      ]),
    ]
  return [
    markAnalysisFailed(db, incidentId, now),
    lifecycle(db, {
      incidentId,
      actor: 'system',
      event: 'rca_failed',
      details: { runId: run.id, code: failure.code },
      dedupeKey: `${incidentId}:rca_failed:${run.id}`,
      at: now,
    }),
    announceIncident(db, incidentId, 'analysis_failed', now),
  ]
}
