/** `Idempotency-Key`: the first answer is given again to whoever repeats the request within a day. */
import type { Context, Next } from 'hono'
import { AppError } from '../../lib/errors'
import { joinBytes, sha256Hex, utf8 } from '../../lib/hmac'
import { log } from '../../lib/log'
import { claimKey, keepAnswer, releaseKey } from '../../services/idempotency'
import type { App } from '../env'

const KEY = /^[\x20-\x7e]{1,128}$/

/** Runs the rest of the route at most once for a key, user, path and body. Without the header it just runs it. */
export async function onceByKey(c: Context<App>, next: Next): Promise<Response | void> {
  const key = c.req.header('idempotency-key')
  if (key === undefined) return next()
  if (!KEY.test(key)) throw new AppError('validation_failed', 'Invalid Idempotency-Key')
  const { ctx } = c.var
  const path = c.req.path.toLowerCase().replace(/\/+$/, '')
  const asked = joinBytes(utf8(`${new URL(c.req.url).search}\n`), c.var.bytes ?? new Uint8Array())
  const claimed = await claimKey(ctx, c.env, { path, key, bodyHash: await sha256Hex(asked) })
  if ('status' in claimed) {
    c.header('idempotency-replayed', 'true')
    c.header('content-type', 'application/json')
    const { status, body } = claimed
    return c.newResponse(body === '' ? null : body, new Response(null, { status }))
  }
  await next()
  const { status } = c.res
  try {
    if (status === 429 || status >= 500) await releaseKey(ctx, claimed)
    else await keepAnswer(ctx, c.env, claimed, { status, body: await c.res.clone().text() })
  } catch (error) {
    // What was done is done and answered; the key frees itself in a minute.
    log.error('idempotency.store_failed', error, { requestId: c.var.requestId })
  }
}
