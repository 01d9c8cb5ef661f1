import type { LanguageModelV4, LanguageModelV4StreamPart } from '@ai-sdk/provider'
import { env } from 'cloudflare:workers'
import { describe, it } from 'vitest'
import { chatMessages, chatSessions, runs } from '../../drizzle/schema'
import { newId } from '../../src/lib/ids'
import { cancelSession } from '../../src/services/cancel-run'
import type { Ctx } from '../../src/services/context'
import { advanceRun } from '../../src/services/runs/advance-run'
import { openThread } from '../../src/services/turns'
import { openTenant } from '../../src/store/tenant-db'
import { aThread, anExecutor } from '../support/executor'

const T = Date.parse('2026-05-04T09:00:00.000Z')
const PIECES = ['The pool ', 'of checkout ', 'was ', 'exhausted.'] as const
const WHOLE = PIECES.join('')

/** A model that says the pieces, and waits for `before(index)` before each. */
function slowModel(before: (index: number) => Promise<void> | void): LanguageModelV4 {
  const stream = (): ReadableStream<LanguageModelV4StreamPart> => {
    let next = -1
    return new ReadableStream(
      {
        pull: async (controller) => {
          next++
          const delta = PIECES[next - 2]
          if (next === 0) return controller.enqueue({ type: 'stream-start', warnings: [] })
          if (next === 1) return controller.enqueue({ type: 'text-start', id: 't' })
          if (delta !== undefined) {
            await before(next - 2)
            return controller.enqueue({ type: 'text-delta', id: 't', delta })
          }
          controller.enqueue({ type: 'text-end', id: 't' })
          controller.enqueue({
            type: 'finish',
            finishReason: { unified: 'stop', raw: 'stop' },
            usage: {
              inputTokens: { total: 0, noCache: 0, cacheRead: 0, cacheWrite: 0 },
              outputTokens: { total: 0, text: 0, reasoning: 0 },
            },
          })
          controller.close()
        },
      },
      { highWaterMark: 0 },
    )
  }
  return {
    specificationVersion: 'v4',
    provider: 'test',
    modelId: 'slow',
    supportedUrls: {},
    doGenerate: () => Promise.reject(new Error('only streams')),
    doStream: () => Promise.resolve({ stream: stream() }),
  }
}

/** A person's thread with a question that waits, and an executor whose clock and model are the test's. */
async function aQuestion(via: 'http' | 'socket' = 'http') {
  const orgId = newId()
  const clock = { now: T }
  const db = openTenant(env.DB, orgId)
  const ctx: Ctx = {
    actor: { userId: newId(), orgId, role: 'viewer', sid: null },
    db,
    now: T,
    nudge: { run: () => {}, stopped: () => {}, delivery: () => {}, feed: () => {} },
  }
  const thread = { id: newId(), incidentId: null, title: 'Why?', uiState: {} }
  const { runId, sessionId } = await openThread(ctx, thread, { text: 'Why?', mode: 'ask', via })
  const room = aThread()
  return {
    ctx,
    clock,
    room,
    runId,
    sessionId,
    executor: (before: (index: number) => Promise<void> | void = () => {}) => ({
      ...anExecutor({ orgId }, room, clock),
      model: slowModel(before),
    }),
    stored: async () => {
      const [session] = await db.select(chatSessions)
      const messages = await db.select(chatMessages).orderBy(chatMessages.messageNumber)
      const [run] = await db.select(runs)
      return { session, messages, run }
    },
    /** What a reader who has this many frames has read. */
    textUpTo: (seq: number) =>
      room.events
        .slice(0, seq)
        .map((event) => (event.kind === 'text' ? event.delta : ''))
        .join(''),
  }
}

/** Until the write that was begun has come through. */
async function until(condition: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 500; tries++) if (await condition()) return
  throw new Error('it never came')
}

describe('an answer that takes its time', () => {
  it('is stored while it is written, with the number of the frame it reaches to', async ({ expect }) => {
    const question = await aQuestion()
    const seen: string[] = []
    const executor = question.executor(async (index) => {
      question.clock.now += 1000
      if (index < 2) return
      // Two seconds after the beginning at the latest.
      await until(async () => (await question.stored()).messages.length === 2)
      const { session, messages } = await question.stored()
      expect(messages[1]).toMatchObject({ sender: 'assistant', isCompleted: false, runId: question.runId })
      expect(session).toMatchObject({ messageCount: 2, status: 'in_progress' })
      expect(messages[1]?.text).toBe(question.textUpTo(session?.lastSeq ?? 0))
      seen.push(messages[1]?.text ?? '')
    })
    expect(await advanceRun(executor, question.runId, null)).toEqual({ kind: 'over' })
    expect(seen.length).toBeGreaterThan(0)
    for (const text of seen) expect([text, text !== '' && WHOLE.startsWith(text)]).toEqual([text, true])
    const { session, messages, run } = await question.stored()
    expect(messages.map(({ text, isCompleted }) => [text, isCompleted])).toEqual([
      ['Why?', true],
      [WHOLE, true],
    ])
    expect(session).toMatchObject({
      messageCount: 2,
      status: 'completed',
      activeRunId: null,
      lastSeq: question.room.events.length,
    })
    expect(run?.state).toBe('succeeded')
  })

  it('is written anew after a crash in the middle, and stands there once', async ({ expect }) => {
    const question = await aQuestion()
    const crashing = question.executor(async (index) => {
      question.clock.now += 1000
      if (index === 3) {
        await until(async () => (await question.stored()).messages.length === 2)
        throw new Error('crash')
      }
    })
    const first = await advanceRun(crashing, question.runId, null)
    expect(first.kind).toBe('again')
    expect((await question.stored()).messages[1]?.isCompleted).toBe(false)
    question.clock.now += 3000
    expect(await advanceRun(question.executor(), question.runId, null)).toEqual({ kind: 'over' })
    const { session, messages } = await question.stored()
    expect(messages.map(({ text }) => text)).toEqual(['Why?', WHOLE])
    expect(session?.messageCount).toBe(2)
    const restarted = question.room.events.findIndex(({ kind }) => kind === 'restarted')
    expect(question.room.events[restarted]).toEqual({ kind: 'restarted', messageNumber: 2 })
    const after = question.room.events.slice(restarted)
    expect(after.map((event) => (event.kind === 'text' ? event.delta : '')).join('')).toBe(WHOLE)
  })

  it('is cut off by a cancellation, keeps what it has, and publishes nothing more', async ({ expect }) => {
    for (const [via, status] of [
      ['http', 'completed'],
      ['socket', 'active'],
    ] as const) {
      const question = await aQuestion(via)
      const executor = question.executor(async (index) => {
        question.clock.now += 1000
        if (index !== 3) return
        await until(async () => (await question.stored()).messages.length === 2)
        expect(await cancelSession(question.ctx, question.sessionId)).toBe('cancelled')
        expect(await cancelSession(question.ctx, question.sessionId)).toBe('idle')
      })
      const progress = await advanceRun(executor, question.runId, null)
      expect(progress.kind).toBe('again')
      expect(await advanceRun(executor, question.runId, null)).toEqual({ kind: 'over' })
      const { session, messages, run } = await question.stored()
      expect(run).toMatchObject({ state: 'cancelled', errorCode: 'cancelled_by_user' })
      expect(session).toMatchObject({ status, messageCount: 2, activeRunId: null })
      expect(messages[1]).toMatchObject({ isCompleted: true, sender: 'assistant' })
      expect(WHOLE.startsWith(messages[1]?.text ?? '?')).toBe(true)
      expect(question.room.events.some(({ kind }) => kind === 'end')).toBe(false)
    }
  })
})
