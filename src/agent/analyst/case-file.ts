/** Stored evidence read back into the facts that the analysis reasons about. */

import { inOrder, newestOf, readOutput, type EvidenceItem } from '../evidence'
import { alertHistoryOutput, type AlertHistory } from '../tools/alert-history'
import { alertTimelineOutput, type AlertTimeline } from '../tools/alert-timeline'
import { findRunbookOutput, type FoundRunbooks } from '../tools/find-runbook'
import { recentChangesOutput, type Change } from '../tools/recent-changes'
import { recentIncidentsOutput, type RecentIncidents } from '../tools/recent-incidents'
import { serviceTopologyOutput, type ServiceTopology } from '../tools/service-topology'
import { similarIncidentsOutput, type SimilarIncidents } from '../tools/similar-incidents'
import { effectsOf } from './effects'
import { graphOf, type Graph } from './graph'
import { serviceKey } from './names'
import type { SeriesScore } from './series'
import type { CommitsOutput, Profile } from './shapes'
import { anomaliesBy } from './signs'
import { toldBy } from './told'

const MAX_SCOPE = 20
const MAX_HOPS = 3

interface Sourced<T> {
  readonly item: EvidenceItem
  readonly value: T
}

export interface KnownSeries {
  readonly item: EvidenceItem
  readonly service: string
  readonly name: string
  readonly profile: Profile
  readonly score: SeriesScore
}

export interface KnownTemplate {
  readonly item: EvidenceItem
  readonly service: string
  readonly template: string
  readonly incident: number
  readonly baseline: number
  /** The first minute of a burst, where there is one. */
  readonly since?: string | null | undefined
}

export interface KnownChange {
  readonly item: EvidenceItem
  readonly change: Change
  readonly finishedAt: number
}

export interface CaseFile {
  readonly timeline: Sourced<AlertTimeline>
  readonly onset: number
  /** Names of the services in scope: alerting ones by their first alert, then what can have hurt them, nearest first. */
  readonly scope: readonly string[]
  /** First alert by service key, ms. */
  readonly firstAlerts: ReadonlyMap<string, number>
  /** Who calls whom. */
  readonly graph: Graph
  /** Who can be hurt by whom. */
  readonly effects: Graph
  readonly topology: Sourced<ServiceTopology> | null
  readonly changes: readonly KnownChange[]
  /** The evidence that speaks for the change sources; null when none has ever reported. */
  readonly changeSource: EvidenceItem | null
  readonly series: readonly KnownSeries[]
  /** The anomalous ones by service key, the earliest first. */
  readonly anomalies: ReadonlyMap<string, readonly KnownSeries[]>
  /** Services (by key) whose metrics were read, with the evidence. */
  readonly measured: ReadonlyMap<string, EvidenceItem>
  readonly templates: readonly KnownTemplate[]
  readonly logged: ReadonlyMap<string, EvidenceItem>
  readonly events: readonly { readonly item: EvidenceItem; readonly service: string; readonly text: string }[]
  readonly providers: readonly {
    readonly item: EvidenceItem
    readonly provider: string
    readonly title: string
  }[]
  /** Those that report neither an open incident nor a part that is not well. */
  readonly wellProviders: readonly { readonly item: EvidenceItem; readonly provider: string }[]
  readonly commits: readonly Sourced<CommitsOutput>[]
  /** Answers of sources that know none of the services. */
  readonly silent: readonly EvidenceItem[]
  /** What sources that answered could not read. */
  readonly unread: readonly { readonly item: EvidenceItem; readonly what: readonly string[] }[]
  readonly history: Sourced<AlertHistory> | null
  readonly similar: Sourced<SimilarIncidents> | null
  readonly recent: Sourced<RecentIncidents> | null
  /** The best that was found for the primary alert. It tells what to do next, never what happened. */
  readonly runbook: Sourced<FoundRunbooks['runbooks'][number]> | null
  readonly unavailable: readonly EvidenceItem[]
}

/** The case as the evidence tells it; null without an alert timeline, since then nothing is known. */
export function openCase(evidence: readonly EvidenceItem[]): CaseFile | null {
  const timeline = newestOf(evidence, 'alert_timeline', alertTimelineOutput)
  if (timeline === null) return null
  const items = inOrder(evidence)
  const onset = Date.parse(timeline.value.onset)
  const topology = newestOf(evidence, 'service_topology', serviceTopologyOutput)
  const calls = items
    .flatMap((item) =>
      item.tool === 'service_topology' ? (readOutput(item, serviceTopologyOutput)?.edges ?? []) : [],
    )
    .map(([from, to]) => ({ from, to }))
  const alerting = timeline.value.services.map((service) => service.service)
  const signals = toldBy(items, onset)
  const anomalous = signals.series.filter(({ score }) => score.anomalous).map(({ service }) => service)
  const known = {
    timeline,
    onset,
    firstAlerts: new Map(
      timeline.value.services.map((service) => [
        serviceKey(service.service),
        Date.parse(service.firstAlertAt),
      ]),
    ),
    graph: graphOf(calls),
    ...changesOf(items),
    ...signals,
    anomalies: anomaliesBy(signals.series),
  }
  const effects = effectsOf(known, calls)
  const searches = newestOf(evidence, 'find_runbook', findRunbookOutput)
  return {
    ...known,
    unread: [...signals.unread, ...unaskedIn(searches)],
    runbook: bestOf(searches),
    effects,
    scope: scopeOf(alerting, anomalous, effects),
    topology,
    history: newestOf(evidence, 'alert_history', alertHistoryOutput),
    similar: newestOf(evidence, 'similar_incidents', similarIncidentsOutput),
    recent: newestOf(evidence, 'recent_incidents', recentIncidentsOutput),
    unavailable: items.filter((item) => item.status === 'error'),
  }
}

/** What stands in a quarantined answer is nothing to send people to. */
function bestOf(found: Sourced<FoundRunbooks> | null): CaseFile['runbook'] {
  const best = found?.value.runbooks[0]
  return found === null || best === undefined || found.item.trust === 'low'
    ? null
    : { item: found.item, value: best }
}

function unaskedIn(found: Sourced<FoundRunbooks> | null): CaseFile['unread'] {
  const failed = (found?.value.searched ?? []).flatMap(({ source, error }) =>
    error === null ? [] : [source],
  )
  return found === null || failed.length === 0 ? [] : [{ item: found.item, what: failed }]
}

function scopeOf(
  alerting: readonly string[],
  anomalous: readonly string[],
  effects: Graph,
): readonly string[] {
  const nearest = new Map<string, { readonly service: string; readonly hops: number }>()
  for (const found of alerting.flatMap((service) => effects.dependencies(service, MAX_HOPS))) {
    const known = nearest.get(serviceKey(found.service))
    if (known === undefined || found.hops < known.hops) nearest.set(serviceKey(found.service), found)
  }
  const own = new Set(alerting.map(serviceKey))
  const others = [...nearest.values()]
    .filter((found) => !own.has(serviceKey(found.service)))
    .toSorted((a, b) => a.hops - b.hops || (a.service < b.service ? -1 : 1))
  const strange = new Set(anomalous.map(serviceKey).filter((key) => !own.has(key)))
  const near = others.filter(({ service }) => !strange.has(serviceKey(service)))
  const found = [...strange]
    .toSorted()
    .map((key) => anomalous.find((name) => serviceKey(name) === key) ?? key)
  return [...alerting, ...found, ...near.map(({ service }) => service)].slice(0, MAX_SCOPE)
}

function changesOf(items: readonly EvidenceItem[]): Pick<CaseFile, 'changes' | 'changeSource'> {
  const changes = new Map<string, KnownChange>()
  let changeSource: EvidenceItem | null = null
  for (const item of items) {
    const value = item.tool === 'recent_changes' ? readOutput(item, recentChangesOutput) : null
    if (value === null || !value.sourceSeen) continue
    // A call for one service says nothing about the others.
    if (value.service === null || changeSource === null) changeSource = item
    for (const change of value.changes)
      changes.set(change.id, { item, change, finishedAt: Date.parse(change.finishedAt) })
  }
  return {
    changeSource,
    changes: [...changes.values()].toSorted(
      (a, b) => b.finishedAt - a.finishedAt || (a.change.id < b.change.id ? -1 : 1),
    ),
  }
}
