import type { RunLimits, RunState } from './state'

const NO_LIMITS: RunLimits = {
  modelTurns: 16,
  toolCalls: 30,
  externalCalls: 40,
  endsAt: Number.POSITIVE_INFINITY,
}

/** The limit that this run has reached, null while there is none. */
export function exhaustedLimit({ checkpoint, limits = NO_LIMITS }: RunState, now: number): string | null {
  if (checkpoint.modelTurns >= limits.modelTurns) return 'model turns'
  if (checkpoint.phase === 'rules' && checkpoint.toolCalls >= limits.toolCalls) return 'tool calls'
  return now >= limits.endsAt ? 'time' : null
}
