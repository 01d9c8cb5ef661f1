/** The frames that a client sends over its socket, checked. Pure. */
import * as z from 'zod'
import { uuid, optional } from '../lib/fields'
import { hasNul } from '../lib/plain-json'
import { messageText } from '../services/chat-messages'
import { uiStateField } from '../services/message-input'

/** Bytes of a frame. */
export const LARGEST_FRAME = 10 * 1024 * 1024
const LONGEST_QUERY = 80_000
const MOST_ATTACHMENTS = 5

const attachment = z
  .looseObject({
    filename: z.string().min(1).max(255),
    file_type: z.string().regex(/^(?:image\/(?:png|jpe?g|gif|webp)|application\/pdf)$/),
    file_data: z
      .string()
      .transform((data) => data.replace(/^data:[\w/+.-]+;base64,/, ''))
      .refine((data) => data.length > 0 && data.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(data)),
  })
  // A path on the server is never read for a client.
  .refine((file) => !['path', 'file_path', 'server_path', 'is_server_path'].some((key) => key in file))

export type Attachment = z.output<typeof attachment>

const sessionId = uuid('Invalid session_id')
const decision = z.enum(['execute', 'cancel'], { error: 'Invalid decision. Must be one of: execute, cancel' })

const query = z
  .object({
    query: messageText(LONGEST_QUERY, `message too long (max ${LONGEST_QUERY} chars)`),
    session_id: optional(sessionId),
    mode: optional(z.enum(['agent', 'ask'], { error: 'invalid mode' })),
    model: optional(z.string({ error: 'Invalid model' }).max(200, 'Invalid model')),
    attachments: optional(
      z
        .array(z.unknown(), { error: 'Invalid attachments' })
        .transform((files, context): readonly Attachment[] => {
          const parsed =
            files.length > MOST_ATTACHMENTS || hasNul(files) ? null : z.array(attachment).safeParse(files)
          if (parsed?.success === true) return parsed.data
          context.addIssue({ code: 'custom', message: 'Invalid attachments' })
          return z.NEVER
        }),
    ),
    ui_state: optional(uiStateField),
    client_message_id: optional(
      z
        .string({ error: 'Invalid client_message_id' })
        .regex(/^[\x20-\x7e]{1,128}$/, 'Invalid client_message_id'),
    ),
    direct_tool_call: z.null({ error: 'direct_tool_call is not supported' }).optional(),
  })
  .transform((frame) => ({ type: 'query' as const, ...frame }))

const FRAMES = {
  init: z.object({}).transform(() => ({ type: 'init' as const })),
  ping: z.object({}).transform(() => ({ type: 'ping' as const })),
  query,
  control: z
    .object({ action: z.literal('cancel', { error: 'Invalid action' }), session_id: sessionId })
    .transform((frame) => ({ type: 'control' as const, ...frame })),
  confirmation_response: z
    .object({
      confirmation_id: z.string({ error: 'Invalid confirmation_id' }).min(1, 'Invalid confirmation_id'),
      decision,
      session_id: sessionId,
    })
    .transform((frame) => ({ type: 'confirmation_response' as const, ...frame })),
  resume: z
    .object({
      session_id: sessionId,
      after_seq: z.int({ error: 'Invalid after_seq' }).min(0, 'Invalid after_seq'),
    })
    .transform((frame) => ({ type: 'resume' as const, ...frame })),
} as const

export type ClientFrame = z.output<(typeof FRAMES)[keyof typeof FRAMES]>
export type QueryFrame = Extract<ClientFrame, { type: 'query' }>

export interface Envelope {
  /** The frame's kind; null for one that nobody knows. */
  readonly type: keyof typeof FRAMES | null
  /** The session that it names, when it names one. */
  readonly sessionId: string | null
  /** Whom the sender claims to be; undefined when it does not say. */
  readonly userId: unknown
  readonly body: Readonly<Record<string, unknown>>
}

const KINDS: Readonly<Record<string, keyof typeof FRAMES>> = {
  init: 'init',
  ping: 'ping',
  message: 'query',
  query: 'query',
  control: 'control',
  confirmation_response: 'confirmation_response',
  resume: 'resume',
}

const anyObject = z.record(z.string(), z.unknown())

/** What a frame is; null when it is no JSON object. */
export function openEnvelope(text: string): Envelope | null {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return null
  }
  const parsed = anyObject.safeParse(value)
  if (!parsed.success) return null
  const body = parsed.data
  const { type = 'query', session_id: session, user_id: userId } = body
  const named = sessionId.safeParse(session)
  return {
    type: typeof type === 'string' && Object.hasOwn(KINDS, type) ? (KINDS[type] ?? null) : null,
    sessionId: named.success ? named.data : null,
    userId: userId ?? undefined,
    body,
  }
}

/** The frame, or what is wrong with it. */
export function readFrame(
  type: keyof typeof FRAMES,
  body: Envelope['body'],
): { readonly ok: true; readonly frame: ClientFrame } | { readonly ok: false; readonly text: string } {
  const parsed = FRAMES[type].safeParse(body)
  if (parsed.success) return { ok: true, frame: parsed.data }
  const [issue] = parsed.error.issues
  const named = issue !== undefined && !issue.message.startsWith('Invalid input') ? issue.message : null
  return { ok: false, text: named ?? `Invalid ${String(issue?.path[0] ?? 'frame')}` }
}
