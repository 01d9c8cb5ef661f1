/** Conditional reads: a client that has the newest answer is told so instead of sent it again. RFC 9110, section 13. */
import type { TypedResponse } from 'hono'
import type { JSONParsed } from 'hono/utils/types'
import { utf8 } from '../lib/hmac'
import type { AppContext } from './env'

/**
 * Answers JSON under a weak `ETag` over its text, or 304 when the caller's `If-None-Match` names it. The text is made once,
 * and hashed as the bytes that are sent.
 * @param aside text within the answer that does not matter to whoever reads again
 */
export async function answerOrCurrent<T extends object>(
  c: AppContext,
  answer: T,
  aside = '',
): Promise<
  (Response & TypedResponse<JSONParsed<T>, 200, 'json'>) | (Response & TypedResponse<null, 304, 'body'>)
> {
  const text = JSON.stringify(answer)
  const bytes = utf8(text)
  const basis = aside === '' ? bytes : without(bytes, text, aside)
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', basis))
  if (carriesTag(c, `W/"${digest.toHex().slice(0, 32)}"`)) return c.body(null, 304)
  const response: Response = c.body(bytes, 200, { 'content-type': 'application/json' })
  // As `c.json` types its answer, which would make the text once more.
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- see above
  return response as Response & TypedResponse<JSONParsed<T>, 200, 'json'>
}

/** The bytes without one passage. Only what comes after it is made into bytes again, to find its place. */
function without(bytes: Uint8Array<ArrayBuffer>, text: string, aside: string): Uint8Array<ArrayBuffer> {
  const at = text.lastIndexOf(aside)
  if (at < 0) return bytes
  const end = bytes.length - utf8(text.slice(at + aside.length)).length
  const rest = bytes.slice()
  rest.copyWithin(end - utf8(aside).length, end)
  return rest.subarray(0, bytes.length - utf8(aside).length)
}

/** The same for a tag that the resource has of its own. */
export function carriesTag(c: AppContext, tag: string): boolean {
  c.header('etag', tag)
  const asked = c.req.header('if-none-match')
  if (asked === undefined) return false
  return asked.split(',').some((one) => one.trim() === '*' || weak(one.trim()) === weak(tag))
}

const weak = (tag: string): string => tag.replace(/^W\//, '')
