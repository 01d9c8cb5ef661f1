/** Lets a caller in: who it is, then what the gate says, then what an access token may do. */
import { AppError } from '../../lib/errors'
import type { Actor } from '../../services/context'
import type { AppContext } from '../env'
import { forgetToken } from './access-token'
import { enterGate } from './gate'
import { identify } from './identity'

/** The caller, identified and counted. @throws AppError of identity and gate */
export async function admitCaller(c: AppContext, rule: Parameters<typeof enterGate>[2]): Promise<Actor> {
  const actor = await identify(c)
  try {
    await enterGate(c, actor, rule)
    return actor
  } catch (error) {
    if (actor.token === undefined || !(error instanceof AppError) || error.code !== 'session_revoked')
      throw error
  }
  // The gate knows of a change since the token's row was read. Refused requests did not count.
  await forgetToken(c.req.header('authorization')?.trim().split(/\s+/)[1] ?? '')
  const again = await identify(c)
  // This row was read after the change, whatever the clocks of two machines say.
  const token = again.token === undefined ? {} : { token: { ...again.token, readAt: Infinity } }
  await enterGate(c, { ...again, ...token }, rule)
  return again
}

const READS = new Set(['GET', 'HEAD'])

/** Whether an access token that only reads wants more: a socket takes questions, so it does not count as reading. */
export const exceedsScope = (c: AppContext, { token }: Actor): boolean =>
  token?.scope === 'read' &&
  (!READS.has(c.req.method) || c.req.header('upgrade')?.toLowerCase() === 'websocket')
