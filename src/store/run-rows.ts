import type { InferSelectModel } from 'drizzle-orm'
import type { evidence, incidentSuggestions, runs } from '../../drizzle/schema'

export type RunRow = InferSelectModel<typeof runs>
export type EvidenceRow = InferSelectModel<typeof evidence>
export type NewSuggestion = Omit<typeof incidentSuggestions.$inferInsert, 'orgId'>

/** What a lease is held with: a later claim raises the epoch and so fences off whoever held it before. */
export interface Lease {
  readonly runId: string
  readonly epoch: number
}
