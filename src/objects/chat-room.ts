/** One per chat session: carries out the session's run, one step an alarm, and tells whoever follows it. */
import { DurableObject } from 'cloudflare:workers'
import * as z from 'zod'
import { BuiltinAnalyst } from '../agent/builtin/builtin-analyst'
import { log } from '../lib/log'
import { SECOND } from '../lib/time'
import { advanceRun } from '../services/runs/advance-run'
import { toolboxOf } from '../services/runs/connected-tools'
import { readingPorts } from '../services/connectors/ports'
import { openLlmPorts } from '../services/llm-ports'
import type { Executor, Held } from '../services/runs/executor'
import type { RoomEvent } from '../services/runs/room-events'
import { openTenant } from '../store/tenant-db'
import { endRunLate } from '../services/runs/end-late'
import { Followers, type Follower } from './followers'
import { FrameLog, type LoggedFrame } from './frame-log'
import { framesOfEvents } from './room-frames'
import { Subscribers } from './subscribers'

const workSchema = z.object({
  orgId: z.string(),
  sessionId: z.string(),
  runId: z.string(),
  failures: z.int(),
})
/** The run that this room carries out; the rest of what is known about it stands in D1. */
type Work = z.infer<typeof workSchema>

const WORK = 'work'
/** What a user's sockets learn when they begin to follow a session. */
export type Following =
  | {
      readonly ok: true
      readonly frames: readonly LoggedFrame[]
      readonly lastSeq: number
      readonly running: boolean
    }
  | { readonly ok: false; readonly code: 'resync'; readonly lastSeq: number }

/** Seconds to wait when storage does not answer; after that the sweep sends again. */
const BACK_OFF = [2, 8, 30, 120] as const

export class ChatRoom extends DurableObject<Env> {
  readonly #kv: SyncKvStorage
  readonly #frames: FrameLog
  readonly #subscribers: Subscribers
  readonly #followers: Followers
  /** Aborts the call that a step at work waits for. */
  #stop: AbortController | null = null
  /** A cache: what the last step left. Lost with an eviction, and then the lease is taken again. */
  #held: Held | null = null

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env)
    this.#kv = ctx.storage.kv
    this.#frames = new FrameLog(ctx.storage)
    this.#subscribers = new Subscribers(ctx, this.#frames)
    this.#followers = new Followers(ctx, ({ userId, sessionId }, frames) =>
      env.USER_SOCKET.getByName(userId).deliver(sessionId, frames),
    )
  }

  /** Remembers the run and sets the alarm that works on it. Calling it again is harmless. */
  async start(run: {
    readonly orgId: string
    readonly sessionId: string
    readonly runId: string
    readonly lastSeq: number
  }): Promise<void> {
    const work = this.#work()
    if (work?.runId !== run.runId) this.#held = null
    this.#frames.setFloor(run.lastSeq)
    this.#kv.put<Work>(WORK, { orgId: run.orgId, sessionId: run.sessionId, runId: run.runId, failures: 0 })
    await this.ctx.storage.setAlarm(Date.now())
  }

  /** The run was cancelled: ends its work here and tells so, once, whether or not it had begun. */
  async stop(run: {
    readonly orgId: string
    readonly sessionId: string
    readonly runId: string
    readonly lastSeq: number
  }): Promise<void> {
    const atWork = this.#work()?.runId === run.runId
    if (atWork) {
      this.#held = null
      this.#stop?.abort(new Error('the run was cancelled'))
    }
    this.#frames.setFloor(run.lastSeq)
    await this.#endLate(run)
    const next = atWork ? Date.now() : this.#work() === null ? this.#frames.prune(Date.now()) : null
    if (next !== null) await this.ctx.storage.setAlarm(next)
  }

  /** Everything after `after` that is kept; what comes later is delivered to this user's sockets. Null: from now on. */
  follow(follower: Follower, after: number | null): Following {
    const { lastSeq, running } = this.#frames.state()
    const since = this.#frames.since(after ?? lastSeq)
    if (!since.ok) return { ok: false, code: 'resync', lastSeq }
    this.#followers.add(follower)
    return { ok: true, frames: since.frames, lastSeq, running }
  }

  /** None of this user's sockets wants frames any more. */
  unfollow(userId: string): void {
    this.#followers.remove(userId)
  }

  /** The frame that says that a question was accepted; null when it was not yet, or long ago. */
  openingOf(runId: string): LoggedFrame | null {
    return this.#frames.openingOf(runId)
  }

  override async alarm(): Promise<void> {
    const work = this.#work()
    const next = work === null ? this.#frames.prune(Date.now()) : await this.#step(work)
    // Last of all: an alarm in flight at a crash is run again only as long as no other is set.
    if (next !== null) await this.ctx.storage.setAlarm(next)
  }

  override fetch(request: Request): Response {
    return this.#subscribers.accept(request)
  }

  override webSocketClose(socket: WebSocket): void {
    this.#subscribers.leave(socket)
  }

  override webSocketError(socket: WebSocket): void {
    this.#subscribers.leave(socket)
  }

  /** Does one step; answers when to come back (ms), null for never. */
  async #step(work: Work): Promise<number | null> {
    try {
      const progress = await advanceRun(await this.#executor(work), work.runId, this.#held)
      if (this.#work()?.runId !== work.runId) return Date.now()
      if (progress.kind === 'again') {
        this.#held = progress.held
        if (work.failures > 0) this.#kv.put<Work>(WORK, { ...work, failures: 0 })
        return progress.at
      }
      this.#held = null
      await this.#endLate(work)
      this.#kv.delete(WORK)
      await this.#release(work)
      return this.#frames.prune(Date.now())
    } catch (error) {
      this.#held = null
      log.error('run.step_failed', error, { runId: work.runId, failures: work.failures + 1 })
      this.#kv.put<Work>(WORK, { ...work, failures: work.failures + 1 })
      const wait = BACK_OFF[work.failures]
      return wait === undefined ? null : Date.now() + wait * SECOND
    }
  }

  /** A run that ended without a word, by a cancellation or a crash in its last moment, gets its END here. */
  async #endLate(work: Omit<Work, 'failures'>): Promise<void> {
    if (this.#frames.hasEnded(work.runId)) return
    await endRunLate(openTenant(this.env.DB, work.orgId), work, {
      lastSeq: () => this.#frames.state().lastSeq,
      tell: (events) => this.#tell(work, events),
    })
  }

  /** A place is free: the next one may begin. Its loss is harmless, since the sweep asks again. */
  async #release({ orgId }: Work): Promise<void> {
    try {
      await this.env.CORRELATOR.getByName(orgId).wakeNext(orgId)
    } catch (error) {
      log.error('run.release_failed', error)
    }
  }

  async #executor(work: Work): Promise<Executor> {
    this.#stop = new AbortController()
    const db = openTenant(this.env.DB, work.orgId)
    return {
      stopped: this.#stop.signal,
      db,
      tools: await toolboxOf(db, readingPorts(this.env, this.env)),
      owner: this.ctx.id.toString(),
      now: Date.now,
      model: new BuiltinAnalyst(),
      llm: openLlmPorts(this.env),
      permit: (runId, owner) => this.env.CORRELATOR.getByName(work.orgId).claim(work.orgId, runId, owner),
      publish: () => this.ctx.waitUntil(this.env.FEED.getByName(work.orgId).publish()),
      room: {
        lastSeq: () => this.#frames.state().lastSeq,
        tell: (events) => this.#tell(work, events),
      },
    }
  }

  #tell({ sessionId, runId }: Pick<Work, 'sessionId' | 'runId'>, events: readonly RoomEvent[]): number {
    const frames = framesOfEvents(sessionId, runId, this.#frames.knows(runId) ? events : events.map(opening))
    // After its END a run is over for everybody who follows it, whatever a step at work still says.
    if (frames.length > 0 && !this.#frames.hasEnded(runId)) {
      const logged = this.#frames.append(frames, Date.now())
      this.#subscribers.publish()
      this.#followers.publish(logged)
    }
    return this.#frames.state().lastSeq
  }

  #work(): Work | null {
    const work = workSchema.safeParse(this.#kv.get(WORK))
    return work.success ? work.data : null
  }
}

/** A run that crashed before its first word has nothing to take back: it begins. */
const opening = (event: RoomEvent): RoomEvent =>
  event.kind === 'restarted'
    ? { kind: 'accepted', messageNumber: Math.max(1, event.messageNumber - 1) }
    : event
