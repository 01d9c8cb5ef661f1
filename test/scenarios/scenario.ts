/** The format of a labelled scenario. All times are seconds after the first alert, negative before it. */

import type { ChangeFacts, Severity } from '../../src/agent/facts'
import type { Mechanism } from '../../src/agent/analyst/mechanism'
import type { Profile } from '../../src/agent/analyst/shapes'

export interface Scenario {
  readonly name: string
  /** What really went on, which nobody tells the analyst. */
  readonly story: string
  /** The service where it began; `nobody` where a careful person would name none. */
  readonly cause: string
  /** What a post-mortem would call it, several where it is arguable; left out where the evidence cannot tell. */
  readonly mechanism?: Mechanism | readonly Mechanism[]
  /** The incident's alerts. */
  readonly alerts: readonly ScenarioAlert[]
  /** `web > cart`: web calls cart. Left out: nobody has told the topology. */
  readonly calls?: readonly string[]
  /** Left out: nothing reports changes. */
  readonly changes?: readonly ScenarioChange[]
  /** Metrics by service. */
  readonly metrics?: Readonly<Record<string, Metrics>>
  /** Log templates by service: text, lines in the incident, lines in the same time before. */
  readonly logs?: Readonly<Record<string, readonly (readonly [string, number, number])[]>>
  /** What the platform says about a service. */
  readonly events?: Readonly<Record<string, readonly string[]>>
  /** Open incidents on status pages. */
  readonly providers?: readonly string[]
  /** Tools that failed. */
  readonly failed?: readonly string[]
}

export interface ScenarioAlert {
  readonly service: string | null
  readonly title: string
  readonly at?: number
  readonly severity?: Severity
  readonly text?: string
  readonly labels?: Readonly<Record<string, string>>
  readonly host?: string
  readonly flaps?: number
  /** When it resolved; left out while it is open. */
  readonly until?: number
}

export interface ScenarioChange {
  readonly service: string | null
  readonly at: number
  readonly kind?: ChangeFacts['kind']
  readonly result?: string
  readonly environment?: string
}

export type Metrics = Readonly<Partial<Record<Profile, Course>>>

/** A metric over time, every 30 seconds from an hour before the first alert to a quarter of an hour after it. */
export interface Course {
  readonly usual: number
  /** Standard deviation of the noise as a share of the value; 0.05 when left out. */
  readonly noise?: number
  /** `[at, value, over]`: from `at` on the value moves to `value` within `over` seconds, at once when left out. */
  readonly moves?: readonly (readonly [at: number, value: number, over?: number])[]
  /** A regular up and down: share of the value, and its length in seconds. */
  readonly wave?: readonly [share: number, period: number]
  /** Share of the points that are missing. */
  readonly gaps?: number
  /** From this second on nothing is known. */
  readonly ends?: number
}
