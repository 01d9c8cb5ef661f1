import * as z from 'zod'

/** How a delivery is answered once it is stored. */
export const received = z.object({
  received: z.literal(true),
  deliveryId: z.uuid(),
  duplicate: z.boolean().optional(),
  held: z.literal(true).optional(),
  skipped: z.literal(true).optional(),
  reason: z.string().optional(),
  /** Members that single senders' answers have besides. */
  accepted: z.literal(true).optional(),
  status: z.string().optional(),
  issueId: z.string().optional(),
  issue: z.string().optional(),
  resource: z.string().optional(),
  type: z.string().optional(),
})
