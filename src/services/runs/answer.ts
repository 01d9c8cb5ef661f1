/** One step of a conversation: ask for what a person orders, read how things stand, look further where a model wants to, then answer. */
import { answerQuestion, askAssistant, citedIn, readAfresh, type ChatTurn } from '../../agent/run/answer'
import { checkAnswer } from '../../agent/run/answer-text'
import type { Spent } from '../../agent/run/state'
import { releaseSession } from '../../store/session-runs'
import { appendMessage, recentMessages } from '../../store/chat-messages'
import { dropPartial } from '../../store/partial-messages'
import type { Statement } from '../../store/db'
import { announce } from '../../store/feed'
import { appendRunMessages, mintEvidence } from '../../store/findings'
import { suggestionsOf } from '../../store/incident-detail'
import { endRun, finishEffect, guardRun } from '../../store/runs'
import { noteSecurity } from '../../store/security-events'
import { shownSummary } from '../incident-summary'
import { securityRows } from '../security-events'
import { answerFreely } from './answer-freely'
import { assistantOf, settled, tellCost, type RunAssistant } from './assistant'
import { citationsFrom } from './citations'
import { evidenceRow } from './commit'
import { movedTo, type Executor, type Held, type Progress } from './executor'
import { failRun } from './fail'
import { afterModelFailure, depsOf, takeBack } from './investigate'
import { asItem, loadState } from './load-state'
import { partialText } from './partial-text'
import { proposeWrites } from './propose'
import { goOn, tellStored, withoutModel } from './without-model'

const HISTORY = 20

export async function answerOnce(executor: Executor, held: Held, signal: AbortSignal): Promise<Progress> {
  if (held.run.incidentId === null) return answerFreely(executor, held, signal)
  const loaded = await loadState(executor.db, held.run)
  if (loaded === null) {
    await failRun(executor, held, { state: 'failed', code: 'internal', detail: 'the incident is gone' })
    return { kind: 'over' }
  }
  if (held.run.step !== 'context') return answer(executor, held, loaded, signal)
  const proposed = await proposeWrites(executor, held, loaded.state, signal)
  return proposed ?? lookAround(executor, held, loaded, signal)
}

type Loaded = NonNullable<Awaited<ReturnType<typeof loadState>>>

async function lookAround(
  executor: Executor,
  held: Held,
  { state }: Loaded,
  signal: AbortSignal,
): Promise<Progress> {
  const { db } = executor
  const deps = depsOf(executor, state.incident.id, signal)
  const evidence = await readAfresh(state, deps)
  const now = executor.now()
  const opening = { messages: 0, evidence: evidence.length, boundary: deps.boundary() }
  const position = { step: 'answer', iteration: 0, checkpoint: { ...held.run.checkpoint, opening } }
  const rows = await Promise.all(evidence.map((item) => evidenceRow(item, now)))
  const owner = { incidentId: state.incident.id, runId: held.run.id }
  const quarantined = securityRows(owner, { evidence, struck: [] }, now)
  await db.commit([
    ...guardRun(db, held.lease, position, now),
    ...(rows.length === 0 ? [] : [mintEvidence(db, owner, rows, now)]),
    ...(quarantined.length === 0 ? [] : [noteSecurity(db, quarantined)]),
    finishEffect(db, `run:${held.run.id}`, now),
  ])
  return { kind: 'again', at: now, held: movedTo(held, position) }
}

async function answer(
  executor: Executor,
  held: Held,
  loaded: Loaded,
  signal: AbortSignal,
): Promise<Progress> {
  const { db } = executor
  const { run } = held
  const { state, incident, allEvidence } = loaded
  const assistant = state.checkpoint.degraded === null ? await assistantOf(executor, held) : null
  const [suggestions, recent] = await db.batch([
    suggestionsOf(db, incident.id),
    recentMessages(db, run.sessionId, HISTORY),
  ])
  // What an earlier try of this turn wrote is void.
  const [question, ...earlier] = recent.filter(({ isCompleted }) => isCompleted)
  const partial = partialText(executor, held)
  const deps = { ...depsOf(executor, incident.id, signal), onText: partial.onText }
  const asked = {
    question: question?.text ?? '',
    incident: state.incident,
    summary: shownSummary(incident),
    suggestions,
    history: earlier.toReversed().map(({ sender, text }) => ({ role: sender, text })),
    evidence: allEvidence.map(asItem),
  }
  if (assistant === null || assistant === 'unavailable') {
    const turn = await answerQuestion(asked, deps, executor.model)
    await partial.settled()
    if (!turn.ok) return afterModelFailure(executor, held, turn.failure, [], false)
    const degraded = assistant === null ? state.checkpoint.degraded : 'model_unavailable'
    const reason = state.checkpoint.budgetExhausted ?? degraded
    const text = reason === null ? turn.text : `${turn.text}\n\n${withoutModel(reason)}`
    return publish(executor, held, loaded, {
      streamed: turn.text,
      text,
      cited: citedIn(turn.text, new Set(allEvidence.map(({ number }) => number))),
      analyst: 'builtin',
      degraded,
      extra: [],
    })
  }
  // It would deny what was done before it was asked.
  const told = [asked.question, ...(state.checkpoint.proposals ?? [])].join('\n\n')
  const turn = await askAssistant({ ...asked, question: told }, state, deps, assistant)
  await partial.settled()
  return afterTurn(executor, held, loaded, assistant, turn)
}

async function afterTurn(
  executor: Executor,
  held: Held,
  loaded: Loaded,
  assistant: RunAssistant,
  turn: ChatTurn,
): Promise<Progress> {
  const { db } = executor
  const { run, lease } = held
  const { state, allEvidence } = loaded
  const now = executor.now()
  const pay = (spent: Spent): Statement[] => settled(executor, held, assistant, spent)
  switch (turn.kind) {
    case 'lost':
      return { kind: 'again', at: now, held: null }
    case 'over_budget':
      return goOn(executor, held, { degraded: 'over_budget', budgetExhausted: turn.limit }, [])
    case 'failed':
      if (turn.saidSome) takeBack(executor, held)
      return afterModelFailure(executor, held, turn.failure, pay(turn.spent), true)
    case 'answered': {
      await tellCost(executor, held, assistant, turn.spent)
      const checked = checkAnswer(turn.text, allEvidence.map(asItem))
      const quarantined = securityRows({ incidentId: state.incident.id, runId: run.id }, turn, now)
      return publish(executor, held, loaded, {
        streamed: turn.text,
        text: checked.text,
        cited: checked.cited,
        analyst: 'model',
        degraded: null,
        extra: [...pay(turn.spent), ...(quarantined.length === 0 ? [] : [noteSecurity(db, quarantined)])],
      })
    }
    case 'looked': {
      // What was said on the way is not the answer: it is told again from its beginning.
      if (turn.text !== '') takeBack(executor, held)
      const owner = { incidentId: state.incident.id, runId: run.id }
      const rows = await Promise.all(turn.evidence.map((item) => evidenceRow(item, now)))
      const quarantined = securityRows(owner, turn, now)
      const { checkpoint } = state
      const position = {
        step: 'answer',
        iteration: run.iteration + 1,
        checkpoint: {
          ...run.checkpoint,
          ...checkpoint,
          modelTurns: checkpoint.modelTurns + 1,
          toolCalls: checkpoint.toolCalls + turn.own,
          externalCalls: checkpoint.externalCalls + turn.external,
        },
      }
      await db.commit([
        ...guardRun(db, lease, position, now),
        ...dropPartial(db, { sessionId: run.sessionId, runId: run.id }),
        ...(rows.length === 0 ? [] : [mintEvidence(db, owner, rows, now)]),
        appendRunMessages(db, run.id, state.messages.length, turn.messages),
        ...(quarantined.length === 0 ? [] : [noteSecurity(db, quarantined)]),
        ...pay(turn.spent),
      ])
      return { kind: 'again', at: now, held: movedTo(held, position) }
    }
  }
}

interface Answer {
  /** What those who read along have seen. */
  readonly streamed: string
  readonly text: string
  readonly cited: readonly number[]
  readonly analyst: 'builtin' | 'model'
  readonly degraded: string | null
  readonly extra: readonly Statement[]
}

async function publish(
  executor: Executor,
  held: Held,
  { state, incident, allEvidence }: Loaded,
  { streamed, text, cited, analyst, degraded, extra }: Answer,
): Promise<Progress> {
  const { db, room } = executor
  const { run, lease } = held
  const { budgetExhausted, proposals } = state.checkpoint
  const said = [text, ...(proposals ?? [])].join('\n\n')
  tellStored(executor, held, streamed, said)
  const now = executor.now()
  await db.commit([
    ...endRun(db, lease, { state: 'succeeded', step: 'answer', analyst, degraded, budgetExhausted }, now),
    ...dropPartial(db, { sessionId: run.sessionId, runId: run.id }),
    ...appendMessage(db, {
      sessionId: run.sessionId,
      sender: 'assistant',
      text: said,
      citations: citationsFrom(allEvidence.filter(({ number }) => cited.includes(number))),
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
    ...extra,
  ])
  room.tell([{ kind: 'end', outcome: 'completed' }])
  executor.publish()
  return { kind: 'over' }
}
