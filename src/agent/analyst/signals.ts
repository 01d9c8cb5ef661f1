/** The five signals of a service, each 0..1, or null when it is not known. */

import type { CaseFile, KnownChange, KnownSeries, KnownTemplate } from './case-file'
import { templateScore } from './logs'
import { serviceKey } from './names'

export interface Components {
  /** How early it shows a sign. */
  readonly A: number | null
  /** How far its metrics are from usual. */
  readonly M: number | null
  /** How many of the other affected services depend on it. */
  readonly G: number | null
  /** How close a change to it, or to what it depends on, came before. */
  readonly C: number | null
  /** How new its error lines are. */
  readonly L: number | null
}

export interface RankedChange extends KnownChange {
  readonly hops: number
  /** Seconds from its end to the first sign of the service; negative when it ended later. */
  readonly dt: number
  readonly score: number
}

export interface Signals {
  readonly service: string
  readonly components: Components
  readonly firstSign: number | null
  readonly hasAlert: boolean
  readonly change: RankedChange | null
  readonly anomalies: readonly KnownSeries[]
  readonly template: (KnownTemplate & { readonly score: number }) | null
}

const FAILED = new Set(['FAILURE', 'FAILED', 'ERROR', 'UNSTABLE', 'TERMINAL', 'TIMED_OUT', 'TIMEOUT'])
const ABANDONED = new Set(['ABORTED', 'CANCELED', 'CANCELLED', 'STOPPED', 'NOT_BUILT', 'SKIPPED'])
const CLOCK_TOLERANCE = 120
const CHANGE_REACH = 7200
const CHANGE_HOPS = 2
const BY_HOPS = [0, 1, 0.7, 0.4] as const

/** Lag in seconds after the earliest first sign, 1 at once and 0 after ten minutes. */
export const earliness = (lag: number): number => Math.max(0, 1 - lag / 600)

/** Weight by what changed, decay by seconds between its end and the first sign, and by distance in the graph. */
export function changeScore(weight: number, dt: number, hops: number): number {
  if (dt < -CLOCK_TOLERANCE || dt > CHANGE_REACH) return 0
  return weight * Math.exp(-Math.max(0, dt) / 1200) * 0.75 ** hops
}

/** A failed deployment weighs most; one that was called off least. */
export function changeWeight(change: { readonly kind: string; readonly result: string | null }): number {
  const result = change.result?.toUpperCase() ?? ''
  if (change.kind === 'deployment' && FAILED.has(result)) return 1
  if (ABANDONED.has(result)) return 0.4
  if (['deployment', 'config', 'flag'].includes(change.kind)) return 0.8
  return ['infrastructure', 'scaling'].includes(change.kind) ? 0.6 : 0.4
}

/** Signals of every service in scope. */
export function signalsOf(file: CaseFile): readonly Signals[] {
  const signs = new Map(file.scope.map((service) => [serviceKey(service), firstSign(file, service)]))
  const known = [...signs.values()].filter((at) => at !== null)
  const earliest = known.length === 0 ? null : Math.min(...known)
  return file.scope.map((service) => {
    const sign = signs.get(serviceKey(service)) ?? null
    const anomalies = anomaliesOf(file, service)
    const change = leadingChange(file, service, sign ?? earliest ?? file.onset)
    const template = leadingTemplate(file, service)
    const zmax = Math.max(0, ...anomalies.filter(isSymptom).map((series) => series.score.zmax))
    return {
      service,
      firstSign: sign,
      hasAlert: file.firstAlerts.has(serviceKey(service)),
      change,
      anomalies,
      template,
      components: {
        A: sign === null || earliest === null ? null : earliness((sign - earliest) / 1000),
        M: file.measured.has(serviceKey(service)) ? Math.min(1, zmax / 20) : null,
        G: dependence(file, service, signs),
        C: file.changeSource === null ? null : (change?.score ?? 0),
        L: file.logged.has(serviceKey(service)) ? (template?.score ?? 0) : null,
      },
    }
  })
}

const same = (a: string, b: string): boolean => serviceKey(a) === serviceKey(b)

function anomaliesOf(file: CaseFile, service: string): readonly KnownSeries[] {
  return file.series
    .filter((series) => same(series.service, service) && series.score.anomalous)
    .toSorted((a, b) => (a.score.onset ?? 0) - (b.score.onset ?? 0) || (a.name < b.name ? -1 : 1))
}

/** What hurts: more errors, slower answers, more use of something scarce. Less of it, or other traffic, is no trouble by itself. */
export const isSymptom = ({ profile, score }: KnownSeries): boolean =>
  profile === 'alert' || (profile !== 'request_rate' && score.direction === 'up')

function firstSign(file: CaseFile, service: string): number | null {
  const times = [
    file.firstAlerts.get(serviceKey(service)) ?? null,
    ...anomaliesOf(file, service)
      .filter(isSymptom)
      .map((series) => series.score.onset),
  ].filter((at) => at !== null)
  return times.length === 0 ? null : Math.min(...times)
}

function dependence(
  file: CaseFile,
  service: string,
  signs: ReadonlyMap<string, number | null>,
): number | null {
  if (!file.graph.known) return null
  const others = file.scope.filter((other) => !same(other, service) && signs.get(serviceKey(other)) !== null)
  if (others.length === 0) return null
  const sum = others.reduce((total, other) => total + (BY_HOPS[file.graph.hops(other, service) ?? 0] ?? 0), 0)
  return sum / others.length
}

function leadingTemplate(file: CaseFile, service: string): Signals['template'] {
  const ranked = file.templates
    .filter((line) => same(line.service, service))
    .map((line) => ({ ...line, score: templateScore(line.template, line.incident, line.baseline) }))
    .toSorted((a, b) => b.score - a.score || b.incident - a.incident || (a.template < b.template ? -1 : 1))
  const [first] = ranked
  return first === undefined || first.score === 0 ? null : first
}

/** The environments are known and differ: a deployment to staging does not break production. */
export function elsewhere(file: CaseFile, change: KnownChange['change']): boolean {
  const here = file.timeline.value.incident.environment
  return here !== null && change.environment !== null && !same(here, change.environment)
}

/** Hops from a service to the changed one along its dependencies, null beyond two. */
export function changeHops(file: CaseFile, service: string, change: KnownChange['change']): number | null {
  if (change.service === null) return null
  if (same(service, change.service)) return 0
  const hops = file.graph.hops(service, change.service)
  return hops !== null && hops <= CHANGE_HOPS ? hops : null
}

function leadingChange(file: CaseFile, service: string, sign: number): RankedChange | null {
  const ranked = file.changes
    .filter((known) => !elsewhere(file, known.change))
    .flatMap((known) => {
      const hops = changeHops(file, service, known.change)
      if (hops === null) return []
      const dt = Math.round((sign - known.finishedAt) / 1000)
      return [{ ...known, hops, dt, score: changeScore(changeWeight(known.change), dt, hops) }]
    })
    .filter((known) => known.score > 0)
    .toSorted((a, b) => b.score - a.score || a.dt - b.dt || (a.change.id < b.change.id ? -1 : 1))
  return ranked[0] ?? null
}
