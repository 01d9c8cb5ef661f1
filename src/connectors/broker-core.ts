/**
 * Who may fetch a connection's short-lived access, as a pure state machine: one caller holds a lease, the others wait.
 * It never sees a sealed secret and calls nobody.
 */
import type { Access } from './access'
import type { Refusal } from './outcome'

export type Slot =
  | { readonly state: 'idle' }
  | { readonly state: 'minting'; readonly lease: string; readonly deadline: number }
  | {
      readonly state: 'ready'
      readonly access: Access
      readonly expiresAt: number
      /** Whether anybody took it since it came: an access that nobody uses is not renewed. */
      readonly used: boolean
    }
  | { readonly state: 'failed'; readonly refusal: Refusal }
  | { readonly state: 'closed' }

export type Checkout =
  | { readonly kind: 'ready'; readonly access: Access; readonly expiresAt: number }
  /** Mint and settle before the deadline. */
  | { readonly kind: 'lease'; readonly lease: string }
  | { readonly kind: 'refused'; readonly refusal: Refusal }
  | { readonly kind: 'closed' }

export type Settlement =
  | { readonly kind: 'ready'; readonly access: Access; readonly expiresAt: number }
  | { readonly kind: 'refused'; readonly refusal: Refusal }
  | { readonly kind: 'closed' }

export const LEASE_MS = 15_000
/** An access with less life than this is not handed out any more. */
export const FRESH_MS = 60_000
/** How long before its end an access in use is renewed. */
export const RENEW_MS = 5 * 60_000

export const IDLE: Slot = { state: 'idle' }

/** What a caller gets at `now`; null when it must wait for the holder of the lease. */
export function checkout(
  slot: Slot,
  now: number,
  lease: string,
  freshMs = FRESH_MS,
): { readonly slot: Slot; readonly answer: Checkout | null } {
  switch (slot.state) {
    case 'closed':
      return { slot, answer: { kind: 'closed' } }
    case 'failed':
      return { slot, answer: { kind: 'refused', refusal: slot.refusal } }
    case 'ready':
      if (slot.expiresAt - now >= freshMs)
        return {
          slot: { ...slot, used: true },
          answer: { kind: 'ready', access: slot.access, expiresAt: slot.expiresAt },
        }
      return grant(now, lease)
    case 'minting':
      return slot.deadline > now ? { slot, answer: null } : grant(now, lease)
    case 'idle':
      return grant(now, lease)
  }
}

const grant = (now: number, lease: string): { readonly slot: Slot; readonly answer: Checkout } => ({
  slot: { state: 'minting', lease, deadline: now + LEASE_MS },
  answer: { kind: 'lease', lease },
})

/** The slot after its holder is done; null when the lease is not the current one, and nothing changes. */
export function settle(slot: Slot, lease: string, settlement: Settlement): Slot | null {
  if (slot.state !== 'minting' || slot.lease !== lease) return null
  switch (settlement.kind) {
    case 'ready':
      return { state: 'ready', access: settlement.access, expiresAt: settlement.expiresAt, used: false }
    case 'closed':
      return { state: 'closed' }
    case 'refused':
      // Only a dead credential is remembered; after a vendor's trouble the next caller may try again.
      return settlement.refusal.kind === 'expired' || settlement.refusal.kind === 'credential_refused'
        ? { state: 'failed', refusal: { kind: 'expired' } }
        : IDLE
  }
}

/** When to look at a slot again, ms; null when there is nothing to renew. */
export const renewalOf = (slot: Slot): number | null =>
  slot.state === 'ready' ? slot.expiresAt - RENEW_MS : null
