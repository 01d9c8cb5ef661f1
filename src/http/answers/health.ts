/** Bodies of the health endpoints. */
import * as z from 'zod'

const check = z.discriminatedUnion('status', [
  z.object({ status: z.literal('healthy'), message: z.string() }),
  z.object({ status: z.literal('degraded'), warning: z.string() }),
  z.object({ status: z.literal('unhealthy'), error: z.string() }),
])

export const healthAnswer = z.object({
  overall_status: z.enum(['healthy', 'degraded', 'unhealthy']),
  timestamp: z.iso.datetime({ precision: 3 }),
  response_time_ms: z.number().nonnegative(),
  checks: z.object({
    database: check,
    redis: check,
    weaviate: check,
    celery: check,
    chatbot_websocket: check,
  }),
})

export const livenessAnswer = z.object({ status: z.literal('alive') })
export const readyAnswer = z.object({ status: z.literal('ready') })
export const notReadyAnswer = z.object({
  status: z.literal('not_ready'),
  checks: z.object({ database: check, redis: check }),
})
