/** One per organisation: alerts, their incidents and the start of investigations are decided one after another. */
import { DurableObject } from 'cloudflare:workers'
import { EMPTY_GRAPH } from '../alerts/service-graph'
import { jobMessage } from '../jobs/messages'
import { describeError, log } from '../lib/log'
import { SECOND } from '../lib/time'
import { applyAlerts, type Applied, type TopologyCache } from '../services/correlation/apply'
import type { AlertChunk } from '../services/correlation/chunk'
import { openTenant } from '../store/tenant-db'

export type Outcome = { readonly ok: true } | { readonly ok: false; readonly problem: string }

export class Correlator extends DurableObject<Env> {
  /** A cache only: its version is compared with every read. */
  readonly #topology: TopologyCache = { version: null, graph: EMPTY_GRAPH }
  #last: Promise<unknown> = Promise.resolve()

  /** Applies a chunk of alerts exactly once, after everything that was asked for before. */
  apply(orgId: string, chunk: AlertChunk): Promise<Outcome> {
    return this.#inTurn(async () => {
      const applied = await applyAlerts(openTenant(this.env.DB, orgId), this.#topology, chunk, Date.now)
      this.#tell(orgId, applied)
    })
  }

  /** D1 calls let other calls of this object in between: the queue of promises does not. */
  #inTurn(work: () => Promise<void>): Promise<Outcome> {
    const turn = this.#last.then(work).then(
      (): Outcome => ({ ok: true }),
      (error: unknown): Outcome => {
        log.error('correlator.failed', error)
        return { ok: false, problem: describeError(error) }
      },
    )
    this.#last = turn
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
