import * as z from 'zod'
import { partsOfTopic } from '../../alerts/sns'
import { iso, isoOrNull } from '../../lib/time'
import type { listSubscriptions } from '../../services/subscriptions'

type Row = Awaited<ReturnType<typeof listSubscriptions>>[number]

const subscription = z.object({
  id: z.uuid(),
  topicArn: z.string(),
  account: z.string(),
  region: z.string(),
  topic: z.string(),
  state: z.enum(['pending', 'confirming', 'confirmed']),
  requestedAt: z.iso.datetime(),
  confirmedAt: z.iso.datetime().nullable(),
})

export const subscriptionList = z.object({ subscriptions: z.array(subscription) })
export const subscriptionAnswer = z.object({ subscription })

export const showSubscription = (row: Row): z.infer<typeof subscription> => ({
  id: row.id,
  topicArn: row.topicArn,
  ...partsOfTopic(row.topicArn),
  topic: row.topicArn.split(':').slice(5).join(':'),
  state: row.state,
  requestedAt: iso(row.requestedAt),
  confirmedAt: isoOrNull(row.confirmedAt),
})
