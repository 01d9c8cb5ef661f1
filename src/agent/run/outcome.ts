import type { Failure } from './failure'
import { advance, type Checkpoint, type RunState, type Spent, type StepResult } from './state'

export type StepOutcome =
  | { readonly ok: true; readonly result: StepResult }
  /** The model failed; the attempt's text is void. */
  | {
      readonly ok: false
      readonly failure: Failure
      readonly spent: Spent | null
      readonly saidSome: boolean
    }
  /** The run is no longer ours: nothing may be written. */
  | { readonly ok: false; readonly failure: null }

export const done = (result: StepResult): StepOutcome => ({ ok: true, result })

/** News may lead back from here: each time is an iteration of its own, as thoughts and evidence are stored once under theirs. */
export const toConclude = (state: RunState, rest: Partial<StepResult>): StepOutcome =>
  done(advance(state, 'conclude', rest, state.checkpoint.returns))

/** How many tries a call has, and how long to wait after each, ms. */
const BACK_OFF = [2000, 8000, 30_000] as const
/** A vendor that asks for more patience than this is as good as away. */
const MOST_PATIENCE = 60_000

export type AfterFailure =
  | { readonly kind: 'wait'; readonly ms: number }
  /** Go on with this checkpoint: half the transcript, or without the model. */
  | { readonly kind: 'go_on'; readonly checkpoint: Checkpoint }
  | { readonly kind: 'stop' }

/**
 * What follows a failed call of a model.
 * @param failures tries of this step that failed so far, this one included
 */
export function afterFailure(
  { kind, retryAfterMs }: Failure,
  failures: number,
  checkpoint: Checkpoint,
): AfterFailure {
  const without = (degraded: string): AfterFailure => ({
    kind: 'go_on',
    checkpoint: { ...checkpoint, degraded, phase: 'rules' },
  })
  switch (kind) {
    case 'aborted':
      return { kind: 'stop' }
    case 'filtered':
      return without('content_filter')
    case 'refused':
      return without('model_unavailable')
    case 'refused_input':
      return checkpoint.halved
        ? without('model_unavailable')
        : { kind: 'go_on', checkpoint: { ...checkpoint, halved: true } }
    case 'unavailable': {
      const wait = BACK_OFF[failures - 1]
      const asked = retryAfterMs ?? 0
      return wait === undefined || asked > MOST_PATIENCE
        ? without('model_unavailable')
        : { kind: 'wait', ms: Math.max(wait, asked) }
    }
  }
}
