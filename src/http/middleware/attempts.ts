/** Limits on what anybody may try before there is a user: by address where the edge tells it, and by e-mail. */
import { AppError } from '../../lib/errors'
import { gateName, windowsOf, type LimitWindow } from '../../lib/limits'
import { log } from '../../lib/log'
import type { AppContext } from '../env'
import { countAttempt } from './gate'

/**
 * Counts a login, then lets it happen; only a refused password keeps its place.
 * @param emailHash SHA-256 of the normalised address, hex
 * @throws AppError rate_limited, unavailable, and whatever `login` throws
 */
export async function attemptLogin<T>(c: AppContext, emailHash: string, login: () => Promise<T>): Promise<T> {
  const address = addressOf(c)
  const gate = address === null ? gateName.email(emailHash) : gateName.ip(address)
  const windows =
    address === null
      ? windowsOf(c.env, 'login')
      : [...windowsOf(c.env, 'login', emailHash), ...windowsOf(c.env, 'login-ip')]
  const at = await countAttempt(c, gate, windows)
  try {
    const result = await login()
    await giveBack(c, gate, windows, at)
    return result
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'invalid_credentials')
      await giveBack(c, gate, windows, at)
    throw error
  }
}

/** Counts a registration under its e-mail and its address; one that the address may not make counts under neither. */
export async function countRegistration(c: AppContext, emailHash: string): Promise<void> {
  const gate = gateName.email(emailHash)
  const windows = windowsOf(c.env, 'register-email')
  const at = await countAttempt(c, gate, windows)
  const address = addressOf(c)
  if (address === null) return
  try {
    await countAttempt(c, gateName.ip(address), windowsOf(c.env, 'register-ip'))
  } catch (error) {
    await giveBack(c, gate, windows, at)
    throw error
  }
}

/** Counts a browser that comes back from a login at a vendor, where the edge tells its address. */
export async function countCallback(c: AppContext): Promise<void> {
  const address = addressOf(c)
  if (address !== null) await countAttempt(c, gateName.ip(address), windowsOf(c.env, 'callback-ip'))
}

/**
 * Only the edge's own header counts. A loopback address there is the local server's own doing: no edge is in front, and
 * everybody would share it.
 */
function addressOf(c: AppContext): string | null {
  const address = c.req.header('cf-connecting-ip')?.trim() ?? ''
  return address === '' || address === '::1' || address.startsWith('127.') ? null : address
}

/** A place that cannot be given back is lost until its window ends: no reason to fail the request. */
async function giveBack(
  c: AppContext,
  gate: string,
  windows: readonly LimitWindow[],
  at: number,
): Promise<void> {
  c.var.cost.objectCalls++
  try {
    await c.env.GATE.getByName(gate).release(windows, at)
  } catch (error) {
    log.error('attempt.release_failed', error, { requestId: c.var.requestId })
  }
}
