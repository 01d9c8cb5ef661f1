/** One per organisation: alerts, their incidents and the start of investigations are decided one after another. */
import { DurableObject } from 'cloudflare:workers'
import { EMPTY_GRAPH } from '../alerts/service-graph'
import { jobMessage } from '../jobs/messages'
import { describeError, log } from '../lib/log'
import { SECOND } from '../lib/time'
import { applyAlerts, expireAlerts, type Applied, type TopologyCache } from '../services/correlation/apply'
import { CHUNK_SIZE, type AlertChunk } from '../services/correlation/chunk'
import { flushJoins } from '../services/correlation/flush-joins'
import { tendWindows } from '../services/correlation/tend-windows'
import type { Claim } from '../services/runs/lease'
import { claimWithPermit, startableRuns } from '../services/runs/permits'
import { processingDatabase } from '../store/debug-ingest'
import { openTenant } from '../store/tenant-db'

/** The sweep comes every minute: what is left then is done then. */
const EXPIRY_ROUNDS = 20

/** The key of what an alarm cannot be told: whose correlator this is. */
const ORGANISATION = 'organisation'

export type Outcome = { readonly ok: true } | { readonly ok: false; readonly problem: string }

export class Correlator extends DurableObject<Env> {
  /** A cache only: its version is compared with every read. */
  readonly #topology: TopologyCache = { version: null, graph: EMPTY_GRAPH }
  #last: Promise<unknown> = Promise.resolve()
  /** When the alarm rings, as far as memory knows. */
  #ringsAt: number | null = null

  /** Applies a chunk of alerts exactly once, after everything that was asked for before. */
  async apply(orgId: string, chunk: AlertChunk): Promise<Outcome> {
    try {
      const applied = await this.#inTurn(() =>
        applyAlerts(openTenant(processingDatabase(this.env.DB), orgId), this.#topology, chunk, Date.now),
      )
      this.#tell(orgId, applied)
      await this.#ringAt(orgId, applied.joinsDueAt)
      return { ok: true }
    } catch (error) {
      log.error('correlator.apply_failed', error, { orgId })
      return { ok: false, problem: describeError(error) }
    }
  }

  /** The burst is over or goes on: tells the joins that were kept for later. */
  override async alarm(): Promise<void> {
    this.#ringsAt = null
    const orgId = this.ctx.storage.kv.get<string>(ORGANISATION)
    if (orgId !== undefined) await this.flushJoins(orgId)
  }

  /** Tells the joins that are due; what fails here the sweep does again. */
  async flushJoins(orgId: string): Promise<void> {
    try {
      const applied = await this.#inTurn(() =>
        flushJoins(openTenant(this.env.DB, orgId), this.#topology, Date.now),
      )
      this.#tell(orgId, applied)
      await this.#ringAt(orgId, applied.joinsDueAt)
    } catch (error) {
      log.error('correlator.flush_failed', error, { orgId })
    }
  }

  /** Resolves the alerts whose time ran out. */
  async expire(orgId: string): Promise<Outcome> {
    try {
      const db = openTenant(this.env.DB, orgId)
      for (let round = 0; round < EXPIRY_ROUNDS; round++) {
        const applied = await this.#inTurn(() => expireAlerts(db, this.#topology, Date.now))
        this.#tell(orgId, applied)
        if (applied.looked < CHUNK_SIZE) break
      }
      return { ok: true }
    } catch (error) {
      log.error('correlator.expire_failed', error, { orgId })
      return { ok: false, problem: describeError(error) }
    }
  }

  /** Opens and closes maintenance windows that are due. */
  async tendWindows(orgId: string): Promise<Outcome> {
    try {
      const db = openTenant(this.env.DB, orgId)
      for (const applied of await this.#inTurn(() => tendWindows(db, this.#topology, Date.now)))
        this.#tell(orgId, applied)
      return { ok: true }
    } catch (error) {
      log.error('correlator.tend_failed', error, { orgId })
      return { ok: false, problem: describeError(error) }
    }
  }

  /** Gives an investigation its permit and claims it, in one turn, so that no limit is overrun. */
  claim(orgId: string, runId: string, owner: string): Promise<Claim> {
    return this.#inTurn(() => claimWithPermit(openTenant(this.env.DB, orgId), runId, owner, Date.now()))
  }

  /** Sends for the investigations that may begin now. */
  async wakeNext(orgId: string): Promise<void> {
    const ids = await this.#inTurn(() => startableRuns(openTenant(this.env.DB, orgId), Date.now()))
    await Promise.all(ids.map((runId) => this.env.JOBS.send(jobMessage({ runId }))))
  }

  /** Sees to it that the alarm rings no later than `at`. */
  async #ringAt(orgId: string, at: number | null): Promise<void> {
    if (at === null) return
    this.#ringsAt ??= await this.ctx.storage.getAlarm()
    if (this.#ringsAt !== null && this.#ringsAt <= at) return
    this.ctx.storage.kv.put(ORGANISATION, orgId)
    this.#ringsAt = at
    await this.ctx.storage.setAlarm(at)
  }

  /** D1 calls let other calls of this object in between: the chain of promises does not. */
  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#last.then(work)
    this.#last = turn.catch(() => {})
    return turn
  }

  /** After the commit: wake the runs and the streams. Whatever gets lost here, the sweep finds. */
  #tell(orgId: string, { runIds, told }: Applied): void {
    const sends = runIds.map(({ id, notBefore }) =>
      this.env.JOBS.send(jobMessage({ runId: id }), { delaySeconds: delayUntil(notBefore) }),
    )
    const publish = told ? [this.env.FEED.getByName(orgId).publish()] : []
    this.ctx.waitUntil(
      Promise.allSettled([...sends, ...publish]).then((results) => {
        for (const result of results)
          if (result.status === 'rejected') log.error('correlator.nudge', result.reason)
      }),
    )
  }
}

const delayUntil = (at: number | null): number =>
  at === null ? 0 : Math.max(0, Math.ceil((at - Date.now()) / SECOND))
