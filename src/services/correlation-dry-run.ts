/** Rehearsing other settings and rules over what really happened; nothing is written. */
import * as z from 'zod'
import { correlationSettings } from '../alerts/correlation-settings'
import type { Rule } from '../alerts/rules'
import { serviceGraph } from '../alerts/service-graph'
import { AppError } from '../lib/errors'
import { timeOfId } from '../lib/ids'
import { DAY } from '../lib/time'
import { readEdges } from '../store/topology'
import { MAX_RULES } from '../store/correlation-rules'
import * as store from '../store/replay'
import { settingsOf } from '../store/settings'
import { requireRole, type Ctx } from './context'
import { listRules, newRule } from './correlation-rules'
import type { Placed } from './correlation/candidates'
import { pairsChanged, replay, type ReplayStep } from './correlation/replay'
import { settingsFrom, withChanges } from './correlation/settings'
import { bodyTime } from './list-input'

const LONGEST = 7 * DAY
const MOST_OPENINGS = 5000
const MOST_ALERTS = 20_000
const MOST_EVENTS = 50_000
const MOST_GROUPS = 200
/** How long before the period an incident may have been heard of last to matter in it: the widest window. */
const BEFORE = DAY

export const dryRunRequest = z.object({
  from: bodyTime('Invalid from'),
  to: bodyTime('Invalid to'),
  settings: correlationSettings.partial().nullish(),
  /** In place of the present ones. */
  rules: z.array(newRule, { error: 'Invalid rules' }).max(MAX_RULES, 'Too many rules').nullish(),
})

const facts = z.custom<Placed>((value) => typeof value === 'object' && value !== null && 'labels' in value)

/**
 * Which incidents the alerts of a period would have made. People's merges are ignored on both sides; `exact` is false where
 * something was not kept, or people or the topology changed what was decided.
 * @throws AppError forbidden, validation_failed
 */
export async function dryRun(ctx: Ctx, { from, to, settings, rules }: z.output<typeof dryRunRequest>) {
  requireRole(ctx, 'editor')
  const { db } = ctx
  if (to <= from) throw new AppError('validation_failed', 'Invalid to')
  if (to - from > LONGEST) throw new AppError('validation_failed', 'Period is longer than 7 days')
  const alerts = await store.alertsToReplay(db, from - BEFORE, to, MOST_ALERTS)
  const ids = alerts.map(({ id }) => id)
  const [rows, counted, changes, [stored], edges] = await db.batch([
    store.eventsToReplay(db, ids, to, MOST_EVENTS),
    store.countedToReplay(db, from - BEFORE, to, MOST_EVENTS),
    store.manualChanges(db, [...new Set(alerts.map(({ incidentId }) => incidentId))], to),
    settingsOf(db),
    readEdges(db),
  ])
  const events = withCounted(rows, counted)
  const present = settingsFrom(stored?.correlation)
  const proposed = {
    settings: settings === undefined || settings === null ? present : withChanges(present, settings),
    rules: rules === undefined || rules === null ? await listRules(ctx) : numbered(rules),
    graph: serviceGraph(edges),
  }
  const steps = stepsOf(alerts, events, changes, from)
  const homesNow = new Map(alerts.map(({ id, incidentId }) => [id, incidentId]))
  const period = new Map(
    steps.flatMap((step) =>
      step.kind === 'opened' && step.forced === null
        ? [[step.alertId, homesNow.get(step.alertId) ?? step.alertId] as const]
        : [],
    ),
  )
  if (period.size > MOST_OPENINGS)
    throw new AppError('validation_failed', `Too many events in this period (max ${MOST_OPENINGS})`)
  const homes = replay(proposed, steps)
  const then = new Map([...period.keys()].map((id) => [id, homes.get(id) ?? id]))
  const topologyVersion = stored?.topologyVersion ?? 1
  const asDecided = alerts.every(
    (alert) => alert.byHand === 1 || (alert.facts !== null && alert.topologyVersion === topologyVersion),
  )
  const untouched = changes.every(({ event }) => event === 'resolved' || event === 'reopened')
  return {
    events: period.size,
    exact:
      asDecided &&
      untouched &&
      Math.max(rows.length, counted.length) < MOST_EVENTS &&
      alerts.length < MOST_ALERTS,
    now: sizesOf(period),
    proposed: sizesOf(then),
    pairsChanged: pairsChanged(period, then),
    groups: changedGroups(period, then),
  }
}

/** Repeats that have no rows where they were decided among those that have. */
function withCounted(
  rows: readonly store.ReplayEvent[],
  counted: Awaited<ReturnType<typeof store.countedToReplay>>,
): readonly store.ReplayEvent[] {
  if (counted.length === 0) return rows
  const repeats = counted.map((one) => ({
    ...one,
    effect: 'repeat',
    eventTime: one.receivedAt,
    at: timeOfId(one.id),
  }))
  return [...rows, ...repeats].toSorted((a, b) => a.at - b.at || (a.id < b.id ? -1 : 1))
}

const numbered = (rules: readonly z.output<typeof newRule>[]): readonly Rule[] =>
  rules.map((rule, index) => ({ id: `proposed-${String(index).padStart(4, '0')}`, ...rule }))

/** Everything in the order in which it was decided. What opened before the period is where it was put. */
function stepsOf(
  alerts: readonly store.ReplayAlert[],
  events: readonly store.ReplayEvent[],
  changes: readonly store.ManualChange[],
  from: number,
): readonly ReplayStep[] {
  const byId = new Map(alerts.map((alert) => [alert.id, alert]))
  const opener = new Map<string, string>()
  const timedOut = new Set<string>()
  const timed: { readonly at: number; readonly step: ReplayStep }[] = []
  for (const { alertId, effect, eventTime, at, receivedAt } of events) {
    const alert = byId.get(alertId)
    // An alert that only timed out fires again when it is heard of, whatever start it names.
    const believed = timedOut.has(alertId) ? Math.max(eventTime, receivedAt ?? at) : eventTime
    const step =
      alert === undefined ? null : stepOf(alert, { effect, eventTime: believed, at, receivedAt }, from)
    if (effect === 'expired' || effect === 'auto_resolved') timedOut.add(alertId)
    else if (effect === 'reopened') timedOut.delete(alertId)
    if (step === null || alert === undefined) continue
    if (step.kind === 'opened' && !opener.has(alert.incidentId)) opener.set(alert.incidentId, alertId)
    timed.push({ at, step })
  }
  for (const alert of alerts.filter(({ byHand }) => byHand === 1)) {
    opener.set(alert.incidentId, alert.id)
    const step = {
      kind: 'opened',
      alertId: alert.id,
      facts: factsOf(alert),
      forced: alert.incidentId,
    } as const
    timed.push({ at: alert.createdAt, step })
  }
  for (const { incidentId, event, at } of changes) {
    const alertId = opener.get(incidentId)
    if (alertId === undefined || (event !== 'resolved' && event !== 'reopened')) continue
    timed.push({ at, step: { kind: event === 'resolved' ? 'closed' : 'reopened', alertId } })
  }
  // The sort is stable: events of one moment stay in the order in which they were decided.
  return timed.toSorted((a, b) => a.at - b.at).map(({ step }) => step)
}

function stepOf(
  alert: store.ReplayAlert,
  { effect, eventTime, at, receivedAt }: Omit<store.ReplayEvent, 'alertId' | 'id'>,
  from: number,
): ReplayStep | null {
  const alertId = alert.id
  switch (effect) {
    case 'opened':
      return { kind: 'opened', alertId, facts: factsOf(alert), forced: at < from ? alert.incidentId : null }
    case 'repeat':
      return { kind: 'seen', alertId, at: receivedAt ?? at }
    case 'escalated':
      return { kind: 'worse', alertId, at: eventTime }
    case 'reopened':
      return { kind: 'back', alertId, at: eventTime }
    case 'resolved':
    case 'expired':
    case 'auto_resolved':
      return { kind: 'ended', alertId }
    default:
      return null
  }
}

const factsOf = (alert: store.ReplayAlert): Placed => facts.parse(JSON.parse(alert.facts ?? alert.alert))

function sizesOf(homes: ReadonlyMap<string, string>) {
  const sizes = new Map<string, number>()
  for (const home of homes.values()) sizes.set(home, (sizes.get(home) ?? 0) + 1)
  return { incidents: sizes.size, largest: Math.max(0, ...sizes.values()) }
}

/** The proposed incidents that are not among the present ones. */
function changedGroups(now: ReadonlyMap<string, string>, then: ReadonlyMap<string, string>) {
  const members = (homes: ReadonlyMap<string, string>): Map<string, string[]> => {
    const groups = new Map<string, string[]>()
    for (const [alertId, home] of homes) {
      const group = groups.get(home)
      if (group === undefined) groups.set(home, [alertId])
      else group.push(alertId)
    }
    return groups
  }
  const present = new Set([...members(now).values()].map((ids) => ids.toSorted().join()))
  return [...members(then).values()]
    .filter((ids) => !present.has(ids.toSorted().join()))
    .slice(0, MOST_GROUPS)
    .map((alertIds, index) => ({
      key: `g${index + 1}`,
      alertIds,
      incidentIdsNow: [...new Set(alertIds.flatMap((id) => now.get(id) ?? []))],
    }))
}
