/** Stored evidence read back into the facts that the analysis reasons about. */

import { inOrder, newestOf, readOutput, type EvidenceItem } from '../evidence'
import { alertHistoryOutput, type AlertHistory } from '../tools/alert-history'
import { alertTimelineOutput, type AlertTimeline } from '../tools/alert-timeline'
import { recentChangesOutput, type Change } from '../tools/recent-changes'
import { recentIncidentsOutput, type RecentIncidents } from '../tools/recent-incidents'
import { serviceTopologyOutput, type ServiceTopology } from '../tools/service-topology'
import { similarIncidentsOutput, type SimilarIncidents } from '../tools/similar-incidents'
import { graphOf, type Graph } from './graph'
import { serviceKey } from './names'
import { scoreSeries, type Point, type SeriesScore } from './series'
import {
  eventsOutput,
  logsOutput,
  MIN_DELTA,
  providerOutput,
  seriesOutput,
  serviceSeriesOutput,
  type Profile,
} from './shapes'

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
}

export interface KnownChange {
  readonly item: EvidenceItem
  readonly change: Change
  readonly finishedAt: number
}

export interface CaseFile {
  readonly timeline: Sourced<AlertTimeline>
  readonly onset: number
  /** Names of the services in scope: alerting ones by their first alert, then dependencies, nearest first. */
  readonly scope: readonly string[]
  /** First alert by service key, ms. */
  readonly firstAlerts: ReadonlyMap<string, number>
  readonly graph: Graph
  readonly topology: Sourced<ServiceTopology> | null
  readonly changes: readonly KnownChange[]
  /** The evidence that speaks for the change sources; null when none has ever reported. */
  readonly changeSource: EvidenceItem | null
  readonly series: readonly KnownSeries[]
  /** Services (by key) whose metrics were read, with the evidence. */
  readonly measured: ReadonlyMap<string, EvidenceItem>
  /** Services (by key) whose metrics were asked for, found or not. */
  readonly asked: ReadonlySet<string>
  readonly templates: readonly KnownTemplate[]
  readonly logged: ReadonlyMap<string, EvidenceItem>
  readonly events: readonly { readonly item: EvidenceItem; readonly service: string; readonly text: string }[]
  readonly providers: readonly {
    readonly item: EvidenceItem
    readonly provider: string
    readonly title: string
  }[]
  readonly history: Sourced<AlertHistory> | null
  readonly similar: Sourced<SimilarIncidents> | null
  readonly recent: Sourced<RecentIncidents> | null
  readonly unavailable: readonly EvidenceItem[]
}

/** The case as the evidence tells it; null without an alert timeline, since then nothing is known. */
export function openCase(evidence: readonly EvidenceItem[]): CaseFile | null {
  const timeline = newestOf(evidence, 'alert_timeline', alertTimelineOutput)
  if (timeline === null) return null
  const items = inOrder(evidence)
  const onset = Date.parse(timeline.value.onset)
  const topology = newestOf(evidence, 'service_topology', serviceTopologyOutput)
  const edges = items.flatMap((item) =>
    item.tool === 'service_topology' ? (readOutput(item, serviceTopologyOutput)?.edges ?? []) : [],
  )
  const graph = graphOf(edges.map(([from, to]) => ({ from, to })))
  const alerting = timeline.value.services.map((service) => service.service)
  const signals = signalsOf(items, onset)
  const anomalous = signals.series.filter(({ score }) => score.anomalous).map(({ service }) => service)
  return {
    timeline,
    onset,
    scope: scopeOf(alerting, anomalous, graph),
    firstAlerts: new Map(
      timeline.value.services.map((service) => [
        serviceKey(service.service),
        Date.parse(service.firstAlertAt),
      ]),
    ),
    graph,
    topology,
    ...changesOf(items),
    ...signals,
    history: newestOf(evidence, 'alert_history', alertHistoryOutput),
    similar: newestOf(evidence, 'similar_incidents', similarIncidentsOutput),
    recent: newestOf(evidence, 'recent_incidents', recentIncidentsOutput),
    unavailable: items.filter((item) => item.status === 'error'),
  }
}

function scopeOf(alerting: readonly string[], anomalous: readonly string[], graph: Graph): readonly string[] {
  const nearest = new Map<string, { readonly service: string; readonly hops: number }>()
  for (const found of alerting.flatMap((service) => graph.dependencies(service, MAX_HOPS))) {
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

function signalsOf(
  items: readonly EvidenceItem[],
  onset: number,
): Pick<CaseFile, 'series' | 'measured' | 'asked' | 'templates' | 'logged' | 'events' | 'providers'> {
  const series: KnownSeries[] = []
  const measured = new Map<string, EvidenceItem>()
  const asked = new Set<string>()
  const templates: KnownTemplate[] = []
  const logged = new Map<string, EvidenceItem>()
  const events: { item: EvidenceItem; service: string; text: string }[] = []
  const providers: { item: EvidenceItem; provider: string; title: string }[] = []
  for (const item of items) {
    const several = readOutput(item, serviceSeriesOutput)
    for (const service of several?.asked ?? []) asked.add(serviceKey(service))
    const single = readOutput(item, seriesOutput)
    for (const { service, series: read } of several?.services ?? (single === null ? [] : [single])) {
      for (const one of read) {
        const points = one.values.flatMap((value, index): readonly Point[] =>
          value === null ? [] : [[one.start + index * one.stepSeconds * 1000, value]],
        )
        const score = scoreSeries(points, onset, MIN_DELTA[one.profile])
        if (score === null) continue
        measured.set(serviceKey(service), item)
        series.push({ item, service, name: one.name, profile: one.profile, score })
      }
    }
    const logs = readOutput(item, logsOutput)
    if (logs !== null) {
      logged.set(serviceKey(logs.service), item)
      templates.push(...logs.templates.map((line) => ({ item, service: logs.service, ...line })))
    }
    const told = readOutput(item, eventsOutput)
    if (told !== null) events.push(...told.texts.map((text) => ({ item, service: told.service, text })))
    const provider = readOutput(item, providerOutput)
    if (provider?.open === true) providers.push({ item, provider: provider.provider, title: provider.title })
  }
  return { series, measured, asked, templates, logged, events, providers }
}
