import type { InferSelectModel } from 'drizzle-orm'
import type { chatMessages, chatSessions } from '../../drizzle/schema'

export type SessionRow = InferSelectModel<typeof chatSessions>
export type MessageRow = InferSelectModel<typeof chatMessages>
