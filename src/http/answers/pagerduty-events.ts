import * as z from 'zod'
import type { AppError } from '../../lib/errors'
import type { Refusal } from '../endpoint'
import type { AppContext } from '../env'

const common = { status: z.literal('success'), message: z.literal('Event processed') }
export const changeAccepted = z.object(common)
export const eventAccepted = z.object({ ...common, dedup_key: z.string() })

export const processed = { status: 'success', message: 'Event processed' } as const

const invalid = (errors: readonly string[]) => ({
  status: 'invalid event',
  message: 'Event object is invalid',
  errors,
})

export const pagerdutyRefusal: Refusal = {
  schema: z.object({ status: z.string(), message: z.string(), errors: z.array(z.string()) }),
  statuses: { invalid_token: 400, not_found: 400 },
}

/** Errors as PagerDuty writes them. */
export function pagerdutyError(error: AppError, c: AppContext): Response {
  switch (error.code) {
    case 'invalid_json':
      return c.json(
        {
          status: 'Unrecognized object',
          message: 'Event object format is unrecognized',
          errors: ['JSON parse error'],
        },
        400,
      )
    case 'validation_failed': {
      const { details } = error.extras
      const fields: readonly { readonly message: string }[] = Array.isArray(details) ? details : []
      return c.json(
        invalid(fields.length === 0 ? [error.message] : fields.map(({ message }) => message)),
        400,
      )
    }
    case 'invalid_token':
    case 'not_found':
      return c.json(invalid(["'routing_key' is not known"]), 400)
    case 'rate_limited':
      return c.json(
        {
          status: 'throttle exceeded',
          message: 'Requests for this routing key are arriving too quickly',
          errors: [],
        },
        429,
      )
    default:
      return c.json(invalid([error.message]), error.status)
  }
}
