import * as z from 'zod'

/** How a delivery is answered once it is stored. */
export const received = z.object({
  received: z.literal(true),
  deliveryId: z.uuid(),
  duplicate: z.boolean().optional(),
  held: z.literal(true).optional(),
  skipped: z.literal(true).optional(),
  reason: z.string().optional(),
})
