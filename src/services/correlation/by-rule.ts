/** Level 2 of correlation: the rules that people wrote. */
import { applicableRules, type Applicable } from '../../alerts/rules'
import { SECOND } from '../../lib/time'
import type { CorrelationWrites } from '../../store/correlation-rows'
import { isCandidate, type Place, type Placed, type Standing } from './candidates'
import { groupOf, type World } from './world'

export interface ByRule<I extends Standing> {
  readonly applicable: readonly Applicable[]
  /** The incident that the first rule with one found. */
  readonly found: { readonly incident: I; readonly rule: Applicable['rule'] } | null
  /** None found one, and this rule wants a new incident then. */
  readonly exclusive: Applicable['rule'] | null
}

/** What the rules say about a new alert. */
export function decideByRule<I extends Standing>(world: Place<I>, alert: Placed): ByRule<I> {
  const applicable = world.settings.mode === 'off' ? [] : applicableRules(world.rules, alert)
  for (const { rule, key } of applicable) {
    const incident = openWithKey(world, { rule, key }, alert.eventTime)
    if (incident !== null) return { applicable, found: { incident, rule }, exclusive: null }
  }
  const exclusive = applicable.find(({ rule }) => rule.exclusive)?.rule ?? null
  return { applicable, found: null, exclusive }
}

/** The open incident with this rule's key that had an alert last, within the rule's window. */
function openWithKey<I extends Standing>(
  world: Place<I>,
  { rule, key }: Applicable,
  eventTime: number,
): I | null {
  const ids = world.groups.get(groupOf(rule.id, key)) ?? new Set<string>()
  const [best] = [...ids]
    .flatMap((id) => world.incidents.get(id) ?? [])
    .filter(isCandidate)
    .filter(({ lastAlertAt }) => Math.abs(eventTime - lastAlertAt) <= rule.windowSeconds * SECOND)
    .toSorted((a, b) => b.lastAlertAt - a.lastAlertAt || (a.id < b.id ? -1 : 1))
  return best ?? null
}

/** The incident is found by the keys of all rules that applied to its alerts. Answers those that are new. */
export function addKeys(
  groups: Place<Standing>['groups'],
  incidentId: string,
  applicable: readonly Applicable[],
): readonly Applicable[] {
  return applicable.filter(({ rule, key }) => {
    const group = groupOf(rule.id, key)
    const ids = groups.get(group) ?? new Set<string>()
    if (ids.has(incidentId)) return false
    groups.set(group, ids.add(incidentId))
    return true
  })
}

/** The same, and the rows that keep them. */
export function keepKeys(
  world: World,
  writes: CorrelationWrites,
  incidentId: string,
  applicable: readonly Applicable[],
): void {
  for (const { rule, key } of addKeys(world.groups, incidentId, applicable))
    writes.groupKeys.push({
      id: world.newId(),
      incidentId,
      ruleId: rule.id,
      groupKey: key,
      createdAt: world.now,
    })
}
