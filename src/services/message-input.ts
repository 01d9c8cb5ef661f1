/** What clients send as transcript, title and state of a chat session, checked and in the shape it is stored in. */
import * as z from 'zod'
import { codePoints } from '../lib/fields'
import { hasNul, plainObject } from '../lib/plain-json'
import type { NewMessage } from '../store/chat-messages'

const MOST_MESSAGES = 2000
const LONGEST_TEXT = 100_000
const LARGEST_STATE = 16 * 1024
const LAST_TIME = Date.parse('9999-12-31T23:59:59.999Z')

/** A message as it came, without its number; `createdAt` is null where the client gave no time. */
export type MessageInput = Omit<NewMessage, 'createdAt'> & { readonly createdAt: number | null }

const wholeText = z.string().refine((text) => !text.includes('\u0000'))

/** An image with its bytes once: what a page displays is made of it. */
const dataUrl = z.string().transform((url, context) => {
  const [, type, data] = /^data:(image\/[\w.+-]+);base64,([A-Za-z0-9+/]*={0,2})$/.exec(url) ?? []
  if (type !== undefined && data !== undefined) return { type, data, name: 'image' }
  context.addIssue({ code: 'custom', message: 'not an image' })
  return z.NEVER
})

const part = z.discriminatedUnion('type', [
  z.object({ type: z.literal('text'), text: wholeText }),
  z.object({ type: z.literal('image_url'), image_url: z.object({ url: dataUrl }) }),
])

const content = z.union([
  wholeText.transform((text) => ({ text, images: [] })),
  z.array(part).transform((parts) => ({
    text: parts.flatMap((one) => (one.type === 'text' ? [one.text] : [])).join('\n'),
    images: parts.flatMap((one) => (one.type === 'image_url' ? [one.image_url.url] : [])),
  })),
])

const inTime = (ms: number): boolean => ms >= 0 && ms <= LAST_TIME

const timestamp = z.union([
  z.number().transform((seconds) => Math.round(seconds * 1000)),
  z.iso.datetime({ offset: true, local: true }).transform((text) => Date.parse(text)),
])

const objects = z.array(plainObject).nullish()

const message = z
  .looseObject({
    sender: z.enum(['user', 'assistant', 'bot']),
    text: content.refine(({ text }) => codePoints(text) <= LONGEST_TEXT),
    timestamp: timestamp.refine(inTime).nullish(),
    isCompleted: z.boolean().nullish(),
    run_id: z.string().nullish(),
    toolCalls: objects,
    images: objects,
    citations: objects,
    severity: z.string().nullish(),
    code: z.string().nullish(),
    message_number: z.unknown().optional(),
  })
  .transform((sent): MessageInput => {
    const { sender, text, timestamp: at, isCompleted, run_id, toolCalls, images, citations, ...rest } = sent
    const { severity, code, message_number: _, ...extra } = rest
    const pictures = [...(images ?? []), ...text.images]
    return {
      sender: sender === 'user' ? 'user' : 'assistant',
      text: text.text,
      createdAt: at ?? null,
      isCompleted: isCompleted ?? true,
      runId: run_id ?? null,
      toolCalls: toolCalls ?? null,
      images: pictures.length === 0 ? null : pictures,
      citations: citations ?? null,
      severity: severity ?? null,
      code: code ?? null,
      extra: Object.keys(extra).length === 0 ? null : extra,
    }
  })

/** A whole transcript. */
export const messagesField = z
  .array(z.unknown(), { error: 'Invalid messages' })
  .transform((items, context): readonly MessageInput[] => {
    const parsed = items.length > MOST_MESSAGES || hasNul(items) ? null : z.array(message).safeParse(items)
    if (parsed?.success === true) return parsed.data
    context.addIssue({ code: 'custom', message: 'Invalid messages' })
    return z.NEVER
  })

/** The free state of a client's page, at most 16 KB of JSON. */
export const uiStateField = plainObject.refine(
  (state) => !hasNul(state) && new TextEncoder().encode(JSON.stringify(state)).length <= LARGEST_STATE,
  'Invalid ui_state',
)

/** The messages as rows: those without a time are from `now`. */
export const rowsOf = (messages: readonly MessageInput[], now: number): readonly NewMessage[] =>
  messages.map((one) => ({ ...one, createdAt: one.createdAt ?? now }))

/** The first thing that a person said, for the title. */
export const firstQuestion = (messages: readonly MessageInput[]): string =>
  messages.find(({ sender, text }) => sender === 'user' && text.trim() !== '')?.text ?? ''
