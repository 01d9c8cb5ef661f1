/** The five signals of a service, each 0..1, or null when it is not known. */

import type { CaseFile, KnownSeries, KnownTemplate } from './case-file'
import { leadingChange, type RankedChange } from './changes'
import { templateScore } from './logs'
import { serviceKey } from './names'
import { anomaliesOf, earliest, firstNoticed, firstSign, isQuiet, same, symptomsOf } from './signs'

export interface Components {
  /** How early it shows a sign. */
  readonly A: number | null
  /** How far its metrics are from usual. */
  readonly M: number | null
  /** How many of the other affected services it can have hurt. */
  readonly G: number | null
  /** How close a change to it, or to what it depends on, came before. */
  readonly C: number | null
  /** How new its error lines are. */
  readonly L: number | null
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

const BY_HOPS = [0, 1, 0.7, 0.4] as const

/** Lag in seconds after the first that anyone noticed, 1 until then and 0 after ten minutes. */
export const earliness = (lag: number): number => Math.min(1, Math.max(0, 1 - lag / 600))

/** Signals of every service in scope. */
export function signalsOf(file: CaseFile): readonly Signals[] {
  const signs = new Map(file.scope.map((service) => [serviceKey(service), firstSign(file, service)]))
  // Something busy an hour ago does not make everything since then late.
  const noticed = earliest(file.scope.map((service) => firstNoticed(file, service)))
  return file.scope.map((service) => {
    const sign = signs.get(serviceKey(service)) ?? null
    const anomalies = anomaliesOf(file, service)
    const change = leadingChange(file, service, sign ?? noticed ?? file.onset)
    const template = leadingTemplate(file, service)
    const zmax = Math.max(0, ...symptomsOf(file, service).map((series) => series.score.zmax))
    return {
      service,
      firstSign: sign,
      hasAlert: file.firstAlerts.has(serviceKey(service)),
      change,
      anomalies,
      template,
      components: {
        A: sign === null || noticed === null ? null : earliness((sign - noticed) / 1000),
        M: zmax > 0 || isQuiet(file, service) ? Math.min(1, zmax / 20) : null,
        G: influence(file, service, signs),
        C: file.changeSource === null ? null : (change?.score ?? 0),
        L: file.logged.has(serviceKey(service)) ? (template?.score ?? 0) : null,
      },
    }
  })
}

function influence(
  file: CaseFile,
  service: string,
  signs: ReadonlyMap<string, number | null>,
): number | null {
  if (!file.effects.known) return null
  const others = file.scope.filter((other) => !same(other, service) && signs.get(serviceKey(other)) !== null)
  if (others.length === 0) return null
  const sum = others.reduce(
    (total, other) => total + (BY_HOPS[file.effects.hops(other, service) ?? 0] ?? 0),
    0,
  )
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
