/** Chat sessions: list, create, read, change, delete. */
import { Hono } from 'hono'
import * as verbs from '../../services/chat-sessions'
import * as answers from '../answers/chat-sessions'
import { endpoint } from '../endpoint'
import { idOf, type App, type AppContext } from '../env'
import { carriesTag } from '../etag'
import { body, query } from '../input'

const ids = { session_id: { error: 'Chat session not found', code: 'not_found' } } as const

/** A session's version is the time of its last change. */
const tagOf = (updatedAt: string): string => `"${updatedAt}"`

const shown = (c: AppContext, { session, messages }: Awaited<ReturnType<typeof verbs.readSession>>) =>
  answers.showSession(session, messages, { userId: c.var.actor.userId, now: c.var.now })

export const chatSessions = new Hono<App>()
  .get(
    '/chat_api/sessions',
    endpoint({
      summary: 'List the chat sessions of the caller, last change first',
      who: 'viewer',
      bucket: 'poll',
      answers: { 200: answers.sessionList },
      errors: ['validation_failed'],
      failure: 'Failed to fetch chat sessions',
    }),
    query(verbs.sessionsQuery),
    async (c) => {
      const { sessions, nextCursor } = await verbs.listSessions(c.var.ctx, c.req.valid('query'))
      const { userId } = c.var.actor
      return c.json({
        sessions: sessions.map((session) => answers.showListed(session, userId)),
        next_cursor: nextCursor,
      })
    },
  )
  .post(
    '/chat_api/sessions',
    endpoint({
      summary: 'Create a chat session; nothing runs in it yet',
      who: 'viewer',
      bucket: 'chat',
      idempotent: true,
      answers: { 201: answers.createdSession },
      errors: ['validation_failed'],
      failure: 'Failed to create chat session',
    }),
    body(verbs.newSession),
    async (c) => {
      const { session, messages } = await verbs.createSession(c.var.ctx, c.req.valid('json'))
      return c.json(answers.showCreated(session, messages), 201)
    },
  )
  .delete(
    '/chat_api/sessions/bulk-delete',
    endpoint({
      summary: 'Delete all chat sessions of the caller but one',
      who: 'viewer',
      bucket: 'chat',
      answers: { 200: answers.deletedSession },
      failure: 'Failed to delete chat sessions',
    }),
    query(verbs.bulkQuery),
    async (c) => {
      const asked = c.req.valid('query')
      const count = await verbs.deleteSessions(c.var.ctx, asked)
      const preserved = asked.current_session_id === undefined ? '' : ' (preserved current session)'
      return c.json({ message: `Successfully deleted ${count} chat sessions${preserved}` })
    },
  )
  .get(
    '/chat_api/sessions/:session_id',
    endpoint({
      summary: 'One chat session with its messages',
      who: 'viewer',
      bucket: 'poll',
      ids,
      answers: { 200: answers.chatSession, 304: null },
      errors: ['not_found'],
      failure: 'Failed to fetch chat session',
    }),
    async (c) => {
      const session = shown(c, await verbs.readSession(c.var.ctx, idOf(c, 'session_id')))
      return carriesTag(c, tagOf(session.updated_at)) ? c.body(null, 304) : c.json(session)
    },
  )
  .put(
    '/chat_api/sessions/:session_id',
    endpoint({
      summary: 'Change title, state or the whole transcript of a chat session',
      who: 'viewer',
      bucket: 'chat',
      ids,
      answers: { 200: answers.chatSession },
      errors: ['validation_failed', 'not_found', 'session_closed', 'version_conflict', 'session_busy'],
      failure: 'Failed to update chat session',
    }),
    body(verbs.sessionChange),
    async (c) => {
      const ifMatch = c.req.header('if-match')
      const changed = await verbs.updateSession(
        c.var.ctx,
        idOf(c, 'session_id'),
        c.req.valid('json'),
        ifMatch,
      )
      const session = shown(c, changed)
      c.header('etag', tagOf(session.updated_at))
      return c.json(session)
    },
  )
  .delete(
    '/chat_api/sessions/:session_id',
    endpoint({
      summary: 'Delete a chat session; what runs in it is cancelled',
      who: 'viewer',
      bucket: 'chat',
      ids,
      answers: { 200: answers.deletedSession },
      errors: ['not_found'],
      failure: 'Failed to delete chat session',
    }),
    async (c) => {
      await verbs.deleteSession(c.var.ctx, idOf(c, 'session_id'))
      return c.json({ message: 'Chat session deleted successfully' })
    },
  )
  .get(
    '/chat_api/sessions/:session_id/status',
    endpoint({
      summary: 'Whether a run is at work in a chat session',
      who: 'viewer',
      bucket: 'poll',
      ids,
      answers: { 200: answers.sessionStatus },
      errors: ['not_found'],
      failure: 'Failed to fetch session status',
    }),
    async (c) => {
      const { status, messageCount } = await verbs.readStatus(c.var.ctx, idOf(c, 'session_id'))
      return c.json({ status, message_count: messageCount })
    },
  )
