/** What travels through the queues: versioned, and never more than the name of a row. */
import * as z from 'zod'

export const ingestMessageSchema = z.object({ v: z.literal(1), deliveryId: z.string() })
export const jobMessageSchema = z.object({ v: z.literal(1), runId: z.string() })

/** "Process this delivery." */
export const ingestMessage = (body: {
  readonly deliveryId: string
}): z.infer<typeof ingestMessageSchema> => ({ v: 1, ...body })

/** "This run wants to be looked at." */
export const jobMessage = (body: { readonly runId: string }): z.infer<typeof jobMessageSchema> => ({
  v: 1,
  ...body,
})
