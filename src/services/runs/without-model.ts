/** Going on without the language model, and saying so. */
import type { Asked } from '../../agent/run/ask-model'
import { checkpointSchema } from '../../agent/run/state'
import type { Statement } from '../../store/db'
import { guardRun } from '../../store/runs'
import { settled, type RunAssistant } from './assistant'
import { movedTo, type Executor, type Held, type Progress } from './executor'
import { afterModelFailure, takeBack } from './investigate'

/** What is said beneath an answer that a model should have given. */
export const withoutModel = (reason: string): string =>
  `_${
    reason.startsWith('model cost') || reason.endsWith('tokens') || reason.startsWith('model tokens')
      ? `The budget (${reason}) is used up`
      : 'The language model could not be used'
  }: this is the built-in analysis alone._`

/** What becomes of a step whose model gave no turn, where nobody read along. */
export async function afterNoTurn(
  executor: Executor,
  held: Held,
  assistant: RunAssistant,
  asked: Exclude<Asked, { readonly kind: 'turn' }>,
): Promise<Progress> {
  switch (asked.kind) {
    case 'lost':
      return { kind: 'again', at: executor.now(), held: null }
    case 'over_budget':
      return goOn(executor, held, { degraded: 'over_budget', budgetExhausted: asked.limit }, [])
    case 'failed': {
      const paid = settled(executor, held, assistant, asked.spent)
      return afterModelFailure(executor, held, asked.failure, paid, true)
    }
  }
}

/** The same step again, with another checkpoint. @throws a guard failure when the lease is lost */
export async function goOn(
  { db, now }: Executor,
  held: Held,
  change: Readonly<Record<string, unknown>>,
  paid: readonly Statement[],
): Promise<Progress> {
  const { run, lease } = held
  const checkpoint = { ...run.checkpoint, ...checkpointSchema.parse(run.checkpoint), ...change }
  const position = { step: run.step, iteration: run.iteration + 1, checkpoint }
  await db.commit([...guardRun(db, lease, position, now()), ...paid])
  return { kind: 'again', at: now(), held: movedTo(held, position) }
}

/** Whoever read along has seen `streamed`: now they see what is stored. */
export function tellStored(executor: Executor, held: Held, streamed: string, stored: string): void {
  if (streamed === stored) return
  if (stored.startsWith(streamed)) {
    executor.room.tell([{ kind: 'text', delta: stored.slice(streamed.length) }])
    return
  }
  takeBack(executor, held)
  executor.room.tell([{ kind: 'text', delta: stored }])
}
