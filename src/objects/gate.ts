/**
 * The gate in front of everything that is counted: of a user (limits and revoked sessions in one call), of an address or
 * e-mail before there is a user, and of an integration. All storage is synchronous, so no method interleaves with another.
 */
import { DurableObject } from 'cloudflare:workers'
import type { LimitWindow } from '../lib/limits'
import { SESSION_MS } from '../lib/session-token'
import { DAY } from '../lib/time'
import { admitInAll } from './gate-core'
import { isRevoked, mergeNotBefore, type NotBefore, type Sessions } from './gate-sessions'
import * as windows from './gate-window'

export interface EnterRequest {
  /** The windows to count in; none only checks the session. */
  readonly windows: readonly LimitWindow[]
  /** The session id (UUID v7) of the token; null for service calls and before there is a user. */
  readonly sid: string | null
  /**
   * Set when `sid` is the id of an access token: when the caller read its row, ms. The row holds until the token is
   * revoked or anything changes about the user; then the caller has to read it again.
   */
  readonly readAt?: number
  /** Whether the route is open to a user who must first change a password set by an admin. */
  readonly openBeforePasswordChange: boolean
}

/** What the rate headers need; `resetMs` is the time until the oldest counted request leaves the window. */
export type Rate = windows.WindowState

export type Entry =
  /** `at` identifies the admission for `release`. */
  | { readonly ok: true; readonly rate: Rate | null; readonly at: number }
  | {
      readonly ok: false
      readonly code: 'rate_limited'
      readonly bucket: string
      readonly rate: Rate
      readonly retryAfterMs: number
    }
  | { readonly ok: false; readonly code: 'session_revoked' }
  /** The request was counted. */
  | { readonly ok: false; readonly code: 'password_change_required'; readonly rate: Rate | null }

const NOT_BEFORE = 'not-before'
const MUST_CHANGE = 'must-change-password'
const CLEANUP = 'cleanup-at'
const REVOKED = 'revoked:'
const TICKET = 'ticket:'
const WINDOW = 'window:'

/** Windows kept in memory before those that hold nothing are looked for. */
const CROWD = 256

export class Gate extends DurableObject<Env> {
  readonly #kv: SyncKvStorage
  readonly #sessions: Sessions
  readonly #windows = new Map<string, windows.Window>()
  #crowd = CROWD
  #cleanupPlanned: boolean

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env)
    this.#kv = ctx.storage.kv
    this.#sessions = {
      revoked: new Map(
        [...this.#kv.list<number>({ prefix: REVOKED })].map(([key, end]) => [key.slice(REVOKED.length), end]),
      ),
      notBefore: this.#kv.get<NotBefore>(NOT_BEFORE) ?? null,
      mustChangePassword: this.#kv.get<boolean>(MUST_CHANGE) ?? false,
    }
    this.#cleanupPlanned = this.#kv.get<number>(CLEANUP) !== undefined
  }

  /** Decides one request: revocation first, then the limits (all windows or none), then the pending password change. */
  enter(request: EnterRequest): Entry {
    if (request.sid !== null && isRevoked(this.#sessions, request.sid, request.readAt))
      return { ok: false, code: 'session_revoked' }

    const now = Date.now()
    const admission = admitInAll(
      request.windows.map((rule) => this.#window(rule, now)),
      now,
    )
    if (!admission.ok) {
      const { bucket, rate } = admission
      return { ok: false, code: 'rate_limited', bucket, rate, retryAfterMs: rate.resetMs }
    }
    for (const { bucket, value } of admission.saves) this.#put(WINDOW + bucket, value)

    if (this.#sessions.mustChangePassword && !request.openBeforePasswordChange)
      return { ok: false, code: 'password_change_required', rate: admission.rate }
    return { ok: true, rate: admission.rate, at: now }
  }

  /** Gives back the places that the admission at `at` took in these windows. */
  release(rules: readonly LimitWindow[], at: number): void {
    for (const rule of rules) {
      const value = windows.giveBack(this.#window(rule, Date.now()), at)
      if (value !== null) this.#put(WINDOW + rule.bucket, value)
    }
  }

  /** Revokes one session until its token ends (`expiresAt`, ms). */
  revoke(session: { readonly sid: string; readonly expiresAt: number }): void {
    if (session.expiresAt <= Date.now()) return
    this.#sessions.revoked.set(session.sid, session.expiresAt)
    this.#put(REVOKED + session.sid, session.expiresAt)
  }

  /** Revokes every session opened before `at` (ms), but `exceptSid`. */
  revokeAll(event: { readonly exceptSid?: string | null; readonly at: number }): void {
    const merged = mergeNotBefore(this.#sessions.notBefore, { at: event.at, spared: event.exceptSid ?? null })
    this.#sessions.notBefore = merged
    this.#put(NOT_BEFORE, merged)
  }

  /** Closes or opens all routes but the few that lead to a new password. */
  setMustChangePassword(required: boolean): void {
    this.#sessions.mustChangePassword = required
    if (required) this.#kv.put(MUST_CHANGE, true)
    else this.#kv.delete(MUST_CHANGE)
  }

  /** True the first time a WebSocket ticket is shown, while it lasts (`expiresAt`, ms). */
  useTicket(jti: string, expiresAt: number): boolean {
    if (expiresAt <= Date.now() || this.#kv.get<number>(TICKET + jti) !== undefined) return false
    this.#put(TICKET + jti, expiresAt)
    return true
  }

  /** Answers when the object and its storage do. */
  ping(): boolean {
    this.#kv.get(CLEANUP)
    return true
  }

  /** At most once a day: forgets what no longer matters and comes back only if something is left to forget. */
  override async alarm(): Promise<void> {
    const now = Date.now()
    this.#kv.delete(CLEANUP)
    this.#cleanupPlanned = false
    const left =
      this.#forget(this.#kv.list<number>({ prefix: REVOKED }), (end) => end <= now) +
      this.#forget(this.#kv.list<number>({ prefix: TICKET }), (end) => end <= now) +
      this.#forget(this.#kv.list<windows.SavedWindow>({ prefix: WINDOW }), (it) => windows.isSpent(it, now)) +
      this.#forget(this.#kv.list<NotBefore>({ prefix: NOT_BEFORE }), ({ at }) => at + SESSION_MS <= now)
    for (const [sid, end] of this.#sessions.revoked) if (end <= now) this.#sessions.revoked.delete(sid)
    this.#sessions.notBefore = this.#kv.get<NotBefore>(NOT_BEFORE) ?? null

    if (left > 0) this.#planCleanup()
    // An object without storage costs nothing.
    else if (!this.#sessions.mustChangePassword) await this.ctx.storage.deleteAll()
  }

  /** The window of a rule: from memory, else from storage. */
  #window(rule: LimitWindow, now: number): windows.Window {
    const known = this.#windows.get(rule.bucket)
    if (known !== undefined && known.rule.limit === rule.limit && known.rule.spanMs === rule.spanMs)
      return known
    if (this.#windows.size >= this.#crowd) this.#thinOut(now)
    const window =
      known === undefined
        ? windows.openWindow(rule, this.#kv.get<windows.SavedWindow>(WINDOW + rule.bucket), now)
        : windows.reopenWindow(known, rule, now)
    this.#windows.set(rule.bucket, window)
    return window
  }

  /** Many e-mails tried from one address are many windows: those that count nothing any more leave memory. */
  #thinOut(now: number): void {
    for (const [bucket, window] of this.#windows)
      if (windows.inspect(window, now).resetMs === 0) this.#windows.delete(bucket)
    this.#crowd = Math.max(CROWD, this.#windows.size * 2)
  }

  /** Stores what ends by itself, and sees to it that it is cleaned away one day. */
  #put(key: string, value: number | NotBefore | windows.SavedWindow): void {
    this.#kv.put(key, value)
    if (!this.#cleanupPlanned) this.#planCleanup()
  }

  #planCleanup(): void {
    const at = Date.now() + DAY
    this.#kv.put(CLEANUP, at)
    this.#cleanupPlanned = true
    this.ctx.waitUntil(this.ctx.storage.setAlarm(at))
  }

  /** Deletes the entries that are over; answers how many are left. */
  #forget<T>(entries: Iterable<[string, T]>, isOver: (value: T) => boolean): number {
    const all = Array.from(entries)
    const over = all.filter(([, value]) => isOver(value))
    for (const [key] of over) this.#kv.delete(key)
    return all.length - over.length
  }
}
