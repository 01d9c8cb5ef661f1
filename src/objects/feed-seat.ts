/** The seat of one reader of an organisation's events: what it may see and how far it has got. Pure. */
import * as z from 'zod'
import type { FeedBounds, FeedEvent } from '../store/feed'
import { encodeCaughtUp, encodeEvent, encodeStart, type AskedCursor } from './feed-wire'

/** What a reader sees: the organisation's own events, one incident's, or none (it only counts as an open stream). */
export type Scope =
  | { readonly kind: 'organisation' }
  | { readonly kind: 'incident'; readonly incidentId: string }
  | { readonly kind: 'presence' }

const scopeSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('organisation') }),
  z.object({ kind: z.literal('incident'), incidentId: z.string() }),
  z.object({ kind: z.literal('presence') }),
])

const readerSchema = z.object({ orgId: z.string(), userId: z.string(), scope: scopeSchema })

/** Who reads what. */
export interface Reader {
  readonly orgId: string
  readonly userId: string
  readonly scope: Scope
}

/** `joining`: came with a cursor that nobody has looked at. `replaying`: given what was stored before it came. */
export const seatSchema = z.discriminatedUnion('state', [
  readerSchema.extend({
    state: z.literal('joining'),
    asked: z.union([z.number(), z.null(), z.literal('unknown')]),
  }),
  readerSchema.extend({ state: z.literal('replaying'), after: z.number() }),
  readerSchema.extend({ state: z.literal('live'), after: z.number() }),
  readerSchema.extend({ state: z.literal('present') }),
])

export type Seat = z.infer<typeof seatSchema>

/** A seat's next state, and what its socket is sent on the way. */
export interface Step {
  readonly seat: Seat
  readonly messages: readonly string[]
}

/** Events in order; `complete` when the log had no more of them. */
export interface FeedPage {
  readonly events: readonly FeedEvent[]
  readonly complete: boolean
}

export const takeSeat = (reader: Reader, asked: AskedCursor): Seat =>
  reader.scope.kind === 'presence' ? { ...reader, state: 'present' } : { ...reader, state: 'joining', asked }

/** Where the seat reads on, or null for one that does not read. */
export const positionOf = (seat: Seat): number | null => ('after' in seat ? seat.after : null)

/** A new reader's start: at its cursor, at the log's end without one, and with a resync when it cannot be continued. */
export function admit(seat: Seat, { floor, head }: FeedBounds): Step {
  if (seat.state !== 'joining') return { seat, messages: [] }
  const { asked, ...reader } = seat
  const continues = asked === null || (asked !== 'unknown' && asked >= floor && asked <= head)
  const after = continues ? (asked ?? head) : head
  return {
    seat: { ...reader, state: 'replaying', after },
    messages: [encodeStart({ cursor: String(after), resync: !continues })],
  }
}

/** Takes a page in: what the reader may see and has not got is sent, and the position moves past all of the page. */
export function advance(seat: Seat, page: FeedPage): Step {
  if (seat.state !== 'replaying' && seat.state !== 'live') return { seat, messages: [] }
  const messages = page.events
    .filter((event) => event.seq > seat.after && shows(seat, event))
    .map(({ seq, json }) => encodeEvent(seq, json))
  if (page.complete && seat.state === 'replaying') messages.push(encodeCaughtUp())
  const after = Math.max(seat.after, page.events.at(-1)?.seq ?? 0)
  return { seat: { ...seat, state: page.complete ? 'live' : seat.state, after }, messages }
}

function shows({ scope, userId }: Reader, event: FeedEvent): boolean {
  if (event.userId !== null && event.userId !== userId) return false
  return event.wide === 1
    ? scope.kind === 'organisation'
    : scope.kind === 'incident' && scope.incidentId === event.incidentId
}

/** Where a reader asks for a seat, as `fetch` of the feed object gets it. */
export function feedAddress(reader: Reader, after: string | null): string {
  const query = new URLSearchParams({ reader: JSON.stringify(reader) })
  if (after !== null) query.set('after', after)
  return `https://feed/?${query.toString()}`
}

/** The other end of `feedAddress`. */
export function readAddress(url: string): { readonly reader: Reader; readonly after: string | null } {
  const query = new URL(url).searchParams
  return { reader: readerSchema.parse(JSON.parse(query.get('reader') ?? '')), after: query.get('after') }
}
