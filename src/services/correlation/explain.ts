/** Why an alert is where it is, in words. */
import * as z from 'zod'

export interface DecisionFacts {
  readonly outcome: string
  readonly incidentId: string | null
  readonly strategy: string
  readonly score: number
  readonly reason: string | null
  readonly threshold: number
  readonly windowSeconds: number
  readonly candidates: readonly Readonly<Record<string, unknown>>[]
}

const lineSchema = z.object({
  incidentId: z.string(),
  topology: z.number(),
  timeWindow: z.number(),
  similarity: z.number(),
  score: z.number(),
  dropped: z.string().nullable(),
})

const STRATEGY_WORDS: Readonly<Record<string, string>> = {
  topology: 'its service is the same or a neighbour in the topology',
  time_window: 'it came at nearly the same time',
  similarity: 'its title and service read alike',
  rule: 'a correlation rule groups them',
  manual: 'a person put it there',
}

const OPEN_WORDS: Readonly<Record<string, string>> = {
  no_candidate: 'no open incident had an alert within the time window',
  below_threshold: 'no open incident was close enough',
  environment_mismatch: 'the incidents near it are of another environment',
  group_full: 'the incidents near it have as many alerts as are allowed',
  correlation_off: 'correlation is switched off',
  rule_exclusive: 'its rule opens an incident of its own when none with the same key is open',
}

/** One sentence for people. */
export function sentenceOf(decision: DecisionFacts): string {
  const { outcome, incidentId, score, threshold } = decision
  switch (outcome) {
    case 'joined':
      return decision.strategy === 'rule'
        ? `Joined incident ${incidentId} by rule: ${decision.reason ?? 'the group key is the same'}.`
        : `Joined incident ${incidentId} with a score of ${score} (threshold ${threshold}): ${strategyWords(decision)}.${nearMisses(decision)}`
    case 'shadow':
      return `Opened an incident of its own because correlation is in shadow mode; it would have joined with a score of ${score} (threshold ${threshold}).`
    case 'merged':
    case 'unmerged':
      return `A person decided: ${decision.reason ?? outcome}.`
    default:
      return `Opened incident ${incidentId ?? 'of its own'}: ${openWords(decision)}.${nearMisses(decision)}`
  }
}

const strategyWords = ({ strategy }: DecisionFacts): string => STRATEGY_WORDS[strategy] ?? strategy

const openWords = ({ reason, strategy }: DecisionFacts): string =>
  strategy === 'manual'
    ? (reason ?? 'a person split it off')
    : (OPEN_WORDS[reason ?? ''] ?? reason ?? 'nothing fitted')

function nearMisses({ candidates, threshold }: DecisionFacts): string {
  const lines = candidates.flatMap((line) => {
    const parsed = lineSchema.safeParse(line)
    return parsed.success && parsed.data.dropped !== null ? [parsed.data] : []
  })
  const [best] = lines
  if (best === undefined) return ''
  const parts = `topology ${best.topology}, time ${best.timeWindow}, similarity ${best.similarity}`
  return ` The nearest other was incident ${best.incidentId} with ${best.score} (${parts}): ${missWords(best.dropped, threshold)}.`
}

function missWords(dropped: string | null, threshold: number): string {
  switch (dropped) {
    case 'below_threshold':
      return `below the threshold of ${threshold}`
    case 'environment_mismatch':
      return 'of another environment'
    case 'group_full':
      return 'with as many alerts as are allowed'
    default:
      return 'not the best'
  }
}
