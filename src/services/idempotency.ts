/** Requests with an `Idempotency-Key`: done once, however often they are sent. */
import { AppError } from '../lib/errors'
import { newId } from '../lib/ids'
import { open, seal } from '../lib/seal'
import { mastersFrom, type Masters } from '../lib/seal-masters'
import type { TokenSecrets } from '../lib/session-token'
import { DAY, MINUTE } from '../lib/time'
import * as store from '../store/idempotency'
import type { Ctx } from './context'

/** How long answers are kept. */
export const KEPT_MS = DAY
/** A request that has not ended by then died: its key is free. */
const DEAD_MS = MINUTE

/** A request that may run now and has to end with `keepAnswer` or `releaseKey`. */
export interface Claim extends store.KeyedRequest {
  readonly claim: string
}

export interface KeptAnswer {
  readonly status: number
  readonly body: string
}

/**
 * Takes the key, or answers what the first request with it was answered.
 * @param bodyHash SHA-256 of everything that makes the request what it is, besides its path
 * @throws AppError idempotency_conflict (the first one still runs, or it was another request)
 */
export async function claimKey(
  { db, actor, now }: Ctx,
  secrets: TokenSecrets,
  { path, key, bodyHash }: { readonly path: string; readonly key: string; readonly bodyHash: string },
): Promise<Claim | KeptAnswer> {
  const claim = newId(now)
  const request = { userId: actor.userId, path, key }
  const [, [row]] = await db.batch([
    store.takeKey(
      db,
      request,
      { claim, bodyHash, now },
      { deadBefore: now - DEAD_MS, oldBefore: now - KEPT_MS },
    ),
    store.findKey(db, request),
  ])
  if (row === undefined) throw inProgress()
  if (row.claim === claim) return { ...request, claim }
  if (row.bodyHash !== bodyHash) throw another()
  if (row.state === 'running' || row.status === null || row.response === null) throw inProgress()
  const masters = await mastersOf(secrets)
  const opened = masters === null ? null : await open(masters, placeOf(db.orgId, row), row.response)
  // The secret it was sealed under is gone: nobody knows any more what was answered.
  if (opened === null || !opened.ok) throw another()
  return { status: row.status, body: opened.plaintext }
}

/** Keeps the answer for whoever repeats the request. Sealed: some answers show a secret this once. */
export async function keepAnswer(
  { db }: Ctx,
  secrets: TokenSecrets,
  claim: Claim,
  { status, body }: KeptAnswer,
): Promise<void> {
  const masters = await mastersOf(secrets)
  if (masters === null) return releaseKeyOf(db, claim)
  const response = await seal(masters, placeOf(db.orgId, claim), body)
  await store.storeAnswer(db, claim, claim.claim, { status, response })
}

/** Gives the key back after an answer that says nothing final: a repetition is a new try. */
export const releaseKey = ({ db }: Ctx, claim: Claim): Promise<void> => releaseKeyOf(db, claim)

async function releaseKeyOf(db: Ctx['db'], claim: Claim): Promise<void> {
  await store.freeKey(db, claim, claim.claim)
}

const mastersOf = ({ JWT_SECRET = '', JWT_SECRET_PREVIOUS = '' }: TokenSecrets): Promise<Masters | null> =>
  mastersFrom(
    [JWT_SECRET, JWT_SECRET_PREVIOUS].filter((secret) => secret !== ''),
    'aurora/idempotency-answers/v1',
  )

const placeOf = (orgId: string, { userId, path, key }: store.KeyedRequest): string =>
  ['idempotency', orgId, userId, path, key].join('\n')

const another = () => new AppError('idempotency_conflict', 'Idempotency key was used for a different request')
const inProgress = () =>
  new AppError('idempotency_conflict', 'Request with this idempotency key is in progress')
