/**
 * Passwords as bcrypt hashes.
 *
 * One hash of cost 10 takes 60-66 ms of CPU and blocks the isolate's thread: at four logins a second the slowest plain
 * requests wait 69 ms instead of 3. A Durable Object or a service binding does not help, since they share the thread, and
 * bcryptjs yields only when the clock moves, which in production it does not while code computes. So at most two hashes
 * are under way per isolate, which lets other requests in between; the rest wait, and after two seconds are told to
 * come back later. (scrypt is cheaper, PBKDF2 is capped in production, but imported hashes are bcrypt.)
 */
import { compare, hash } from 'bcryptjs'

/** Too many passwords are being hashed: answer 503 with Retry-After. */
interface PasswordsBusy {
  readonly ok: false
  readonly code: 'busy'
}

export type HashOutcome = { readonly ok: true; readonly hash: string } | PasswordsBusy
export type VerifyOutcome = { readonly ok: true; readonly matches: boolean } | PasswordsBusy

export interface PasswordSettings {
  readonly BCRYPT_COST?: string | undefined
}

export interface WaitOptions {
  /** How long to wait for a turn, ms. */
  readonly waitMs?: number
}

const DEFAULT_COST = 10
const MAX_BYTES = 72
const MAX_AT_ONCE = 2
const WAIT_MS = 2000
const POLL_MS = 20
/** A turn not given back by then belonged to a request that was cut off; far longer than any hash takes. */
const LEASE_MS = 10_000

/** When the turns taken in this isolate run out, ms. Plain data: a promise shared between requests dies with its maker. */
const leases = new Map<symbol, number>()

/** The salt and digest of the dummy hash. No password is known for it, and its cost can be written in front as needed. */
const DUMMY_TAIL = 'eVJ8Gk1n2o7Wc5qXzB3uHe0rLd9sTfYaMi4vKpQxC6hNbUwZjE1tS'

/** The hash to store for a new password. */
export function hashPassword(
  settings: PasswordSettings,
  password: string,
  { waitMs = WAIT_MS }: WaitOptions = {},
): Promise<HashOutcome> {
  return inTurn(waitMs, async () => ({
    ok: true,
    hash: await hash(await withinBcrypt(password), costOf(settings)),
  }))
}

/**
 * Whether the password belongs to the stored hash. For an unknown account (`null`), or a stored text that is no bcrypt
 * hash, the same work is done against a dummy of the configured cost, so that duration does not tell which accounts exist.
 */
export function verifyPassword(
  settings: PasswordSettings,
  password: string,
  stored: string | null,
  { waitMs = WAIT_MS }: WaitOptions = {},
): Promise<VerifyOutcome> {
  const known = stored !== null && /^\$2[aby]\$\d\d\$[./A-Za-z0-9]{53}$/.test(stored)
  return inTurn(waitMs, async () => {
    const equal = await compare(await withinBcrypt(password), known ? stored : dummyHash(costOf(settings)))
    return { ok: true, matches: known && equal }
  })
}

/** `BCRYPT_COST`, when it is a cost that a request can afford (4 to 15); else 10. */
function costOf({ BCRYPT_COST = '' }: PasswordSettings): number {
  const cost = /^\d{1,2}$/.test(BCRYPT_COST) ? Number(BCRYPT_COST) : DEFAULT_COST
  return cost >= 4 && cost <= 15 ? cost : DEFAULT_COST
}

const dummyHash = (cost: number): string => `$2b$${String(cost).padStart(2, '0')}$${DUMMY_TAIL}`

/** bcrypt reads 72 bytes and ignores the rest: a longer password is replaced by base64 of its SHA-256. */
async function withinBcrypt(password: string): Promise<string> {
  const bytes = new TextEncoder().encode(password)
  if (bytes.length <= MAX_BYTES) return password
  return new Uint8Array(await crypto.subtle.digest('SHA-256', bytes)).toBase64()
}

async function inTurn<T>(waitMs: number, work: () => Promise<T>): Promise<T | PasswordsBusy> {
  const deadline = Date.now() + waitMs
  const turn = Symbol('turn')
  while (!takeTurn(turn)) {
    if (Date.now() >= deadline) return { ok: false, code: 'busy' }
    await scheduler.wait(POLL_MS)
  }
  try {
    return await work()
  } finally {
    leases.delete(turn)
  }
}

function takeTurn(turn: symbol): boolean {
  const now = Date.now()
  for (const [other, end] of leases) if (end <= now) leases.delete(other)
  if (leases.size >= MAX_AT_ONCE) return false
  leases.set(turn, now + LEASE_MS)
  return true
}
