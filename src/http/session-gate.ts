/** A user's gate as verbs see it. */
import { unavailable } from '../lib/errors'
import { gateName } from '../lib/limits'
import type { SessionGate } from '../services/auth'
import type { AppContext } from './env'

const TRIES = 3

/** A revocation that cannot be stored is an error, never a success. */
export function sessionGate(c: AppContext, userId: string): SessionGate {
  const call = async (work: (gate: ReturnType<Env['GATE']['getByName']>) => Promise<void>): Promise<void> => {
    for (let tries = 1; ; tries++) {
      c.var.cost.objectCalls++
      try {
        // A stub is broken after an error: each try takes a fresh one.
        return await work(c.env.GATE.getByName(gateName.user(userId)))
      } catch (error) {
        if (tries === TRIES) throw unavailable(error)
      }
    }
  }
  return {
    revoke: (session) => call((gate) => gate.revoke(session)),
    revokeAll: (event) => call((gate) => gate.revokeAll(event)),
    setMustChangePassword: (required) => call((gate) => gate.setMustChangePassword(required)),
  }
}
