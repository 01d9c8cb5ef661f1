/** Conditional reads: a client that has the newest answer is told so instead of sent it again. RFC 9110, section 13. */
import { sha256Hex } from '../lib/hmac'
import type { AppContext } from './env'

/**
 * Puts a weak `ETag` over `basis` on the answer; true when the caller's `If-None-Match` names it, and then 304 is due.
 * What does not matter to whoever reads again may be left out of the basis.
 */
export async function isCurrent(c: AppContext, basis: unknown): Promise<boolean> {
  return carriesTag(c, `W/"${(await sha256Hex(JSON.stringify(basis))).slice(0, 32)}"`)
}

/** The same for a tag that the resource has of its own. */
export function carriesTag(c: AppContext, tag: string): boolean {
  c.header('etag', tag)
  const asked = c.req.header('if-none-match')
  if (asked === undefined) return false
  return asked.split(',').some((one) => one.trim() === '*' || weak(one.trim()) === weak(tag))
}

const weak = (tag: string): string => tag.replace(/^W\//, '')
