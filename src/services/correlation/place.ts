/** Where a new alert belongs: rules first, then the score. Pure over what the correlator knows. */
import { correlate, type Correlation } from '../../alerts/correlate'
import type { AlertRow, CorrelationWrites } from '../../store/correlation-rows'
import type { Applicable } from '../../alerts/rules'
import { decideByRule } from './by-rule'
import { asCandidate, isCandidate, type Place, type Placed, type Standing } from './candidates'
import type { World } from './world'

type Strategy = 'primary' | 'rule' | 'topology' | 'time_window' | 'similarity'

export interface Placement<I extends Standing> {
  readonly level: 2 | 3
  readonly outcome: 'joined' | 'opened' | 'shadow'
  readonly reason: string | null
  /** The incident that it joins; null opens one. */
  readonly target: I | null
  readonly strategy: Strategy
  readonly score: number
  readonly details: Readonly<Record<string, unknown>>
  /** The incident's new own window, null when it stays. */
  readonly windowSeconds: number | null
  /** What was looked at, and the limits that applied. */
  readonly log: Pick<CorrelationWrites['decisions'][number], 'threshold' | 'windowSeconds' | 'candidates'>
  readonly rules: readonly Applicable[]
}

/** The decision about one new alert. */
export function placementOf<I extends Standing>(world: Place<I>, alert: Placed): Placement<I> {
  const byRule = decideByRule(world, alert)
  const { found, exclusive } = byRule
  if (found !== null) {
    const { incident, rule } = found
    const shadow = world.settings.mode === 'shadow'
    return {
      level: 2,
      outcome: shadow ? 'shadow' : 'joined',
      reason: `rule ${rule.name}`,
      target: shadow ? null : incident,
      strategy: shadow ? 'primary' : 'rule',
      score: 1,
      details: {
        topology: 0,
        time_window: 0,
        similarity: 0,
        correlated_alert_count: incident.correlatedAlertCount + 1,
        rule: rule.name,
      },
      windowSeconds: null,
      log: { threshold: world.settings.threshold, windowSeconds: rule.windowSeconds, candidates: [] },
      rules: byRule.applicable,
    }
  }
  if (exclusive !== null)
    return {
      level: 2,
      outcome: 'opened',
      reason: 'rule_exclusive',
      target: null,
      strategy: 'primary',
      score: 1,
      details: {},
      windowSeconds: null,
      log: { threshold: world.settings.threshold, windowSeconds: exclusive.windowSeconds, candidates: [] },
      rules: byRule.applicable,
    }
  return byScore(world, alert, byRule.applicable)
}

function byScore<I extends Standing>(
  world: Place<I>,
  alert: Placed,
  rules: readonly Applicable[],
): Placement<I> {
  const candidates = [...world.incidents.values()].filter(isCandidate).map(asCandidate)
  const decision = correlate(alert, candidates, world.graph, world.settings)
  const target =
    decision.outcome === 'joined' ? (world.incidents.get(decision.match.incidentId) ?? null) : null
  return {
    level: 3,
    outcome: decision.outcome,
    reason: decision.reason,
    target,
    strategy: decision.outcome === 'joined' ? decision.match.strategy : 'primary',
    score: decision.match?.score ?? 1,
    details: { ...decision.match?.details },
    windowSeconds: decision.match?.windowSeconds ?? null,
    log: {
      threshold: world.settings.threshold,
      windowSeconds: world.settings.windowSeconds,
      candidates: linesOf(decision),
    },
    rules,
  }
}

const linesOf = (decision: Correlation) => decision.candidates.map((line) => ({ ...line }))

/** The row of the decision log. */
export const decisionRow = (
  world: World,
  alert: Pick<AlertRow, 'id' | 'incidentId'>,
  placed: Placed,
  placement: Placement<Standing>,
): CorrelationWrites['decisions'][number] => ({
  id: world.newId(),
  alertId: alert.id,
  incidentId: alert.incidentId,
  at: world.now,
  level: placement.level,
  outcome: placement.outcome,
  strategy: placement.strategy,
  score: placement.score,
  reason: placement.reason,
  settingsVersion: world.settingsVersion,
  topologyVersion: world.topologyVersion,
  facts: factsOf(placed),
  ...placement.log,
})

/** Conditions look at the first 200 characters. */
const LONGEST_DESCRIPTION = 200

const factsOf = (alert: Placed): Readonly<Record<string, unknown>> => ({
  source: alert.source,
  sourceType: alert.sourceType,
  kind: alert.kind,
  dedupKey: alert.dedupKey,
  severity: alert.severity,
  severityRaw: alert.severityRaw,
  title: alert.title,
  description: alert.description?.slice(0, LONGEST_DESCRIPTION) ?? null,
  service: alert.service,
  environment: alert.environment,
  host: alert.host,
  sourceUrl: alert.sourceUrl,
  sourceAlertId: alert.sourceAlertId,
  labels: alert.labels,
  eventTime: alert.eventTime,
})
