/** The organisation's incidents, newest first, with filters. */
import * as z from 'zod'
import { encodeCursor } from '../lib/cursor'
import { queryInteger } from '../lib/fields'
import { countOfIncidents, pageOfIncidents, SEARCHED } from '../store/incident-list'
import type { Ctx } from './context'
import { queryCursor, queryTime, queryWord } from './list-input'

/** Beyond this many, matches of several filters, of a time range or of a search are not counted. */
const COUNTED = 10_000

export const listQuery = z.object({
  status: z
    .enum(['investigating', 'analyzed', 'merged', 'resolved'], {
      error: 'Invalid status. Must be one of: investigating, analyzed, merged, resolved',
    })
    .optional(),
  limit: queryInteger({ error: 'Invalid limit', min: 1, max: 100, fallback: 100 }),
  offset: queryInteger({ error: 'Invalid offset', min: 0, max: 999_999_999, fallback: 0 }),
  severity: z
    .enum(['critical', 'high', 'medium', 'low', 'unknown'], {
      error: 'Invalid severity. Must be one of: critical, high, medium, low, unknown',
    })
    .optional(),
  /** The service of the first alert, exactly. */
  service: queryWord('service'),
  source: queryWord('source', 64),
  /** Words of title, service or summary; all must occur, each may be the beginning of one. The newest 10,000 such are looked at. */
  q: queryWord('q'),
  /** Started at or after, ISO 8601 or ms. */
  from: queryTime('from'),
  /** Started at or before, ISO 8601 or ms. */
  to: queryTime('to'),
  /** `nextCursor` of an earlier answer; replaces `offset`. */
  cursor: queryCursor,
})

export type ListedIncident = Awaited<ReturnType<typeof listIncidents>>['incidents'][number]

/**
 * A page and how many match in all. One round trip; as many rows read as returned, and one for the total (behind a cursor
 * one more, which the cursor names). The exception is what has to be counted: matches of a search, a time range or several
 * filters.
 */
export async function listIncidents(ctx: Ctx, asked: z.output<typeof listQuery>) {
  const { limit, cursor, q, status, severity, service, source, from, to } = asked
  const offset = cursor === undefined ? asked.offset : 0
  const words = q === undefined ? undefined : wordsOf(q)
  const filter = { status, severity, service, source, from, to, words }
  const [incidents, [counted]] = await ctx.db.together([
    pageOfIncidents(ctx.db, filter, { after: cursor ?? null, limit, offset }),
    countOfIncidents(ctx.db, filter, COUNTED),
  ])
  const last = incidents.length === limit ? incidents.at(-1) : undefined
  const total = counted?.n ?? 0
  const isCounted = words !== undefined || from !== undefined || to !== undefined || several(filter)
  return {
    incidents,
    total,
    /** There may be more: the count, or the search, stopped here. */
    totalIsCapped: isCounted && (total === COUNTED || counted?.searched === SEARCHED),
    limit,
    offset,
    nextCursor: last === undefined ? null : encodeCursor({ at: last.startedAt, id: last.id }),
  }
}

const several = (filter: object): boolean =>
  Object.values(filter).filter((value) => value !== undefined).length > 1

const MOST_WORDS = 10

/** As the index cuts texts into words. */
const wordsOf = (text: string): readonly string[] =>
  (text.match(/[\p{L}\p{N}\p{Co}]+/gu) ?? []).slice(0, MOST_WORDS)
