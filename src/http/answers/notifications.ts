/** Channels and their messages as the API shows them: never an address with its secrets. */
import * as z from 'zod'
import { iso, isoOrNull } from '../../lib/time'
import type { ChannelRow } from '../../services/notifications/channels'
import type { listNotifications, NotificationRow } from '../../services/notifications/deliveries'
import { EVENTS } from '../../services/notifications/events'
import { configSchema, type Sent } from '../../services/notifications/send'
import { maybeTime, time } from './fields'

const channel = z.object({
  id: z.uuid(),
  kind: z.enum(['slack', 'google_chat', 'webhook', 'email']),
  name: z.string(),
  enabled: z.boolean(),
  events: z.array(z.string()),
  /** Where it leads; the rest of the address is a secret. */
  host: z.string(),
  /** An e-mail channel's; null for the others. */
  email: z
    .object({
      provider: z.enum(['resend', 'postmark']),
      from: z.string(),
      to: z.array(z.string()),
      members: z.boolean(),
    })
    .nullable(),
  createdAt: time,
  updatedAt: time,
})

export const channelAnswer = z.object({ channel })
export const channelCreated = z.object({ channel, secret: z.string().nullable() })
export const channelList = z.object({ channels: z.array(channel), events: z.array(z.enum(EVENTS)) })

export function showChannel(row: ChannelRow): z.infer<typeof channel> {
  const { host, provider, from, to = [], members = false } = configSchema.parse(row.config)
  return {
    id: row.id,
    kind: row.kind,
    name: row.name,
    enabled: row.enabled,
    events: [...row.events],
    host,
    email: provider === undefined || from === undefined ? null : { provider, from, to, members },
    createdAt: iso(row.createdAt),
    updatedAt: iso(row.updatedAt),
  }
}

export const showChannels = (rows: readonly ChannelRow[]): z.infer<typeof channelList> => ({
  channels: rows.map(showChannel),
  events: [...EVENTS],
})

export const secretRotated = z.object({ secret: z.string(), previousValidUntil: time })

export const showRotated = ({
  secret,
  previousUntil,
}: {
  readonly secret: string
  readonly previousUntil: number
}): z.infer<typeof secretRotated> => ({ secret, previousValidUntil: iso(previousUntil) })

export const channelTest = z.object({
  ok: z.boolean(),
  status: z.int().nullable(),
  error: z.string().nullable(),
})

export const showTest = (sent: Sent): z.infer<typeof channelTest> =>
  sent.kind === 'sent'
    ? { ok: sent.note === null, status: sent.status, error: sent.note }
    : { ok: false, status: sent.status, error: sent.error }

const notification = z.object({
  id: z.uuid(),
  channelId: z.uuid(),
  event: z.string(),
  incidentId: z.uuid().nullable(),
  runId: z.string().nullable(),
  state: z.enum(['pending', 'sent', 'dead']),
  attempts: z.int(),
  nextAt: maybeTime,
  lastStatus: z.int().nullable(),
  lastError: z.string().nullable(),
  doneAt: maybeTime,
  createdAt: time,
})

export const notificationAnswer = z.object({ delivery: notification })
export const notificationList = z.object({
  deliveries: z.array(notification),
  nextCursor: z.string().nullable(),
})

export const showNotification = (row: NotificationRow): z.infer<typeof notification> => ({
  id: row.id,
  channelId: row.channelId,
  event: row.event,
  incidentId: row.incidentId,
  runId: row.runId,
  state: row.state,
  attempts: row.attempts,
  nextAt: row.state === 'pending' ? iso(row.nextAt) : null,
  lastStatus: row.lastStatus,
  lastError: row.lastError,
  doneAt: isoOrNull(row.doneAt),
  createdAt: iso(row.createdAt),
})

export const showNotifications = ({
  deliveries,
  nextCursor,
}: Awaited<ReturnType<typeof listNotifications>>): z.infer<typeof notificationList> => ({
  deliveries: deliveries.map(showNotification),
  nextCursor,
})
