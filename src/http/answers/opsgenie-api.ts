import * as z from 'zod'
import { firstText, recordOf } from '../../alerts/text'
import type { AppError } from '../../lib/errors'
import { iso } from '../../lib/time'
import type { readAlert, readOutcome } from '../../services/emulation/opsgenie-api'
import type { Refusal } from '../endpoint'
import type { AppContext } from '../env'
import { time } from './fields'

const meta = { took: z.number(), requestId: z.string() }

const alert = z.object({
  id: z.uuid(),
  tinyId: z.string(),
  alias: z.string(),
  message: z.string(),
  status: z.enum(['open', 'closed']),
  acknowledged: z.boolean(),
  isSeen: z.boolean(),
  snoozed: z.boolean(),
  count: z.int(),
  tags: z.array(z.string()),
  priority: z.string(),
  source: z.string(),
  entity: z.string(),
  description: z.string(),
  details: z.record(z.string(), z.unknown()),
  createdAt: time,
  updatedAt: time,
  lastOccurredAt: time,
  owner: z.string(),
  responders: z.array(z.unknown()),
  integration: z.object({ id: z.uuid(), name: z.string(), type: z.literal('API') }),
})

export const requestAccepted = z.object({ result: z.literal('Request will be processed'), ...meta })
export const oneAlert = z.object({ data: alert, ...meta })
export const manyAlerts = z.object({ data: z.array(alert), ...meta })
export const outcome = z.object({
  data: z.object({
    success: z.boolean(),
    isSuccess: z.boolean(),
    action: z.string(),
    processedAt: time,
    integrationId: z.uuid(),
    status: z.string(),
    alertId: z.string(),
    alias: z.string(),
  }),
  ...meta,
})
export const requestUnknown = z.object({ message: z.string(), ...meta })

/** What every answer ends with: seconds since the request came in, and its id. */
export const metaOf = (c: AppContext, requestId: string = c.var.requestId) => ({
  took: Math.max(1, Date.now() - c.var.now) / 1000,
  requestId,
})

type Read = Awaited<ReturnType<typeof readAlert>>
interface Owner {
  readonly id: string
  readonly name: string
}

export function showAlert({ alert: row, tinyId }: Read, integration: Owner): z.infer<typeof alert> {
  const { metadata } = row
  const alias = firstText(metadata['alias'])
  return {
    id: row.id,
    tinyId: String(tinyId),
    alias: alias === null || alias === row.deliveryId ? row.id : alias,
    message: row.title,
    status: row.state === 'resolved' ? 'closed' : 'open',
    acknowledged: row.state === 'acknowledged',
    isSeen: row.state !== 'firing',
    snoozed: false,
    count: row.occurrences,
    tags: Array.isArray(metadata['tags']) ? metadata['tags'].map(String) : [],
    priority: firstText(metadata['priority']) ?? 'P3',
    source: firstText(metadata['source']) ?? '',
    entity: firstText(metadata['entity']) ?? '',
    description: row.description ?? '',
    details: recordOf(metadata['details']),
    createdAt: iso(row.createdAt),
    updatedAt: iso(row.updatedAt),
    lastOccurredAt: iso(row.lastSeenAt),
    owner: '',
    responders: [],
    integration: { id: integration.id, name: integration.name, type: 'API' },
  }
}

type Outcome = NonNullable<Awaited<ReturnType<typeof readOutcome>>>

export const showOutcome = (
  { success, processedAt, ...rest }: Outcome,
  integrationId: string,
): z.infer<typeof outcome>['data'] => ({
  success,
  isSuccess: success,
  ...rest,
  processedAt: iso(processedAt),
  integrationId,
})

export const opsgenieRefusal: Refusal = {
  schema: z.object({ message: z.string(), errors: z.record(z.string(), z.string()).optional(), ...meta }),
  statuses: { invalid_json: 422, validation_failed: 422 },
}

/** Errors as Opsgenie writes them. */
export function opsgenieError(error: AppError, c: AppContext): Response {
  switch (error.code) {
    case 'invalid_token':
      return c.json({ message: 'Could not authenticate', ...metaOf(c) }, 401)
    case 'invalid_json':
    case 'validation_failed': {
      const { details } = error.extras
      const fields: readonly { readonly path: string; readonly message: string }[] = Array.isArray(details)
        ? details
        : []
      const errors = Object.fromEntries(fields.map(({ path, message }) => [path, message]))
      return c.json({ message: error.message, errors, ...metaOf(c) }, 422)
    }
    case 'rate_limited':
      return c.json({ message: 'You are making too many requests!', ...metaOf(c) }, 429)
    default:
      return c.json({ message: error.message, ...metaOf(c) }, error.status)
  }
}
