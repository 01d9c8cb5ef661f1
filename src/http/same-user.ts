/** Older clients name the user in bodies and queries. It is never an identity, only a consistency check. */
import { AppError } from '../lib/errors'
import { parseId } from '../lib/ids'
import type { AppContext } from './env'

const NAMES = ['userId', 'user_id', 'uid'] as const

/** @throws AppError identity_mismatch when somebody other than the caller is named */
export function checkNamedUser(c: AppContext): void {
  const body = objectIn(c.var.bytes)
  for (const name of NAMES)
    for (const given of [body[name], c.req.query(name)])
      if (given !== undefined && given !== null && given !== '' && !isCaller(c, given))
        throw new AppError('identity_mismatch', 'User identity mismatch')
}

/** The members of a JSON body; none where it is anything else, which is for its validator to say. */
function objectIn(bytes: Uint8Array | null): Readonly<Record<string, unknown>> {
  if (bytes === null) return {}
  try {
    const value: unknown = JSON.parse(new TextDecoder().decode(bytes))
    return typeof value === 'object' && value !== null ? { ...value } : {}
  } catch {
    return {}
  }
}

const isCaller = (c: AppContext, given: unknown): boolean =>
  typeof given === 'string' && parseId(given) === c.var.actor.userId
