import { HTTPException } from 'hono/http-exception'
import { AppError, unavailable } from '../lib/errors'
import { log } from '../lib/log'
import type { AppContext } from './env'

/** Renders anything thrown as the one error format. Unknown errors are logged whole and shown as a plain sentence. */
export function renderError(error: unknown, c: AppContext): Response {
  const known = toAppError(error, c.var.failure)
  if (known.status >= 500) {
    log.error('request.failed', known.extras.cause ?? error, {
      requestId: c.var.requestId,
      method: c.req.method,
      route: c.req.routePath,
      code: known.code,
    })
  }
  const { details, headers, body } = known.extras
  const shape = c.var.errorShape
  if (shape !== undefined) {
    for (const [name, value] of Object.entries(headers ?? {})) c.header(name, value)
    return shape(known, c)
  }
  return c.json(
    {
      error: known.message,
      code: known.code,
      ...body,
      request_id: c.var.requestId,
      ...(details === undefined ? {} : { details }),
    },
    known.status,
    // RFC 9110, section 11.6.1: every 401 names a scheme.
    { ...(known.status === 401 ? { 'www-authenticate': 'Bearer' } : {}), ...headers },
  )
}

function toAppError(error: unknown, failure = 'Internal server error'): AppError {
  if (error instanceof AppError) return error
  if (error instanceof HTTPException && error.status === 400)
    return new AppError('invalid_json', 'Invalid request body', { cause: error })
  if (isOverload(error)) return unavailable(error)
  return new AppError('internal_error', failure, { cause: error })
}

/** Durable Objects and D1 mark what a caller should simply try again. */
function isOverload(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  return Reflect.get(error, 'overloaded') === true || Reflect.get(error, 'retryable') === true
}
