/** Chat sessions. */
import { Hono } from 'hono'
import { readSession } from '../../services/chat-sessions'
import { chatSession, showSession } from '../answers/chat-sessions'
import { endpoint } from '../endpoint'
import { idOf, type App } from '../env'

export const chatSessions = new Hono<App>().get(
  '/chat_api/sessions/:session_id',
  endpoint({
    summary: 'One chat session with its messages',
    who: 'viewer',
    bucket: 'poll',
    ids: { session_id: { error: 'Chat session not found', code: 'not_found' } },
    answers: { 200: chatSession },
    errors: ['not_found'],
    failure: 'Failed to fetch chat session',
  }),
  async (c) => {
    const { session, messages } = await readSession(c.var.ctx, idOf(c, 'session_id'))
    return c.json(showSession(session, messages, c.var.actor.userId))
  },
)
