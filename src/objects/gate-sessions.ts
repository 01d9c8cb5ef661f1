/** Which sessions of a user still count. Pure: storage and clock belong to the gate. */
import { timeOfId } from '../lib/ids'

/** An event that revoked every session opened before `at` (ms), but the one that caused it. */
export interface NotBefore {
  readonly at: number
  readonly spared: string | null
}

export interface Sessions {
  /** Revoked session ids and when their tokens end, ms. */
  readonly revoked: Map<string, number>
  notBefore: NotBefore | null
  mustChangePassword: boolean
}

/**
 * Whether the session was revoked. A session opened in or after the millisecond of the event is valid. An access token
 * outlives such events; what was read of it before (`readAt`, ms) does not.
 */
export function isRevoked({ revoked, notBefore }: Sessions, sid: string, readAt?: number): boolean {
  if (revoked.has(sid)) return true
  if (notBefore === null) return false
  return readAt === undefined ? strikes(notBefore, sid) : readAt <= notBefore.at
}

/** One event that revokes exactly what both revoke, in whichever order they arrive. */
export function mergeNotBefore(known: NotBefore | null, event: NotBefore): NotBefore {
  if (known === null) return event
  const [earlier, later] = known.at <= event.at ? [known, event] : [event, known]
  const spared = later.spared !== null && !strikes(earlier, later.spared) ? later.spared : null
  return { at: later.at, spared }
}

const strikes = ({ at, spared }: NotBefore, sid: string): boolean => sid !== spared && timeOfId(sid) < at
