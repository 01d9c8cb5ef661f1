/** Who sits at a client's socket. It travels in the address of the object's `fetch` and sleeps as the socket's attachment. Pure. */
import * as z from 'zod'
import { MINUTE } from '../lib/time'
import type { Actor } from '../services/context'

const seatSchema = z.object({
  /** Names the socket inside its object. */
  id: z.string(),
  userId: z.string(),
  orgId: z.string(),
  role: z.enum(['admin', 'editor', 'viewer']),
  sid: z.string().nullable(),
  token: z.object({ id: z.string(), scope: z.enum(['read', 'write']), readAt: z.number() }).optional(),
  /** When the session ends, ms; null where none stands behind the socket. */
  expiresAt: z.number().nullable(),
  /** When the frames of the last minute came, ms. */
  frames: z.array(z.number()),
})

export type Seat = z.infer<typeof seatSchema>

const FRAMES_PER_MINUTE = 120

export const seatOf = (socket: WebSocket): Seat => seatSchema.parse(socket.deserializeAttachment())

/** Where a user asks for a socket, as `fetch` of the user's object gets it. */
export function socketAddress(id: string, actor: Actor, expiresAt: number | null): string {
  const seat: Seat = { id, ...actor, expiresAt, frames: [] }
  return `https://socket/?${new URLSearchParams({ seat: JSON.stringify(seat) }).toString()}`
}

/** The other end of `socketAddress`. */
export const readSocketAddress = (url: string): Seat =>
  seatSchema.parse(JSON.parse(new URL(url).searchParams.get('seat') ?? ''))

/** The seat with one more frame; null when that is one too many for a minute. */
export function countFrame(seat: Seat, now: number): Seat | null {
  const frames = seat.frames.filter((at) => at > now - MINUTE)
  return frames.length >= FRAMES_PER_MINUTE ? null : { ...seat, frames: [...frames, now] }
}

export const actorOf = ({ userId, orgId, role, sid, token }: Seat): Actor => ({
  userId,
  orgId,
  role,
  sid,
  ...(token === undefined ? {} : { token }),
})
