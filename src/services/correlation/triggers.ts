/** When an automatic investigation starts: pure rules over what is known of the incident's earlier ones. */
import type { Severity } from '../../alerts/canonical'
import { rankOf } from '../../alerts/severity'
import { DAY, MINUTE } from '../../lib/time'
import type { RunFacts } from '../../store/correlation-rows'
import type { AlertSettings } from './chunk'

export type Trigger = 'opened' | 'reopened' | 'escalated' | 'joined' | 'released'

const AUTOMATIC_PER_DAY = 3
const QUIET = 30 * MINUTE
const OPEN_STATES = new Set(['queued', 'leased', 'running'])
const AUTOMATIC = new Set(['opened', 'reopened', 'escalated', 'joined', 'released'])

export const isOpenRun = (run: RunFacts): boolean => OPEN_STATES.has(run.state)

export interface TriggerFacts {
  readonly trigger: Trigger
  readonly severity: Severity
  /** The service that the alert brings; only `joined` looks at it. */
  readonly service: string | null
  readonly settings: AlertSettings
  /** The organisation's switch. */
  readonly enabled: boolean
  readonly runs: readonly RunFacts[]
  readonly now: number
}

/** Why a run that was called for never begins. */
type SkipReason = 'disabled' | 'below_min_severity' | 'run_limit'

/**
 * Whether this happening starts a run, or is to leave one that was skipped and says why; null when nothing is worth a word.
 * At most one is open per incident, and three automatic ones start in 24 hours.
 */
export function decideRun(facts: TriggerFacts): 'start' | SkipReason | null {
  const { severity, settings, enabled, runs, now } = facts
  const isFirst = runs.length === 0
  if (!enabled || !settings.investigate) return isFirst ? 'disabled' : null
  if (rankOf(severity) < rankOf(settings.minRunSeverity)) return isFirst ? 'below_min_severity' : null
  if (runs.some(isOpenRun) || !isCalledFor(facts)) return null
  const today = begunOf(runs).filter((run) => AUTOMATIC.has(run.trigger) && run.createdAt > now - DAY)
  if (today.length < AUTOMATIC_PER_DAY) return 'start'
  return runs[0]?.startedAt === null ? null : 'run_limit'
}

/** One that was skipped before it began has looked at nothing. */
const begunOf = (runs: TriggerFacts['runs']) => runs.filter(({ startedAt }) => startedAt !== null)

function isCalledFor({ trigger, severity, service, runs, now }: TriggerFacts): boolean {
  const [last] = begunOf(runs)
  if (last === undefined) return true
  if ((last.startedAt ?? last.createdAt) > now - QUIET) return false
  switch (trigger) {
    case 'opened':
    case 'reopened':
    case 'released':
      return true
    case 'escalated':
      return severity === 'critical'
    case 'joined':
      return service !== null && !last.services.includes(service)
  }
}
