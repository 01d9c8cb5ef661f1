/** Slow work of a connection: what its steps see and what they leave. */
import type { Access } from './access'
import type { Vendor } from './operation'
import type { Outcome } from './outcome'
import type { VendorCtx } from './vendor-ctx'

/** What a step of a job sees besides the vendor. `memory` is what the steps before it left. */
export interface JobView {
  readonly input: Readonly<Record<string, unknown>>
  readonly memory: Readonly<Record<string, unknown>>
  readonly selections: readonly Selection[]
}

export interface Selection {
  readonly id: string
  readonly name: string | null
  readonly type: string | null
  readonly enabled: boolean
  readonly isRoot: boolean
}

/** Where a job stands after a step. A step that says `again` is repeated: it was cut into slices. */
export interface JobProgress {
  readonly next: 'step' | 'again' | 'done'
  readonly memory?: Readonly<Record<string, unknown>>
  /** 0 to 100. */
  readonly progress?: number
  readonly status?: string
  readonly propagation?: Readonly<Record<string, unknown>> | null
  readonly result?: Readonly<Record<string, unknown>>
  /** Replaces the stored selections. */
  readonly selections?: readonly Selection[]
  /** Added to the connection's details. */
  readonly details?: Readonly<Record<string, unknown>>
}

/** Slow work in idempotent steps, each its own queue message. */
export interface Job<M> {
  /** Texts of the states before the first step. */
  readonly texts: { readonly pending: string; readonly started: string }
  readonly steps: readonly ((vendor: Vendor<M>, job: JobView) => Promise<Outcome<JobProgress>>)[]
}

/** A job over any connection of its provider. */
export interface ConnectorJob {
  readonly texts: { readonly pending: string; readonly started: string }
  readonly steps: readonly ((
    ctx: VendorCtx,
    access: Access,
    details: unknown,
    job: JobView,
  ) => Promise<Outcome<JobProgress>>)[]
}
