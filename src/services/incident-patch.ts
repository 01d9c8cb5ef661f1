/** What people may change of an incident, and what such a change means for its row. */
import * as z from 'zod'
import type { IncidentRow } from '../store/correlation-rows'
import { preMergeState } from './merges/state'

const oneOf = <const V extends readonly [string, ...string[]]>(name: string, values: V) =>
  z.enum(values, { error: `Invalid ${name}. Must be one of: ${values.join(', ')}` })

const LONGEST_SUMMARY = 10_000

export const incidentPatch = z
  .object({
    status: oneOf('status', ['investigating', 'analyzed', 'merged', 'resolved']).optional(),
    auroraStatus: oneOf('auroraStatus', ['idle', 'running', 'complete', 'error']).optional(),
    activeTab: oneOf('activeTab', ['thoughts', 'chat']).optional(),
    summary: z
      .union([z.null().transform(() => ''), z.string({ error: 'Invalid summary' })], {
        error: 'Invalid summary',
      })
      .refine((text) => !text.includes('\u0000'), 'Invalid summary')
      .refine(
        (text) => Array.from(text).length <= LONGEST_SUMMARY,
        `Summary too long (max ${LONGEST_SUMMARY} characters)`,
      )
      .optional(),
  })
  .refine((patch) => Object.keys(patch).length > 0, 'No valid fields to update')

export function changesOf(
  before: IncidentRow,
  patch: z.output<typeof incidentPatch>,
  now: number,
): Partial<IncidentRow> {
  const { status = before.status } = patch
  const entersResolved = status === 'resolved' && before.status !== 'resolved'
  const done = status === 'resolved' || status === 'analyzed'
  return {
    status,
    ...(patch.auroraStatus === undefined ? {} : { auroraStatus: patch.auroraStatus }),
    ...(patch.activeTab === undefined ? {} : { activeTab: patch.activeTab }),
    ...(patch.summary === undefined ? {} : { manualSummary: patch.summary }),
    preMergeState: stateBeforeMerge(before, status),
    resolvedAt: entersResolved ? now : status === 'resolved' ? before.resolvedAt : null,
    analyzedAt: before.analyzedAt ?? (done ? now : null),
    updatedAt: now,
  }
}

/** What a hand-made merge is undone to; kept while the incident is merged. */
function stateBeforeMerge(before: IncidentRow, status: IncidentRow['status']): IncidentRow['preMergeState'] {
  if (status !== 'merged') return null
  return before.status === 'merged' ? before.preMergeState : { ...preMergeState(before) }
}

/** The lifecycle's name for a change of status. */
export function eventOf(before: IncidentRow, after: IncidentRow): string {
  if (after.status === 'resolved') return 'resolved'
  if (after.status === 'merged') return 'merged'
  return before.status === 'merged' ? 'unmerged' : before.status === 'resolved' ? 'reopened' : 'updated'
}
