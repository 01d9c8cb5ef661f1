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

/** Whether this happening starts a run. At most one is open per incident, and three automatic ones start in 24 hours. */
export function startsRun(facts: TriggerFacts): boolean {
  const { trigger, severity, service, settings, enabled, runs, now } = facts
  if (!enabled || !settings.investigate || rankOf(severity) < rankOf(settings.minRunSeverity)) return false
  if (runs.some(isOpenRun)) return false
  // One that was skipped before it began has looked at nothing.
  const begun = runs.filter((run) => run.startedAt !== null)
  const today = begun.filter((run) => AUTOMATIC.has(run.trigger) && run.createdAt > now - DAY)
  if (today.length >= AUTOMATIC_PER_DAY) return false
  const [last] = begun
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
