/**
 * The broker of one connection, named by its id: it says who fetches the next access token and keeps the result in
 * memory, which is all it has. It opens no secret, calls no vendor and stores nothing but the time of its alarm; what it
 * forgets is fetched again.
 */
import { DurableObject } from 'cloudflare:workers'
import {
  checkout,
  IDLE,
  LEASE_MS,
  RENEW_MS,
  renewalOf,
  settle,
  type Checkout,
  type Settlement,
  type Slot,
} from '../connectors/broker-core'
import { renewMessage } from '../jobs/messages'
import { newId } from '../lib/ids'

/** The access that background work renews: reading, in no special region. */
const COMMON = 'read|'
/** An access that lives shorter than this is not renewed ahead of time. */
const SHORTEST_MS = 60_000

export class ConnectionBroker extends DurableObject<Env> {
  readonly #slots = new Map<string, Slot>()
  readonly #waiting = new Map<string, Set<(settlement: Settlement | null) => void>>()
  #closed = false
  #owner: { readonly orgId: string; readonly connectionId: string } | null = null

  /**
   * A ready access, or the lease to fetch one. Whoever comes while another holds the lease waits for its outcome, or
   * takes over when it dies.
   * @param slot mode and region, such as `read|eu-west-1`
   * @param freshMs the life that an access must still have
   */
  async checkout(slot: string, freshMs: number): Promise<Checkout> {
    for (;;) {
      if (this.#closed) return { kind: 'closed' }
      const now = Date.now()
      const step = checkout(this.#slots.get(slot) ?? IDLE, now, newId(now), freshMs)
      this.#slots.set(slot, step.slot)
      if (step.answer !== null) return step.answer
      const deadline = step.slot.state === 'minting' ? step.slot.deadline : now + LEASE_MS
      const settlement = await this.#settled(slot, deadline - now)
      if (settlement?.kind === 'refused') return { kind: 'refused', refusal: settlement.refusal }
    }
  }

  /** What became of a lease. One that is no longer current changes nothing; answers whether it was. */
  async settle(
    slot: string,
    lease: string,
    settlement: Settlement,
    owner: { readonly orgId: string; readonly connectionId: string },
  ): Promise<boolean> {
    const next = settle(this.#slots.get(slot) ?? IDLE, lease, settlement)
    if (next === null || this.#closed) return false
    this.#slots.set(slot, next)
    this.#owner = owner
    this.#wake(slot, settlement)
    await this.#plan()
    return true
  }

  /** A disconnect: no further access. */
  async close(): Promise<void> {
    this.#closed = true
    this.#slots.clear()
    for (const slot of this.#waiting.keys()) this.#wake(slot, { kind: 'closed' })
    await this.ctx.storage.deleteAlarm()
  }

  /** A (re)connect: whatever was known is about another credential. */
  async open(): Promise<void> {
    this.#closed = false
    this.#slots.clear()
    for (const slot of this.#waiting.keys()) this.#wake(slot, null)
    await this.ctx.storage.deleteAlarm()
  }

  /** Shortly before an access ends: has it renewed, if it was used since it came. */
  override async alarm(): Promise<void> {
    const slot = this.#slots.get(COMMON)
    if (slot?.state !== 'ready' || !slot.used || this.#owner === null) return
    const { orgId, connectionId } = this.#owner
    await this.env.JOBS.send(renewMessage({ org_id: orgId, connection_id: connectionId }))
  }

  async #plan(): Promise<void> {
    const at = renewalOf(this.#slots.get(COMMON) ?? IDLE)
    if (at !== null && at + RENEW_MS > Date.now() + SHORTEST_MS)
      await this.ctx.storage.setAlarm(Math.max(at, Date.now() + SHORTEST_MS / 2))
  }

  #settled(slot: string, ms: number): Promise<Settlement | null> {
    return new Promise((resolve) => {
      const waiting = this.#waiting.get(slot) ?? new Set()
      this.#waiting.set(slot, waiting)
      const timer = setTimeout(() => wake(null), ms)
      const wake = (settlement: Settlement | null): void => {
        clearTimeout(timer)
        waiting.delete(wake)
        resolve(settlement)
      }
      waiting.add(wake)
    })
  }

  #wake(slot: string, settlement: Settlement | null): void {
    for (const wake of Array.from(this.#waiting.get(slot) ?? [])) wake(settlement)
  }
}
