/** What was kept from doing harm: written where it happens, read by admins. */
import * as z from 'zod'
import type { NewEvidence, Strike } from '../agent/run/state'
import { encodeCursor } from '../lib/cursor'
import { queryInteger } from '../lib/fields'
import { newId } from '../lib/ids'
import { securityPage, type SecurityEventRow } from '../store/security-events'
import { requireRole, type Ctx } from './context'
import { queryCursor } from './list-input'

interface Owner {
  readonly incidentId: string | null
  readonly runId: string
}

/** The rows of one step: each finding place of a run is noted once, whatever is repeated after a crash. */
export function securityRows(
  { incidentId, runId }: Owner,
  found: { readonly evidence?: readonly NewEvidence[]; readonly struck: readonly Strike[] },
  at: number,
) {
  const evidence = found.evidence ?? []
  const places = [
    ...evidence.flatMap(({ key, tool, result }) =>
      result.quarantined.length === 0
        ? []
        : [
            {
              kind: 'quarantine',
              place: tool,
              key,
              rules: result.quarantined,
              detail: 'Quarantined in the result of a tool.',
            },
          ],
    ),
    ...evidence
      .filter(({ result }) => result.errorCode === 'policy_denied')
      .map(({ key, tool }) => ({
        kind: 'refusal',
        place: tool,
        key: `${key}:refused`,
        rules: [],
        detail: 'A tool was refused the way to the address that it was given.',
      })),
    ...found.struck.map(({ place, rules }) => ({
      kind: 'quarantine',
      place,
      key: place,
      rules,
      detail: 'Quarantined before a language model saw it.',
    })),
  ]
  return places.map(({ kind, place, key, rules, detail }) => ({
    id: newId(at),
    kind,
    incidentId,
    runId,
    place,
    rules: [...rules],
    detail,
    dedupeKey: `${runId}:${key}`,
    at,
  }))
}

export const securityQuery = z.object({
  since: z
    .union([z.iso.datetime({ offset: true }), z.iso.date()], { error: 'Invalid since' })
    .transform((value) => Date.parse(value))
    .optional(),
  cursor: queryCursor,
  limit: queryInteger({ error: 'Invalid limit', min: 1, max: 200, fallback: 50 }),
})

/** Newest first; `nextCursor` is null on the last page. @throws AppError forbidden */
export async function listSecurityEvents(
  ctx: Ctx,
  { since, cursor, limit }: z.output<typeof securityQuery>,
): Promise<{ readonly events: readonly SecurityEventRow[]; readonly nextCursor: string | null }> {
  requireRole(ctx, 'admin')
  const rows = await securityPage(ctx.db, { since: since ?? 0, before: cursor ?? null, limit: limit + 1 })
  const events = rows.slice(0, limit)
  const last = events.at(-1)
  return { events, nextCursor: rows.length > limit && last !== undefined ? encodeCursor(last) : null }
}
