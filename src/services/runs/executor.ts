import type { LanguageModel } from 'ai'
import type { Lease, RunRow } from '../../store/run-rows'
import type { Toolbox } from '../../agent/run/toolbox'
import type { TenantDb } from '../../store/tenant-db'
import type { LlmPorts } from '../llm-choice'
import type { Permit } from './lease'
import type { Room } from './room-events'

/** What a thread's object lends to a run. */
export interface Executor {
  readonly db: TenantDb
  /** The object's own id: it may always take its lease again. */
  readonly owner: string
  readonly room: Room
  readonly permit: Permit
  readonly now: () => number
  /** The built-in analyst: always there, and what a person gets when no language model is. */
  readonly model: LanguageModel
  /** The way to a language model; null where there can be none. */
  readonly llm: LlmPorts | null
  /** The tools of a run of this organisation; without it, those that read our own rows. */
  readonly tools?: Toolbox
  /** Aborted when the run is cancelled while a step is at work. */
  readonly stopped: AbortSignal
  /** New rows stand in the event log. */
  readonly publish: () => void
}

/** A run that is held, as it stood after the last commit. */
export interface Held {
  readonly run: RunRow
  readonly lease: Lease
}

type Position = Pick<RunRow, 'step' | 'iteration' | 'checkpoint'>

/** The run as it stands after the commit that moved it there. */
export const movedTo = ({ lease, run }: Held, position: Position): Held => ({
  lease,
  run: { ...run, ...position, state: 'running', stalledClaims: 0 },
})

export type Progress =
  /** There is more to do, from this time on (ms). */
  | { readonly kind: 'again'; readonly at: number; readonly held: Held | null }
  /** The run has ended, or is not ours to end. */
  | { readonly kind: 'over' }
