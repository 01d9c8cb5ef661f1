/** One step of a conversation: read how things stand, then answer. */
import { answerQuestion, citedIn, readAfresh } from '../../agent/run/answer'
import { appendMessage, recentMessages, releaseSession } from '../../store/chat-sessions'
import { announce } from '../../store/feed'
import { mintEvidence } from '../../store/findings'
import { suggestionsOf } from '../../store/incidents'
import { endRun, finishEffect, guardRun } from '../../store/runs'
import { shownSummary } from '../incident-summary'
import { citationsFrom } from './citations'
import { evidenceRow } from './commit'
import type { Executor, Held, Progress } from './executor'
import { failRun } from './fail'
import { afterModelFailure, depsOf } from './investigate'
import { asItem, loadState } from './load-state'

const HISTORY = 20

export async function answerOnce(executor: Executor, held: Held, signal: AbortSignal): Promise<Progress> {
  const loaded = await loadState(executor.db, held.run)
  if (loaded === null) {
    await failRun(executor, held, { state: 'failed', code: 'internal', detail: 'the incident is gone' })
    return { kind: 'over' }
  }
  return held.run.step === 'context'
    ? lookAround(executor, held, loaded, signal)
    : answer(executor, held, loaded, signal)
}

type Loaded = NonNullable<Awaited<ReturnType<typeof loadState>>>

async function lookAround(
  executor: Executor,
  held: Held,
  { state }: Loaded,
  signal: AbortSignal,
): Promise<Progress> {
  const { db } = executor
  const evidence = await readAfresh(state, depsOf(executor, state.incident.id, signal))
  const now = executor.now()
  const position = { step: 'answer', iteration: 0, checkpoint: held.run.checkpoint }
  const rows = await Promise.all(evidence.map((item) => evidenceRow(item, now)))
  await db.commit([
    ...guardRun(db, held.lease, position, now),
    ...(rows.length === 0
      ? []
      : [mintEvidence(db, { incidentId: state.incident.id, runId: held.run.id }, rows, now)]),
    finishEffect(db, `run:${held.run.id}`, now),
  ])
  return { kind: 'again', at: now, held: { ...held, run: { ...held.run, ...position, state: 'running' } } }
}

async function answer(
  executor: Executor,
  held: Held,
  loaded: Loaded,
  signal: AbortSignal,
): Promise<Progress> {
  const { db, room } = executor
  const { run, lease } = held
  const { state, incident, allEvidence } = loaded
  const [suggestions, recent] = await db.batch([
    suggestionsOf(db, incident.id),
    recentMessages(db, run.sessionId, HISTORY),
  ])
  const [question, ...earlier] = recent
  const turn = await answerQuestion(
    {
      question: question?.text ?? '',
      incident: state.incident,
      summary: shownSummary(incident),
      suggestions,
      history: earlier.toReversed().map(({ sender, text }) => ({ role: sender, text })),
      evidence: allEvidence.map(asItem),
    },
    depsOf(executor, incident.id, signal),
    executor.model,
  )
  if (!turn.ok) return afterModelFailure(executor, held, turn)
  const numbers = citedIn(turn.text, new Set(allEvidence.map(({ number }) => number)))
  const now = executor.now()
  await db.commit([
    ...endRun(db, lease, { state: 'succeeded', step: 'answer', analyst: executor.analyst }, now),
    ...appendMessage(db, {
      sessionId: run.sessionId,
      sender: 'assistant',
      text: turn.text,
      citations: citationsFrom(allEvidence.filter(({ number }) => numbers.includes(number))),
      runId: run.id,
      createdAt: now,
    }),
    releaseSession(db, run.sessionId, run.id, 'completed', room.lastSeq(), now),
    announce(db, [
      {
        incidentId: incident.id,
        userId: run.userId,
        event: { type: 'chat', session_id: run.sessionId, status: 'completed' },
      },
    ]),
  ])
  room.tell([{ kind: 'end', outcome: 'completed' }])
  executor.publish()
  return { kind: 'over' }
}
