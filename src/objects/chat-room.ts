/** One per chat session: carries out the session's run, one step an alarm, and tells whoever follows it. */
import { DurableObject } from 'cloudflare:workers'
import * as z from 'zod'
import { BuiltinAnalyst } from '../agent/builtin/builtin-analyst'
import { log } from '../lib/log'
import { SECOND } from '../lib/time'
import { advanceRun } from '../services/runs/advance-run'
import type { Executor, Held } from '../services/runs/executor'
import type { RoomEvent } from '../services/runs/room-events'
import { openTenant } from '../store/tenant-db'
import { FrameLog } from './frame-log'
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
/** Seconds to wait when storage does not answer; after that the sweep sends again. */
const BACK_OFF = [2, 8, 30, 120] as const

export class ChatRoom extends DurableObject<Env> {
  readonly #kv: SyncKvStorage
  readonly #frames: FrameLog
  readonly #subscribers: Subscribers
  /** A cache: what the last step left. Lost with an eviction, and then the lease is taken again. */
  #held: Held | null = null

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env)
    this.#kv = ctx.storage.kv
    this.#frames = new FrameLog(ctx.storage)
    this.#subscribers = new Subscribers(ctx, this.#frames)
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
      const progress = await advanceRun(this.#executor(work), work.runId, this.#held)
      if (this.#work()?.runId !== work.runId) return Date.now()
      if (progress.kind === 'again') {
        this.#held = progress.held
        if (work.failures > 0) this.#kv.put<Work>(WORK, { ...work, failures: 0 })
        return progress.at
      }
      this.#held = null
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

  /** A place is free: the next one may begin. Its loss is harmless, since the sweep asks again. */
  async #release({ orgId }: Work): Promise<void> {
    try {
      await this.env.CORRELATOR.getByName(orgId).wakeNext(orgId)
    } catch (error) {
      log.error('run.release_failed', error)
    }
  }

  #executor(work: Work): Executor {
    return {
      db: openTenant(this.env.DB, work.orgId),
      owner: this.ctx.id.toString(),
      now: Date.now,
      model: new BuiltinAnalyst(),
      analyst: 'builtin',
      permit: (runId, owner) => this.env.CORRELATOR.getByName(work.orgId).claim(work.orgId, runId, owner),
      publish: () => this.ctx.waitUntil(this.env.FEED.getByName(work.orgId).publish()),
      room: {
        lastSeq: () => this.#frames.state().lastSeq,
        tell: (events) => this.#tell(work, events),
      },
    }
  }

  #tell({ sessionId, runId }: Work, events: readonly RoomEvent[]): number {
    const frames = framesOfEvents(sessionId, runId, events)
    if (frames.length > 0) {
      this.#frames.append(frames, Date.now())
      this.#subscribers.publish()
    }
    return this.#frames.state().lastSeq
  }

  #work(): Work | null {
    const work = workSchema.safeParse(this.#kv.get(WORK))
    return work.success ? work.data : null
  }
}
