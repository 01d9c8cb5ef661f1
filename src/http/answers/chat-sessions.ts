/** Chat sessions and their messages as the API shows them. */
import * as z from 'zod'
import { iso } from '../../lib/time'
import type { ListedSession, MessageRow, SessionRow } from '../../services/chat-sessions'
import { time } from './fields'

const status = z.enum(['active', 'in_progress', 'completed', 'failed', 'cancelled'])

export const message = z.looseObject({
  message_number: z.int(),
  sender: z.enum(['user', 'assistant']),
  text: z.string(),
  isCompleted: z.boolean(),
  timestamp: time,
  run_id: z.string().nullable(),
  toolCalls: z.array(z.record(z.string(), z.unknown())).optional(),
  images: z.array(z.record(z.string(), z.unknown())).optional(),
  citations: z.array(z.record(z.string(), z.unknown())).optional(),
  severity: z.string().optional(),
  code: z.string().optional(),
})

export const chatSession = z.object({
  id: z.uuid(),
  title: z.string(),
  messages: z.array(message),
  created_at: time,
  updated_at: time,
  ui_state: z.record(z.string(), z.unknown()),
  status,
  incident_id: z.uuid().nullable(),
  is_own: z.boolean(),
  pending_turn: z.record(z.string(), z.unknown()).nullable(),
  last_seq: z.int(),
})

export const sessionList = z.object({
  sessions: z.array(
    z.object({
      id: z.uuid(),
      title: z.string(),
      created_at: time,
      updated_at: time,
      message_count: z.int(),
      ui_state: z.record(z.string(), z.unknown()),
      status,
      incident_id: z.uuid().nullable(),
      is_own: z.boolean(),
    }),
  ),
  next_cursor: z.string().nullable(),
})

export const createdSession = chatSession.pick({
  id: true,
  title: true,
  messages: true,
  ui_state: true,
  created_at: true,
  updated_at: true,
  status: true,
})

export const deletedSession = z.object({ message: z.string() })

export const sessionStatus = z.object({ status, message_count: z.int() })

export const messageAccepted = z.object({
  session_id: z.uuid(),
  seq: z.int(),
  status: z.literal('in_progress'),
  run_id: z.uuid(),
})

export const messageList = z.object({
  session_id: z.uuid(),
  status,
  seq: z.int(),
  messages: z.array(message),
  citations: z.array(z.record(z.string(), z.unknown())),
})

export const cancelled = z.object({ session_id: z.uuid(), status: z.enum(['cancelled', 'idle']) })

export const confirmed = z.object({
  session_id: z.uuid(),
  confirmation_id: z.string(),
  decision: z.enum(['execute', 'cancel']),
})

export const chatAccepted = z.object({
  session_id: z.uuid(),
  status: z.literal('processing'),
  is_new_session: z.boolean(),
  run_id: z.uuid(),
})

/** A client's own keys first: they never stand in for ours. */
export const showMessage = (row: MessageRow): z.infer<typeof message> => ({
  ...row.extra,
  message_number: row.messageNumber,
  sender: row.sender,
  text: row.text,
  isCompleted: row.isCompleted,
  timestamp: iso(row.createdAt),
  run_id: row.runId,
  ...(row.toolCalls === null ? {} : { toolCalls: [...row.toolCalls] }),
  ...(row.images === null ? {} : { images: row.images.map(showImage) }),
  ...(row.citations === null ? {} : { citations: [...row.citations] }),
  ...(row.severity === null ? {} : { severity: row.severity }),
  ...(row.code === null ? {} : { code: row.code }),
})

/** Its bytes are stored once and shown twice: as they are, and as a page displays them. */
function showImage(image: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const { type, data, displayData } = image
  if (displayData !== undefined || typeof type !== 'string' || typeof data !== 'string') return { ...image }
  return { displayData: `data:${type};base64,${data}`, ...image }
}

/** A confirmation that can still be answered. */
function openConfirmation(
  pending: SessionRow['pendingTurn'],
  now: number,
): z.infer<typeof chatSession>['pending_turn'] {
  if (pending === null || pending['decision'] !== undefined) return null
  const ends = pending['expires_at']
  return typeof ends === 'string' && Date.parse(ends) > now ? { ...pending } : null
}

export const showListed = (session: ListedSession, userId: string) => ({
  id: session.id,
  title: session.title,
  created_at: iso(session.createdAt),
  updated_at: iso(session.updatedAt),
  message_count: session.messageCount,
  ui_state: session.uiState,
  status: session.status,
  incident_id: session.incidentId,
  is_own: session.userId === userId,
})

export const showCreated = (
  session: SessionRow,
  messages: readonly MessageRow[],
): z.infer<typeof createdSession> => ({
  id: session.id,
  title: session.title,
  messages: messages.map(showMessage),
  ui_state: session.uiState,
  created_at: iso(session.createdAt),
  updated_at: iso(session.updatedAt),
  status: session.status,
})

export const showSession = (
  session: SessionRow,
  messages: readonly MessageRow[],
  { userId, now }: { readonly userId: string; readonly now: number },
): z.infer<typeof chatSession> => ({
  id: session.id,
  title: session.title,
  messages: messages.map(showMessage),
  created_at: iso(session.createdAt),
  updated_at: iso(session.updatedAt),
  ui_state: session.uiState,
  status: session.status,
  incident_id: session.incidentId,
  is_own: session.userId === userId,
  pending_turn: openConfirmation(session.pendingTurn, now),
  last_seq: session.lastSeq,
})
