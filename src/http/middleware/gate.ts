/** One call to the caller's gate per request: it counts and refuses revoked sessions. */
import { AppError, unavailable } from '../../lib/errors'
import { gateName, windowsOf, type BucketName, type LimitWindow } from '../../lib/limits'
import { within } from '../../lib/within'
import type { Entry, EnterRequest, Rate } from '../../objects/gate'
import type { Actor } from '../../services/context'
import { clearBadCookie } from '../cookies'
import type { AppContext } from '../env'

const DEADLINE_MS = 3000

interface Counted {
  readonly bucket: BucketName | null
  readonly alsoCounts?: BucketName
  readonly openBeforePasswordChange?: boolean
}

/** @throws AppError session_revoked, rate_limited, password_change_required, unavailable (fails closed). */
export async function enterGate(c: AppContext, actor: Actor, rule: Counted): Promise<void> {
  const buckets = [rule.bucket, rule.alsoCounts].filter((name) => name !== null && name !== undefined)
  const entry = await enter(c, gateName.user(actor.userId), {
    windows: buckets.flatMap((name) => windowsOf(c.env, name)),
    sid: actor.token?.id ?? actor.sid,
    ...(actor.token === undefined ? {} : { readAt: actor.token.readAt }),
    openBeforePasswordChange: rule.openBeforePasswordChange ?? false,
  })
  admitOrThrow(c, entry)
}

/** Counts an attempt before there is a user, in the gate of an address or an e-mail; answers the admission, for `release`. */
export async function countAttempt(
  c: AppContext,
  gate: string,
  windows: readonly LimitWindow[],
): Promise<number> {
  const entry = await enter(c, gate, { windows, sid: null, openBeforePasswordChange: true })
  return admitOrThrow(c, entry)
}

async function enter(c: AppContext, gate: string, request: EnterRequest): Promise<Entry> {
  c.get('cost').objectCalls++
  try {
    return await within(DEADLINE_MS, Promise.resolve(c.env.GATE.getByName(gate).enter(request)))
  } catch (error) {
    throw unavailable(error)
  }
}

function admitOrThrow(c: AppContext, entry: Entry): number {
  if (entry.ok) {
    if (entry.rate !== null) showRate(c, entry.rate)
    return entry.at
  }
  switch (entry.code) {
    case 'session_revoked':
      clearBadCookie(c)
      throw new AppError('session_revoked', 'Session has been revoked')
    case 'password_change_required':
      if (entry.rate !== null) showRate(c, entry.rate)
      throw new AppError('password_change_required', 'Password change required')
    case 'rate_limited':
      showRate(c, entry.rate)
      throw tooMany(entry.retryAfterMs)
  }
}

/** The documented refusal of a counted request. */
export function tooMany(retryAfterMs: number): AppError {
  const seconds = Math.max(1, Math.ceil(retryAfterMs / 1000))
  return new AppError('rate_limited', 'Rate limit exceeded', {
    headers: { 'retry-after': String(seconds) },
    body: {
      message: `Too many requests. Please try again in ${seconds} seconds.`,
      retry_after_seconds: seconds,
    },
  })
}

function showRate(c: AppContext, rate: Rate): void {
  const seconds = Math.ceil(rate.resetMs / 1000)
  c.header('ratelimit-limit', String(rate.limit))
  c.header('ratelimit-remaining', String(rate.remaining))
  c.header('ratelimit-reset', String(seconds))
  c.header('x-ratelimit-limit', String(rate.limit))
  c.header('x-ratelimit-remaining', String(rate.remaining))
  c.header('x-ratelimit-reset', String(Math.ceil((c.get('now') + rate.resetMs) / 1000)))
}
