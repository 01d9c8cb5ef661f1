/** What is said in a chat session, and what its run waits for. */
import { Hono } from 'hono'
import { cancelSession } from '../../services/cancel-run'
import * as verbs from '../../services/chat-messages'
import * as answers from '../answers/chat-sessions'
import { endpoint } from '../endpoint'
import { idOf, type App } from '../env'
import { body, query } from '../input'

const ids = (error: string) => ({ session_id: { error, code: 'not_found' } }) as const

export const chatMessages = new Hono<App>()
  .post(
    '/chat_api/sessions/:session_id/messages',
    endpoint({
      summary: 'Ask in a chat session; the answer comes in the background',
      who: 'viewer',
      bucket: 'chat',
      idempotent: true,
      ids: ids('session not found'),
      answers: { 202: answers.messageAccepted },
      errors: ['validation_failed', 'not_found', 'conflict', 'session_busy'],
      failure: 'Failed to post chat message',
    }),
    body(verbs.newMessage),
    async (c) => {
      const turn = await verbs.postMessage(c.var.ctx, idOf(c, 'session_id'), c.req.valid('json'))
      return c.json(
        {
          session_id: turn.sessionId,
          seq: turn.messageNumber - 1,
          status: 'in_progress' as const,
          run_id: turn.runId,
        },
        202,
      )
    },
  )
  .get(
    '/chat_api/sessions/:session_id/messages',
    endpoint({
      summary: 'The messages of a chat session from an index on',
      who: 'viewer',
      bucket: 'poll',
      ids: ids('session not found'),
      answers: { 200: answers.messageList },
      errors: ['validation_failed', 'not_found'],
      failure: 'Failed to fetch chat messages',
    }),
    query(verbs.messagesQuery),
    async (c) => {
      const { session, messages, citations } = await verbs.readMessages(
        c.var.ctx,
        idOf(c, 'session_id'),
        c.req.valid('query'),
      )
      return c.json({
        session_id: session.id,
        status: session.status,
        seq: session.messageCount,
        messages: messages.map(answers.showMessage),
        citations: [...citations],
      })
    },
  )
  .post(
    '/chat_api/sessions/:session_id/cancel',
    endpoint({
      summary: 'Cancel what is at work in a chat session',
      who: 'viewer',
      bucket: 'default',
      ids: ids('Chat session not found'),
      answers: { 202: answers.cancelled },
      errors: ['not_found'],
    }),
    async (c) => {
      const sessionId = idOf(c, 'session_id')
      return c.json({ session_id: sessionId, status: await cancelSession(c.var.ctx, sessionId) }, 202)
    },
  )
  .post(
    '/chat_api/sessions/:session_id/confirm',
    endpoint({
      summary: 'Decide what a run waits for',
      who: 'editor',
      bucket: 'default',
      ids: ids('Confirmation not found'),
      answers: { 200: answers.confirmed },
      errors: ['validation_failed', 'not_found'],
    }),
    body(verbs.confirmation),
    async (c) => {
      const sessionId = idOf(c, 'session_id')
      const answer = c.req.valid('json')
      await verbs.confirm(c.var.ctx, sessionId, answer)
      return c.json({ session_id: sessionId, ...answer })
    },
  )
