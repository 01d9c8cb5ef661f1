/** Evidence by itself: a snapshot by its hash, and whether a stored one is still what was found. */
import { AppError, notFound } from '../lib/errors'
import { sha256Hex } from '../lib/hmac'
import * as store from '../store/evidence'
import { incidentExists } from '../store/incidents'
import type { Ctx } from './context'

const MOST_USES = 100

/** A text and the requests that it answered. @throws AppError invalid_id, not_found */
export async function readSnapshot({ db }: Ctx, given: string) {
  const sha256 = given.toLowerCase()
  if (!/^[0-9a-f]{64}$/.test(sha256)) throw new AppError('invalid_id', 'Invalid evidence hash')
  const uses = await store.evidenceByHash(db, sha256, MOST_USES)
  const [first] = uses
  if (first === undefined) throw notFound('Evidence not found')
  return { sha256, output: first.output, uses }
}

/** Hashes the stored text again. @throws AppError not_found */
export async function verifyEvidence({ db }: Ctx, incidentId: string, given: string) {
  const number = /^[1-9]\d{0,8}$/.test(given) ? Number(given) : 0
  const [[incident], [row]] = await db.batch([
    incidentExists(db, incidentId),
    store.evidenceByNumber(db, incidentId, number),
  ])
  if (incident === undefined) throw notFound('Incident not found')
  if (row === undefined) throw notFound('Evidence not found')
  const matches = (await sha256Hex(row.output)) === row.outputSha256
  return { number: row.number, sha256: row.outputSha256, matches }
}
