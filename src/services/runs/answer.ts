/** One step of a conversation: read how things stand, then answer. */
import { answerQuestion, citedIn, readAfresh } from '../../agent/run/answer'
import { appendMessage, recentMessages, releaseSession } from '../../store/chat-sessions'
import { dropPartial } from '../../store/chat-messages'
import { announce } from '../../store/feed'
import { mintEvidence } from '../../store/findings'
import { suggestionsOf } from '../../store/incidents'
import { endRun, finishEffect, guardRun } from '../../store/runs'
import { shownSummary } from '../incident-summary'
import { answerFreely } from './answer-freely'
import { citationsFrom } from './citations'
import { evidenceRow } from './commit'
import type { Executor, Held, Progress } from './executor'
import { failRun } from './fail'
import { afterModelFailure, depsOf } from './investigate'
import { asItem, loadState } from './load-state'
import { partialText } from './partial-text'

const HISTORY = 20

export async function answerOnce(executor: Executor, held: Held, signal: AbortSignal): Promise<Progress> {
  if (held.run.incidentId === null) return answerFreely(executor, held, signal)
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
  // What an earlier try of this turn wrote is void.
  const [question, ...earlier] = recent.filter(({ isCompleted }) => isCompleted)
  const partial = partialText(executor, held)
  const turn = await answerQuestion(
    {
      question: question?.text ?? '',
      incident: state.incident,
      summary: shownSummary(incident),
      suggestions,
      history: earlier.toReversed().map(({ sender, text }) => ({ role: sender, text })),
      evidence: allEvidence.map(asItem),
    },
    { ...depsOf(executor, incident.id, signal), onText: partial.onText },
    executor.model,
  )
  await partial.settled()
  if (!turn.ok) return afterModelFailure(executor, held, turn)
  const numbers = citedIn(turn.text, new Set(allEvidence.map(({ number }) => number)))
  const now = executor.now()
  await db.commit([
    ...endRun(db, lease, { state: 'succeeded', step: 'answer', analyst: executor.analyst }, now),
    ...dropPartial(db, { sessionId: run.sessionId, runId: run.id }),
    ...appendMessage(db, {
      sessionId: run.sessionId,
      sender: 'assistant',
      text: turn.text,
      citations: citationsFrom(allEvidence.filter(({ number }) => numbers.includes(number))),
      runId: run.id,
      createdAt: now,
    }),
    releaseSession(db, run.sessionId, run.id, 'completed', room.lastSeq() + 1, now),
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
