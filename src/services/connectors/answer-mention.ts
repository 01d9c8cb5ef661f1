/**
 * Answers somebody who spoke to the bot in Slack: a question in a chat session of whoever connected the workspace, answered
 * by the analyst like any other, and its text posted in the thread. A thread is one session.
 */
import * as z from 'zod'
import { postMessage } from '../../connectors/slack/post'
import { derivedId } from '../../lib/derived-id'
import { AppError, notFound } from '../../lib/errors'
import { HOUR } from '../../lib/time'
import { answerOfRun } from '../../store/chat-messages'
import { sessionToWrite } from '../../store/chat-sessions'
import * as store from '../../store/connections'
import { isUniqueViolation } from '../../store/db'
import { runById } from '../../store/runs'
import { titleFrom } from '../chat-title'
import type { Ctx } from '../context'
import { continueThread, openThread, type NewThread, type Question } from '../turns'
import { withAccess } from './call'
import type { CoreOutcome, CoreWork } from './core-jobs'

const LONGEST_QUESTION = 2000
const LOOK_AGAIN_SECONDS = 3
const OPEN: ReadonlySet<string> = new Set(['queued', 'leased', 'running'])
const HINT = 'Ask me something, for example: which incidents are open?'
const SORRY = 'I could not answer this. Please try again.'

const inputSchema = z.object({
  input: z.object({ channel: z.string(), thread: z.string(), text: z.string() }),
})

/** The run has the job's id: however often a step is repeated, the question is asked once. */
export async function answerMention(work: CoreWork): Promise<CoreOutcome> {
  const { db, job, now } = work
  const { input } = inputSchema.parse(job.inputJson)
  const question = questionIn(input.text)
  if (question === '') return post(work, input, HINT)
  const [run] = await runById(db, job.id)
  if (run === undefined) return ask(work, input, question)
  if (OPEN.has(run.state))
    return now - job.createdAt > HOUR
      ? { kind: 'failed', code: 'upstream_error', text: 'The answer took too long' }
      : WAIT
  const [answer] = await answerOfRun(db, job.id)
  return post(work, input, run.state === 'succeeded' && answer !== undefined ? answer.text : SORRY)
}

/** Also where another question of the same thread is being answered: this one waits its turn. */
const WAIT: CoreOutcome = { kind: 'wait', memory: {}, delaySeconds: LOOK_AGAIN_SECONDS }

async function ask(
  { db, ports, row, job, now }: CoreWork,
  { channel, thread }: { readonly channel: string; readonly thread: string },
  text: string,
): Promise<CoreOutcome> {
  const [member] = await store.roleOf(db, row.userId)
  if (member === undefined)
    return { kind: 'failed', code: 'forbidden', text: 'Whoever connected Slack is no member any more' }
  const ctx: Ctx = {
    actor: { userId: row.userId, orgId: db.orgId, role: member.role, sid: null },
    db,
    now,
    nudge: {
      run: () => undefined,
      stopped: () => undefined,
      delivery: () => undefined,
      feed: () => undefined,
    },
  }
  const asked: Question = { text, mode: 'ask', via: 'http', runId: job.id }
  const sessionId = await derivedId(`slack|${row.id}|${channel}|${thread}`)
  const [session] = await sessionToWrite(db, sessionId, row.userId)
  const about = (id: string): NewThread => ({
    id,
    incidentId: null,
    title: titleFrom(text),
    uiState: { selectedMode: 'ask', triggerMetadata: { source: 'slack', channel } },
  })
  try {
    if (session !== undefined) await continueThread(ctx, session, asked, gone)
    else await openThread(ctx, about(sessionId), asked)
  } catch (error) {
    // Somebody deleted the thread's session: this question begins another one.
    if (isUniqueViolation(error)) await openThread(ctx, about(await derivedId(`slack|${job.id}`)), asked)
    else if (error instanceof AppError && error.code === 'session_busy') return WAIT
    else throw error
  }
  await ports.startRun(job.id)
  return WAIT
}

async function post(
  { db, ports, connector, row }: CoreWork,
  { channel, thread }: { readonly channel: string; readonly thread: string },
  text: string,
): Promise<CoreOutcome> {
  const posted = await withAccess(db, ports, connector, row, (ctx, access) =>
    postMessage(ctx, access, { channel, thread, text }),
  )
  return posted.kind === 'ok' ? { kind: 'done', result: { posted: posted.value } } : posted
}

const gone = (): AppError => notFound('Session not found')

/** The words without the mention of the bot, as they were typed. */
const questionIn = (text: string): string =>
  text
    .replaceAll(/<@[A-Z0-9]+(?:\|[^>]*)?>/g, '')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&')
    .replaceAll('\u0000', '')
    .trim()
    .slice(0, LONGEST_QUESTION)
