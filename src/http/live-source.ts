/** Opens the sockets that live streams show. */
import { unavailable } from '../lib/errors'
import { within } from '../lib/within'
import { feedAddress, type Scope } from '../objects/feed-seat'
import { closeQuietly } from '../objects/feed-wire'
import { roomAddress } from '../objects/subscribers'
import type { AppContext } from './env'
import { LIVE_HEADERS, liveStream, realClock, type LiveSource } from './live'
import { enterGate, tooMany } from './middleware/gate'

const DEADLINE_MS = 3000
/** There is no telling when the user closes another stream. */
const RETRY_MS = 10_000
const UPGRADE = { headers: { upgrade: 'websocket' } } as const

/** A seat at the caller's organisation's events. @throws AppError rate_limited when the user has too many streams open. */
export function openFeed(c: AppContext, scope: Scope): Promise<WebSocket> {
  const { orgId, userId } = c.var.actor
  const address = feedAddress({ orgId, userId, scope }, askedCursor(c, ['after']))
  return open(c, () => c.env.FEED.getByName(orgId).fetch(address, UPGRADE))
}

/** A seat in a session's room, and one at the feed, where the user's open streams are counted. @throws AppError rate_limited. */
export async function openRoom(c: AppContext, sessionId: string): Promise<LiveSource> {
  const presence = await openFeed(c, { kind: 'presence' })
  const address = roomAddress({ userId: c.var.actor.userId, after: askedCursor(c, ['after', 'after_seq']) })
  try {
    const socket = await open(c, () => c.env.ROOM.getByName(sessionId).fetch(address, UPGRADE))
    return { socket, companions: [presence] }
  } catch (error) {
    presence.accept()
    closeQuietly(presence, 1000)
    throw error
  }
}

/** Answers with the source's events until the client leaves, the token ends or the session is revoked. */
export function sendLive(c: AppContext, source: LiveSource): Response {
  const actor = c.var.actor
  const stream = liveStream(source, {
    signal: c.req.raw.signal,
    expiresAt: c.var.sessionEndsAt,
    check: () => enterGate(c, actor, { bucket: null }),
    clock: realClock,
  })
  return c.body(stream, 200, LIVE_HEADERS)
}

/** A browser that reconnects sends the header beside the query it first came with: the header is newer. */
function askedCursor(c: AppContext, names: readonly string[]): string | null {
  const sent = [c.req.header('last-event-id'), ...names.map((name) => c.req.query(name))]
  return sent.find((text) => text !== undefined && text !== '') ?? null
}

async function open(c: AppContext, connect: () => Promise<Response>): Promise<WebSocket> {
  c.var.cost.objectCalls++
  const answer = await within(DEADLINE_MS, connect()).catch((error: unknown) => {
    throw unavailable(error)
  })
  if (answer.webSocket !== null) return answer.webSocket
  throw answer.status === 429 ? tooMany(RETRY_MS) : unavailable()
}
