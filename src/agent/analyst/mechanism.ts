/** What kind of failure it is: a point for its words, a point for its shape. */

import { artifactOf } from './artifact'
import type { CaseFile } from './case-file'
import { cuesOf, type Cue } from './cues'
import { shapesOf } from './failure-shapes'
import type { Candidate } from './fusion'

/** In the order in which ties are decided. */
const mechanisms = [
  'monitoring_artifact',
  'bad_change',
  'config_change',
  'out_of_memory',
  'crash_loop',
  'disk_full',
  'pool_exhaustion',
  'resource_limit',
  'certificate',
  'dns',
  'network_failure',
  'node_failure',
  'access_denied',
  'quota',
  'data_lock',
  'bad_data',
  'retry_storm',
  'noisy_neighbour',
  'dependency_failure',
  'traffic_surge',
  'cpu_saturation',
  'external_provider',
  'unknown',
] as const
export type Mechanism = (typeof mechanisms)[number]

/** The failures that a reported change is to blame for. */
export type ChangeMechanism = 'bad_change' | 'config_change'
export const isChange = (mechanism: Mechanism): mechanism is ChangeMechanism =>
  mechanism === 'bad_change' || mechanism === 'config_change'

export interface MechanismFound {
  readonly mechanism: Mechanism
  readonly cue: Cue | null
  /** For `monitoring_artifact`: what shows it. */
  readonly artifact: 'test' | 'no_data' | 'flapping' | null
  /** Whether the cue of an artifact is a label. */
  readonly labelled: boolean
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
  for (const name of first === null ? [] : shapesOf(file, first)) add(name, true)
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
