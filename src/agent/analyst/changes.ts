/** How likely a change is to have started the trouble of a service. */

import type { CaseFile, KnownChange } from './case-file'
import { isQuiet, same } from './signs'

export interface RankedChange extends KnownChange {
  readonly hops: number
  /** Seconds from its end to the first sign of the service; negative when it ended later. */
  readonly dt: number
  readonly score: number
}

const FAILED = new Set(['FAILURE', 'FAILED', 'ERROR', 'UNSTABLE', 'TERMINAL', 'TIMED_OUT', 'TIMEOUT'])
const ABANDONED = new Set(['ABORTED', 'CANCELED', 'CANCELLED', 'STOPPED', 'NOT_BUILT', 'SKIPPED'])
const CLOCK_TOLERANCE = 120
const CHANGE_REACH = 7200
const CHANGE_HOPS = 2
/** What is left of a change to a dependency that is measured and well. */
const WELL = 0.25

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

/** The environments are known and differ: a deployment to staging does not break production. */
export function elsewhere({ timeline }: Pick<CaseFile, 'timeline'>, change: KnownChange['change']): boolean {
  const here = timeline.value.incident.environment
  return here !== null && change.environment !== null && !same(here, change.environment)
}

/** Hops from a service to the changed one along its dependencies, null beyond two. */
export function changeHops(
  { graph }: Pick<CaseFile, 'graph'>,
  service: string,
  change: KnownChange['change'],
): number | null {
  if (change.service === null) return null
  if (same(service, change.service)) return 0
  const hops = graph.hops(service, change.service)
  return hops !== null && hops <= CHANGE_HOPS ? hops : null
}

/** The change that fits best to trouble of a service since `sign` (ms), best by score; null when none fits. */
export function leadingChange(
  file: Pick<CaseFile, 'timeline' | 'graph' | 'changes' | 'series' | 'anomalies'>,
  service: string,
  sign: number,
): RankedChange | null {
  const ranked = file.changes
    .filter((known) => !elsewhere(file, known.change))
    .flatMap((known) => {
      const hops = changeHops(file, service, known.change)
      if (hops === null) return []
      const dt = Math.round((sign - known.finishedAt) / 1000)
      const through = hops > 0 && isQuiet(file, known.change.service ?? '') ? WELL : 1
      return [{ ...known, hops, dt, score: changeScore(changeWeight(known.change), dt, hops) * through }]
    })
    .filter((known) => known.score > 0)
    .toSorted((a, b) => b.score - a.score || a.dt - b.dt || (a.change.id < b.change.id ? -1 : 1))
  return ranked[0] ?? null
}
