/** What a channel can be told of, and what it is told unless somebody chooses. */

export const EVENTS = [
  'investigation.started',
  'investigation.completed',
  'investigation.failed',
  'incident.opened',
  'incident.resolved',
  'storm.began',
  'maintenance.ended',
] as const
type NotificationEvent = (typeof EVENTS)[number]

/** What goes out: an event, or the message that only tries a channel. */
export type MessageType = NotificationEvent | 'notification.test'

export type ChannelKind = 'slack' | 'google_chat' | 'webhook' | 'email'

const CHAT = [
  'investigation.started',
  'investigation.completed',
  'investigation.failed',
  'storm.began',
  'maintenance.ended',
] as const

/** A chat is told what people act on, a program everything, and a mailbox only conclusions. */
export const DEFAULT_EVENTS: Readonly<Record<ChannelKind, readonly NotificationEvent[]>> = {
  slack: CHAT,
  google_chat: CHAT,
  webhook: EVENTS,
  email: ['investigation.completed'],
}
