/** What travels through the queues: versioned, and never more than the name of a row. */
import * as z from 'zod'

export const ingestMessageSchema = z.object({ v: z.literal(1), deliveryId: z.string() })
export const jobMessageSchema = z.object({ v: z.literal(1), runId: z.string() })

/** "This job of a connection wants its next step." */
export const connectorMessageSchema = z.object({
  v: z.literal(1),
  type: z.literal('connector_job'),
  job_id: z.string(),
})

/** "This connection's access ends soon." */
export const renewMessageSchema = z.object({
  v: z.literal(1),
  type: z.literal('connector_renew'),
  org_id: z.string(),
  connection_id: z.string(),
})

/** "This organisation has notifications to send." */
export const notificationMessageSchema = z.object({
  v: z.literal(1),
  type: z.literal('notifications'),
  org_id: z.string(),
})

/** "Process this delivery." */
export const ingestMessage = (body: {
  readonly deliveryId: string
}): z.infer<typeof ingestMessageSchema> => ({ v: 1, ...body })

/** "This run wants to be looked at." */
export const jobMessage = (body: { readonly runId: string }): z.infer<typeof jobMessageSchema> => ({
  v: 1,
  ...body,
})

export const connectorMessage = (body: {
  readonly job_id: string
}): z.infer<typeof connectorMessageSchema> => ({ v: 1, type: 'connector_job', ...body })

export const renewMessage = (body: {
  readonly org_id: string
  readonly connection_id: string
}): z.infer<typeof renewMessageSchema> => ({ v: 1, type: 'connector_renew', ...body })

export const notificationMessage = (body: {
  readonly org_id: string
}): z.infer<typeof notificationMessageSchema> => ({ v: 1, type: 'notifications', org_id: body.org_id })
