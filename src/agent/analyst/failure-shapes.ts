/** What a kind of failure looks like in the signals. */

import type { CaseFile } from './case-file'
import type { Candidate } from './fusion'
import type { Mechanism } from './mechanism'
import { neglects } from './neglect'
import type { Profile } from './shapes'
import { rise, same } from './signs'

/** The kinds of failure whose shape the candidate has. */
export function shapesOf(file: CaseFile, first: Candidate): readonly Mechanism[] {
  const { C, G } = first.components
  const rose = (...profiles: readonly Profile[]): boolean => rise(file, first.service, profiles) !== null
  const shapes: readonly (readonly [Mechanism, boolean])[] = [
    ['bad_change', (C ?? 0) >= 0.3 && !isSetting(first)],
    ['config_change', (C ?? 0) >= 0.3 && isSetting(first)],
    ['out_of_memory', (rose('memory') && rose('restarts')) || rose('oom_kills')],
    ['crash_loop', rose('restarts')],
    ['retry_storm', insisted(file, first)],
    ['noisy_neighbour', disturbs(file, first)],
    ['traffic_surge', surged(first)],
    ['cpu_saturation', rose('cpu')],
    ['external_provider', file.providers.length > 0],
  ]
  const held = shapes.flatMap(([name, holds]) => (holds ? [name] : []))
  // That others followed is true of most failures, so it counts only where nothing says more.
  const followed = (G ?? 0) >= 0.5 && !alertedFirst(file, first)
  return held.length === 0 && followed ? ['dependency_failure'] : held
}

/** Whether the incident's first alert is the candidate's. */
export function alertedFirst({ timeline }: CaseFile, { service }: Candidate): boolean {
  const [earliest] = timeline.value.services
  return earliest !== undefined && same(earliest.service, service)
}

const isSetting = ({ change }: Candidate): boolean =>
  change?.change.kind === 'config' || change?.change.kind === 'flag'

/** More requests than before, but only after it was slow or failed already. */
function insisted(file: CaseFile, { service }: Candidate): boolean {
  const failed = rise(file, service, ['error_ratio', 'errors', 'latency_p95'])
  const asked = rise(file, service, ['request_rate'])
  return failed !== null && asked !== null && failed < asked
}

/** It takes what others need, and hurts a service with which it has nothing to do but what both use. */
function disturbs(file: CaseFile, { service }: Candidate): boolean {
  const takes = file.scope.some(
    (other) =>
      file.effects.hops(other, service) === 1 &&
      file.graph.hops(other, service) === null &&
      !neglects(file, { from: service, to: other }),
  )
  const hurts = file.timeline.value.services.some(
    (other) =>
      (file.effects.hops(other.service, service) ?? 0) > 0 &&
      file.graph.hops(other.service, service) === null &&
      file.graph.hops(service, other.service) === null,
  )
  return takes && hurts
}

function surged(first: Candidate): boolean {
  const [earliest, ...later] = first.anomalies
  return (
    earliest?.profile === 'request_rate' &&
    earliest.score.direction === 'up' &&
    later.every((series) => (series.score.onset ?? 0) > (earliest.score.onset ?? 0))
  )
}
