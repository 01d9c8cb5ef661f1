/** Chat sessions and their messages as the API shows them. */
import * as z from 'zod'
import { iso } from '../../lib/time'
import type { MessageRow, SessionRow } from '../../services/chat-sessions'

const time = z.iso.datetime()

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
  status: z.enum(['active', 'in_progress', 'completed', 'failed', 'cancelled']),
  incident_id: z.uuid().nullable(),
  is_own: z.boolean(),
  pending_turn: z.record(z.string(), z.unknown()).nullable(),
  last_seq: z.int(),
})

export const chatAccepted = z.object({
  session_id: z.uuid(),
  status: z.literal('processing'),
  is_new_session: z.boolean(),
  run_id: z.uuid(),
})

export const showMessage = (row: MessageRow): z.infer<typeof message> => ({
  message_number: row.messageNumber,
  sender: row.sender,
  text: row.text,
  isCompleted: row.isCompleted,
  timestamp: iso(row.createdAt),
  run_id: row.runId,
  ...(row.toolCalls === null ? {} : { toolCalls: [...row.toolCalls] }),
  ...(row.images === null ? {} : { images: [...row.images] }),
  ...(row.citations === null ? {} : { citations: [...row.citations] }),
  ...(row.severity === null ? {} : { severity: row.severity }),
  ...(row.code === null ? {} : { code: row.code }),
})

export const showSession = (
  session: SessionRow,
  messages: readonly MessageRow[],
  userId: string,
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
  pending_turn: session.pendingTurn,
  last_seq: session.lastSeq,
})
