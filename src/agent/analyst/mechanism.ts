/** What kind of failure it is: a point for its words, a point for its shape. */

import type { EvidenceItem } from '../evidence'
import type { TimelineAlert } from '../tools/alert-timeline'
import type { CaseFile } from './case-file'
import { KEYS, type Candidate } from './fusion'
import { serviceKey } from './names'
import type { Profile } from './shapes'

const mechanisms = [
  'monitoring_artifact',
  'bad_change',
  'out_of_memory',
  'crash_loop',
  'disk_full',
  'pool_exhaustion',
  'certificate',
  'dns',
  'access_denied',
  'quota',
  'data_lock',
  'dependency_failure',
  'traffic_surge',
  'cpu_saturation',
  'external_provider',
  'unknown',
] as const
export type Mechanism = (typeof mechanisms)[number]

export interface Cue {
  readonly item: EvidenceItem
  /** The words as the evidence has them, null when only their spelt-out form matched. */
  readonly quote: string | null
}

export interface MechanismFound {
  readonly mechanism: Mechanism
  readonly cue: Cue | null
  /** For `monitoring_artifact`: what shows it. */
  readonly artifact: 'test' | 'no_data' | 'flapping' | null
  /** Whether the cue of an artifact is a label. */
  readonly labelled: boolean
}

const CUES: readonly (readonly [Mechanism, RegExp])[] = [
  ['out_of_memory', words('oomkilled|oom killed|out of memory|heap out of memory|cannot allocate memory')],
  ['crash_loop', words('crashloopbackoff|crash loop back off|restarted|exit code|panic')],
  ['disk_full', words('no space left|disk full|enospc|disk space')],
  ['pool_exhaustion', words('pool exhausted|too many connections|timeout acquiring|connection limit')],
  ['certificate', words('x509|certificate expired|certificate has expired|tls handshake')],
  ['dns', words('nxdomain|no such host|eai_again|servfail')],
  ['access_denied', words('permission denied|access denied|unauthorized|forbidden|invalid credentials')],
  ['quota', /(?<![a-z0-9])(?:quota|rate exceeded|too many requests)(?![a-z0-9])|(?<!cpu )throttl/i],
  ['data_lock', words('deadlock|lock wait timeout|replication lag')],
  ['dependency_failure', words('connection refused|econnrefused|upstream|bad gateway|502|503|504')],
  ['cpu_saturation', words('cpu throttling')],
]

const ARTIFACT_LABELS = { aurora_test: 'test', aurora_nodata: 'no_data' } as const
const FLAPS = 3

function words(alternatives: string): RegExp {
  return new RegExp(`(?<![a-z0-9])(?:${alternatives})(?![a-z0-9])`, 'i')
}

/** The mechanism of the first candidate, or of the incident as a whole when it only looks like one. */
export function mechanismOf(file: CaseFile, first: Candidate | null): MechanismFound {
  const artifact = artifactOf(file, first)
  const points = new Map<Mechanism, number>(mechanisms.map((name) => [name, 0]))
  const add = (name: Mechanism, held: boolean): void => {
    if (held) points.set(name, (points.get(name) ?? 0) + 1)
  }
  const cues = first === null ? new Map<Mechanism, Cue>() : cuesOf(file, first)
  for (const name of cues.keys()) add(name, true)
  if (first !== null) for (const [name, held] of shapesOf(file, first)) add(name, held)
  add('monitoring_artifact', artifact !== null)
  const most = Math.max(...points.values())
  const mechanism =
    most === 0 ? 'unknown' : (mechanisms.find((name) => points.get(name) === most) ?? 'unknown')
  return {
    mechanism,
    cue: cues.get(mechanism) ?? null,
    artifact: mechanism === 'monitoring_artifact' ? (artifact?.kind ?? null) : null,
    labelled: mechanism === 'monitoring_artifact' && artifact?.labelled === true,
  }
}

function shapesOf(file: CaseFile, first: Candidate): readonly (readonly [Mechanism, boolean])[] {
  const { C, G } = first.components
  const moved = (profile: Profile, direction: 'up' | 'down' = 'up'): boolean =>
    first.anomalies.some((series) => series.profile === profile && series.score.direction === direction)
  const firstAlert = file.timeline.value.services[0]
  const alertedFirst =
    firstAlert !== undefined && serviceKey(firstAlert.service) === serviceKey(first.service)
  return [
    ['bad_change', (C ?? 0) >= 0.3],
    ['out_of_memory', moved('memory') && moved('restarts')],
    ['crash_loop', moved('restarts')],
    ['dependency_failure', (G ?? 0) >= 0.5 && !alertedFirst],
    ['traffic_surge', surged(first)],
    ['cpu_saturation', moved('cpu')],
    ['external_provider', file.providers.length > 0],
  ]
}

function surged(first: Candidate): boolean {
  const [earliest, ...later] = first.anomalies
  return (
    earliest?.profile === 'request_rate' &&
    earliest.score.direction === 'up' &&
    later.every((series) => (series.score.onset ?? 0) > (earliest.score.onset ?? 0))
  )
}

/** Words of the candidate's alerts, log templates and platform events, unless their evidence is of low trust. */
function cuesOf(file: CaseFile, first: Candidate): ReadonlyMap<Mechanism, Cue> {
  const key = serviceKey(first.service)
  const texts = [
    ...file.timeline.value.alerts
      .filter((alert) => alert.service !== null && serviceKey(alert.service) === key)
      .flatMap((alert) => textsOf(alert))
      .map((text) => ({ item: file.timeline.item, text })),
    ...file.templates
      .filter((line) => serviceKey(line.service) === key && line.incident > line.baseline)
      .map((line) => ({ item: line.item, text: line.template })),
    ...file.events
      .filter((event) => serviceKey(event.service) === key)
      .map((event) => ({ item: event.item, text: event.text })),
  ].filter((said) => said.item.trust !== 'low')
  const found = new Map<Mechanism, Cue>()
  for (const [name, pattern] of CUES) {
    for (const { item, text } of texts) {
      const raw = pattern.exec(text)
      const spelt =
        raw === null && pattern.test(text.replaceAll(/([a-z0-9])([A-Z])/g, '$1 $2').replaceAll('_', ' '))
      if (raw === null && !spelt) continue
      found.set(name, { item, quote: raw?.[0] ?? null })
      break
    }
  }
  return found
}

function textsOf(alert: TimelineAlert): readonly string[] {
  return [alert.title, alert.description ?? '', ...Object.entries(alert.labels).flat()]
}

/** An artifact is one only when every alert of the incident is; a single test alert hides no outage. */
function artifactOf(
  file: CaseFile,
  first: Candidate | null,
): { readonly kind: 'test' | 'no_data' | 'flapping'; readonly labelled: boolean } | null {
  const { alerts, total } = file.timeline.value
  if (alerts.length === 0) return null
  if (file.timeline.item.trust !== 'low' && alerts.length === total) {
    for (const [label, kind] of Object.entries(ARTIFACT_LABELS)) {
      if (alerts.every((alert) => label in alert.labels && alert.labels[label] !== 'false'))
        return { kind, labelled: true }
    }
    const test = /(?<![A-Za-z])TestAlert(?![A-Za-z])/
    if (alerts.every((alert) => Object.values(alert.labels).some((value) => test.test(value))))
      return { kind: 'test', labelled: true }
    if (
      alerts.every((alert) =>
        textsOf(alert).some((text) => test.test(text) || /(?<![a-z_])aurora_(?:test|nodata)/.test(text)),
      )
    ) {
      return { kind: 'test', labelled: false }
    }
  }
  const quiet = first === null || KEYS.every((name) => name === 'A' || (first.components[name] ?? 0) < 0.3)
  return quiet && alerts.every((alert) => flapsInAnHour(file, alert) >= FLAPS)
    ? { kind: 'flapping', labelled: false }
    : null
}

/** Changes of state of one alert per hour, with those of its earlier rows in the hour before the onset. */
function flapsInAnHour(file: CaseFile, alert: TimelineAlert): number {
  const start = Date.parse(alert.startsAt)
  const end = Date.parse(alert.resolvedAt ?? alert.lastSeenAt)
  const hours = Math.max(1, (end - start) / 3_600_000)
  const earlier =
    file.history?.value.alertId === alert.id
      ? file.history.value.firings.filter((firing) => {
          const at = Date.parse(firing.startedAt)
          return firing.alertId !== alert.id && at < start && at >= start - 3_600_000
        })
      : []
  const before = earlier.reduce((sum, firing) => sum + 1 + firing.flaps, 0)
  return Math.floor(alert.flaps / hours) + before
}
