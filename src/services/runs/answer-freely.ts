/** A question that is not about one incident: answered from what the organisation's incidents look like at this moment. */
import { answerAboutOrganisation } from '../../agent/run/answer'
import { subjectOf } from '../../agent/builtin/organisation-intents'
import { dropPartial } from '../../store/chat-messages'
import { appendMessage, recentMessages, releaseSession } from '../../store/chat-sessions'
import { overviewOf } from '../../store/overview'
import { endRun, finishEffect } from '../../store/runs'
import type { Executor, Held, Progress } from './executor'
import { afterModelFailure } from './investigate'
import { partialText } from './partial-text'

const HISTORY = 20

export async function answerFreely(executor: Executor, held: Held, signal: AbortSignal): Promise<Progress> {
  const { db, room } = executor
  const { run, lease } = held
  const recent = await recentMessages(db, run.sessionId, HISTORY)
  // What an earlier try of this turn wrote is void.
  const [question, ...earlier] = recent.filter(({ isCompleted }) => isCompleted)
  const asked = question?.text ?? ''
  const partial = partialText(executor, held)
  const turn = await answerAboutOrganisation(
    {
      question: asked,
      overview: await overviewOf(db, subjectOf(asked)),
      history: earlier.toReversed().map(({ sender, text }) => ({ role: sender, text })),
    },
    {
      boundary: () => crypto.getRandomValues(new Uint8Array(16)).toHex(),
      onText: partial.onText,
      signal,
    },
    executor.model,
  )
  await partial.settled()
  if (!turn.ok) return afterModelFailure(executor, held, turn)
  const now = executor.now()
  const owner = { sessionId: run.sessionId, runId: run.id }
  await db.commit([
    ...endRun(db, lease, { state: 'succeeded', step: 'answer', analyst: executor.analyst }, now),
    finishEffect(db, `run:${run.id}`, now),
    ...dropPartial(db, owner),
    ...appendMessage(db, { ...owner, sender: 'assistant', text: turn.text, createdAt: now }),
    releaseSession(db, run.sessionId, run.id, 'completed', room.lastSeq() + 1, now),
  ])
  room.tell([{ kind: 'end', outcome: 'completed' }])
  return { kind: 'over' }
}
