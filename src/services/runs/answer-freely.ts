/** A question that is not about one incident: answered from what the organisation's incidents look like at this moment. */
import { answerAboutOrganisation, askAssistantFreely } from '../../agent/run/answer'
import { subjectOf } from '../../agent/builtin/organisation-intents'
import { checkpointSchema } from '../../agent/run/state'
import { redact } from '../../agent/redact'
import { appendMessage, recentMessages } from '../../store/chat-messages'
import { dropPartial } from '../../store/partial-messages'
import { releaseSession } from '../../store/session-runs'
import type { Statement } from '../../store/db'
import { overviewOf } from '../../store/overview'
import { endRun, finishEffect } from '../../store/runs'
import { noteSecurity } from '../../store/security-events'
import { securityRows } from '../security-events'
import { assistantOf, settled, tellCost } from './assistant'
import type { Executor, Held, Progress } from './executor'
import { afterModelFailure, takeBack } from './investigate'
import { partialText } from './partial-text'
import { goOn, tellStored, withoutModel } from './without-model'

const HISTORY = 20

export async function answerFreely(executor: Executor, held: Held, signal: AbortSignal): Promise<Progress> {
  const { db } = executor
  const { run } = held
  const { degraded, budgetExhausted } = checkpointSchema.parse(run.checkpoint)
  const assistant = degraded === null ? await assistantOf(executor, held) : null
  const recent = await recentMessages(db, run.sessionId, HISTORY)
  // What an earlier try of this turn wrote is void.
  const [question, ...earlier] = recent.filter(({ isCompleted }) => isCompleted)
  const text = question?.text ?? ''
  const partial = partialText(executor, held)
  const asked = {
    question: text,
    overview: await overviewOf(db, subjectOf(text)),
    history: earlier.toReversed().map(({ sender, text: said }) => ({ role: sender, text: said })),
  }
  const deps = {
    boundary: () => crypto.getRandomValues(new Uint8Array(16)).toHex(),
    onText: partial.onText,
    now: executor.now,
    signal,
  }
  if (assistant === null || assistant === 'unavailable') {
    const turn = await answerAboutOrganisation(asked, deps, executor.model)
    await partial.settled()
    if (!turn.ok) return afterModelFailure(executor, held, turn.failure, [], false)
    const why = assistant === null ? degraded : 'model_unavailable'
    const reason = budgetExhausted ?? why
    const said = reason === null ? turn.text : `${turn.text}\n\n${withoutModel(reason)}`
    return publish(
      executor,
      held,
      { streamed: turn.text, text: said, analyst: 'builtin', degraded: why, budgetExhausted },
      [],
    )
  }
  const turn = await askAssistantFreely(asked, deps, assistant)
  await partial.settled()
  switch (turn.kind) {
    case 'lost':
    case 'looked':
      return { kind: 'again', at: executor.now(), held: null }
    case 'over_budget':
      return goOn(executor, held, { degraded: 'over_budget', budgetExhausted: turn.limit }, [])
    case 'failed':
      if (turn.saidSome) takeBack(executor, held)
      return afterModelFailure(
        executor,
        held,
        turn.failure,
        settled(executor, held, assistant, turn.spent),
        true,
      )
    case 'answered': {
      await tellCost(executor, held, assistant, turn.spent)
      const rows = securityRows({ incidentId: null, runId: run.id }, turn, executor.now())
      return publish(
        executor,
        held,
        {
          streamed: turn.text,
          text: redact(turn.text),
          analyst: 'model',
          degraded: null,
          budgetExhausted: null,
        },
        [
          ...settled(executor, held, assistant, turn.spent),
          ...(rows.length === 0 ? [] : [noteSecurity(db, rows)]),
        ],
      )
    }
  }
}

interface Answer {
  /** What those who read along have seen. */
  readonly streamed: string
  readonly text: string
  readonly analyst: 'builtin' | 'model'
  readonly degraded: string | null
  readonly budgetExhausted: string | null
}

async function publish(
  executor: Executor,
  held: Held,
  { streamed, text, ...end }: Answer,
  extra: readonly Statement[],
): Promise<Progress> {
  const { db, room } = executor
  const { run, lease } = held
  tellStored(executor, held, streamed, text)
  const now = executor.now()
  const owner = { sessionId: run.sessionId, runId: run.id }
  await db.commit([
    ...endRun(db, lease, { state: 'succeeded', step: 'answer', ...end }, now),
    finishEffect(db, `run:${run.id}`, now),
    ...dropPartial(db, owner),
    ...appendMessage(db, { ...owner, sender: 'assistant', text, createdAt: now }),
    releaseSession(db, run.sessionId, run.id, 'completed', room.lastSeq() + 1, now),
    ...extra,
  ])
  room.tell([{ kind: 'end', outcome: 'completed' }])
  return { kind: 'over' }
}
