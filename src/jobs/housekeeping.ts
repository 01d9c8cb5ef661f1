/** What the sweep tidies besides stuck work: old keys, unsealed audit rows, and promises of revocation. */
import { gateName } from '../lib/limits'
import { log } from '../lib/log'
import { sealAudit } from '../services/audit-log'
import { KEPT_MS } from '../services/idempotency'
import { keepLate, REVOCATION } from '../services/revocation'
import { organizationsToSeal } from '../store/audit'
import { openDatabase } from '../store/db'
import type { Dispatch } from '../store/dispatch'
import { pruneKeys } from '../store/idempotency'
import { openTenant } from '../store/tenant-db'

const ORGANIZATIONS = 50
const ROWS = 1000

type Effects = Awaited<ReturnType<Dispatch['dueEffects']>>

/** One bounded round; answers whether audit rows are left to seal. What fails waits for the next round. */
export async function keepHouse(env: Env, effects: Effects, now: number): Promise<boolean> {
  const database = openDatabase(env.DB)
  await pruneKeys(database, now - KEPT_MS)
  for (const effect of effects.filter(({ kind }) => kind === REVOCATION))
    await attempt('revocation', () =>
      keepLate(env.DB, effect, (userId) => {
        const gate = env.GATE.getByName(gateName.user(userId))
        return { revokeAll: async (event) => gate.revokeAll(event) }
      }),
    )
  const unsealed = await organizationsToSeal(database, ORGANIZATIONS)
  let left = unsealed.length === ORGANIZATIONS
  for (const orgId of unsealed)
    if ((await attempt('sealing', () => sealAudit(openTenant(env.DB, orgId), ROWS))) !== false) left = true
  return left
}

/** Null when it failed. */
async function attempt<T>(what: string, work: () => Promise<T>): Promise<T | null> {
  try {
    return await work()
  } catch (error) {
    log.error('sweep.housekeeping_failed', error, { kind: what })
    return null
  }
}
