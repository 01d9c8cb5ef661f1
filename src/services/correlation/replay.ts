/** Replays what happened to alerts under other settings: pure, over the same placing as the correlator's. */
import { SECOND } from '../../lib/time'
import { addKeys } from './by-rule'
import { grownBy, type Place, type Placed, type Standing } from './candidates'
import { placementOf } from './place'

export type ReplayStep =
  | {
      readonly kind: 'opened'
      readonly alertId: string
      readonly facts: Placed
      readonly forced: string | null
    }
  | { readonly kind: 'seen' | 'worse' | 'back'; readonly alertId: string; readonly at: number }
  | { readonly kind: 'ended'; readonly alertId: string }
  /** A person resolved or reopened the incident that now has this alert. */
  | { readonly kind: 'closed' | 'reopened'; readonly alertId: string }

/** Which incident each alert would be in. Alerts that are `forced` are where they were put. */
export function replay(
  { settings, graph, rules }: Pick<Place<Standing>, 'settings' | 'graph' | 'rules'>,
  steps: Iterable<ReplayStep>,
): ReadonlyMap<string, string> {
  const incidents = new Map<string, Standing>()
  const place: Place<Standing> = { settings, graph, rules, groups: new Map(), incidents }
  const homes = new Map<string, string>()
  const change = (alertId: string, changes: (incident: Standing) => Partial<Standing>): void => {
    const incident = incidents.get(homes.get(alertId) ?? '')
    if (incident !== undefined) incidents.set(incident.id, { ...incident, ...changes(incident) })
  }
  for (const step of steps) {
    switch (step.kind) {
      case 'opened': {
        const placement = placementOf(place, step.facts)
        const id = step.forced ?? placement.target?.id ?? `new:${step.alertId}`
        homes.set(step.alertId, id)
        addKeys(place.groups, id, placement.rules)
        const known = incidents.get(id)
        const joined =
          known === undefined
            ? opened(id, step.facts)
            : { ...known, ...grownBy(known, step.facts, lateWindow(step, placement, place, known)) }
        incidents.set(id, {
          ...joined,
          openAlertCount: joined.openAlertCount + 1,
          lastAlertAt: Math.max(joined.lastAlertAt, step.facts.eventTime),
        })
        break
      }
      case 'seen':
        change(step.alertId, ({ lastAlertAt }) => ({ lastAlertAt: Math.max(lastAlertAt, step.at) }))
        break
      case 'worse':
        change(step.alertId, ({ lastAlertAt }) => ({
          status: 'investigating',
          lastAlertAt: Math.max(lastAlertAt, step.at),
        }))
        break
      case 'back':
        change(step.alertId, (incident) => ({
          status: 'investigating',
          openAlertCount: incident.openAlertCount + 1,
          lastAlertAt: Math.max(incident.lastAlertAt, step.at),
        }))
        break
      case 'ended':
        change(step.alertId, ({ openAlertCount }) => ({ openAlertCount: Math.max(0, openAlertCount - 1) }))
        break
      case 'closed':
        change(step.alertId, () => ({ status: 'resolved' }))
        break
      case 'reopened':
        change(step.alertId, () => ({ status: 'investigating' }))
        break
    }
  }
  return homes
}

const opened = (id: string, facts: Placed): Standing => ({
  id,
  status: 'investigating',
  openAlertCount: 0,
  alertTitle: facts.title,
  affectedServices: facts.service === null ? [] : [facts.service],
  alertEnvironment: facts.environment,
  lastAlertAt: facts.eventTime,
  correlatedAlertCount: 0,
  ownWindowSeconds: null,
})

/** An alert that is put back where it was enlarges the incident's window as its join did. */
function lateWindow(
  { facts, forced }: Extract<ReplayStep, { kind: 'opened' }>,
  placement: { readonly windowSeconds: number | null },
  { settings }: Pick<Place<Standing>, 'settings'>,
  incident: Standing,
): number | null {
  if (forced === null || !settings.autoExtend) return placement.windowSeconds
  const window = incident.ownWindowSeconds ?? settings.windowSeconds
  const late = Math.abs(facts.eventTime - incident.lastAlertAt) > (window / 2) * SECOND
  return late ? Math.min(window + settings.windowSeconds / 2, 86_400) : null
}

/** How many pairs of alerts are together in one grouping only. */
export function pairsChanged(
  now: ReadonlyMap<string, string>,
  then: ReadonlyMap<string, string>,
): { readonly joined: number; readonly split: number } {
  const cells = new Map<string, number>()
  const before = new Map<string, number>()
  const after = new Map<string, number>()
  const count = (map: Map<string, number>, key: string): unknown => map.set(key, (map.get(key) ?? 0) + 1)
  for (const [alertId, group] of now) {
    const other = then.get(alertId) ?? ''
    count(before, group)
    count(after, other)
    count(cells, `${group}\n${other}`)
  }
  const pairs = (map: ReadonlyMap<string, number>): number =>
    [...map.values()].reduce((sum, n) => sum + (n * (n - 1)) / 2, 0)
  const both = pairs(cells)
  return { joined: pairs(after) - both, split: pairs(before) - both }
}
