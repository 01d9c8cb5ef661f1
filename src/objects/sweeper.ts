/** The clock of the sweep where no cron fires: an alarm a minute, as long as there is something to look after. */
import { DurableObject } from 'cloudflare:workers'
import { sweep } from '../jobs/sweep'
import { log } from '../lib/log'
import { MINUTE } from '../lib/time'

export class Sweeper extends DurableObject<Env> {
  /** Sees to it that a sweep comes within a minute. */
  async arm(): Promise<void> {
    if ((await this.ctx.storage.getAlarm()) === null) await this.ctx.storage.setAlarm(Date.now() + MINUTE)
  }

  /** Sweeps now: the cron's way in. */
  async run(): Promise<void> {
    if (await this.#sweep()) await this.arm()
  }

  override async alarm(): Promise<void> {
    // An idle deployment has no alarm and costs nothing; the next change arms it again.
    if (await this.#sweep()) await this.ctx.storage.setAlarm(Date.now() + MINUTE)
  }

  /** Whether to come back. A round that failed is repeated. */
  async #sweep(): Promise<boolean> {
    try {
      return await sweep(this.env, Date.now())
    } catch (error) {
      log.error('sweep.failed', error)
      return true
    }
  }
}
