import { evictDurableObject, runInDurableObject } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import * as fc from 'fast-check'
import { describe, it } from 'vitest'
import { newId } from '../../src/lib/ids'
import { FrameLog, KEPT_AFTER_END_MS } from '../../src/objects/frame-log'
import { framesOf } from '../../src/objects/frames'

const SESSION = newId()
const T = 1_800_000_000_000
const LATER = T + KEPT_AFTER_END_MS + 1

/** A log in storage of its own. */
const inLog = <T>(use: (log: FrameLog) => T, name = newId()): Promise<T> =>
  runInDurableObject(env.FEED.getByName(name), (_, state) => use(new FrameLog(state.storage)))

const run = (name = newId()) => framesOf(SESSION, name)

const seqs = (log: FrameLog, after: number) => {
  const since = log.since(after)
  return since.ok ? since.frames.map(({ seq }) => seq) : since.code
}

describe('the frames of a session', () => {
  it('are numbered from one without a gap, and the text says the number', async ({ expect }) => {
    const frames = run()
    const [first, more, since] = await inLog((log) => [
      log.append([frames.accepted(1)], T),
      log.append([frames.chunk('The '), frames.chunk('pool')], T),
      log.since(0),
    ])
    expect([...first, ...more].map(({ seq }) => seq)).toEqual([1, 2, 3])
    expect(since).toEqual({ ok: true, frames: [...first, ...more] })
    expect(more.map(({ json }) => JSON.parse(json))).toMatchObject([
      { seq: 2, type: 'message', data: { text: 'The ', is_chunk: true, session_id: SESSION } },
      { seq: 3, data: { text: 'pool' } },
    ])
  })

  it('are still there, and go on counting, after an eviction', async ({ expect }) => {
    const name = newId()
    const frames = run()
    await inLog((log) => log.append([frames.accepted(1), frames.chunk('a')], T), name)
    await evictDurableObject(env.FEED.getByName(name))
    const [next, all] = await inLog((log) => [log.append([frames.chunk('b')], T), seqs(log, 0)], name)
    expect(next.map(({ seq }) => seq)).toEqual([3])
    expect(all).toEqual([1, 2, 3])
  })

  it('continue after each cursor and ask for a resync at one that is not theirs', async ({ expect }) => {
    const answers = await inLog((log) => {
      log.append([run().accepted(1), run().chunk('a')], T)
      return [0, 1, 2, 3, -1].map((after) => seqs(log, after))
    })
    expect(answers).toEqual([[1, 2], [2], [], 'resync', 'resync'])
  })

  it('stay for ten minutes after the end of their run and are gone afterwards, their numbers never used again', async ({
    expect,
  }) => {
    const frames = run()
    const seen = await inLog((log) => {
      log.append([frames.accepted(1), frames.end('completed'), frames.usage(0.1)], T)
      const due = log.prune(T + KEPT_AFTER_END_MS - 1)
      const kept = seqs(log, 0)
      const dueAgain = log.prune(T + KEPT_AFTER_END_MS)
      const gone = [seqs(log, 0), seqs(log, 2), seqs(log, 3)]
      const next = log.append([run().accepted(3)], LATER)
      return { due, kept, dueAgain, gone, next: next[0]?.seq, resumed: seqs(log, 3) }
    })
    expect(seen).toEqual({
      due: T + KEPT_AFTER_END_MS,
      kept: [1, 2, 3],
      dueAgain: null,
      gone: ['resync', 'resync', []],
      next: 4,
      resumed: [4],
    })
  })

  it('of a run at work stay however long it takes', async ({ expect }) => {
    const frames = run()
    const seen = await inLog((log) => {
      log.append([frames.accepted(1)], T)
      const due = log.prune(LATER * 2)
      log.append([frames.chunk('a')], LATER * 2)
      return [due, seqs(log, 0)]
    })
    expect(seen).toEqual([null, [1, 2]])
  })

  it('of a short earlier run stay when the next begins, those of a long ended one go', async ({ expect }) => {
    const [old, recent, next] = [run(), run(), run()]
    const seen = await inLog((log) => {
      log.append([old.accepted(1), old.end('completed')], T)
      log.append([recent.accepted(3), recent.end('failed')], LATER - 10)
      log.append([next.accepted(5)], LATER)
      return [seqs(log, 0), seqs(log, 1), seqs(log, 2)]
    })
    expect(seen).toEqual(['resync', 'resync', [3, 4, 5]])
  })

  it('begin after the numbers that the database knows, which are never taken back', async ({ expect }) => {
    const seen = await inLog((log) => {
      log.setFloor(42)
      const next = log.append([run().accepted(1)], T)[0]?.seq
      log.setFloor(7)
      log.setFloor(43)
      return { next, old: seqs(log, 41), known: seqs(log, 42), state: log.state() }
    })
    expect(seen).toEqual({
      next: 43,
      old: 'resync',
      known: [43],
      state: { lastSeq: 43, floor: 42, running: true, joinAt: 42 },
    })
  })

  it('tell whether a run is at work and where it began', async ({ expect }) => {
    const [first, second] = [run(), run()]
    const states = await inLog((log) => {
      const empty = log.state()
      log.append([first.accepted(1), first.end('completed'), first.usage(0)], T)
      const idle = log.state()
      log.append([second.accepted(3), second.chunk('a')], T)
      return [empty, idle, log.state()]
    })
    expect(states).toEqual([
      { lastSeq: 0, floor: 0, running: false, joinAt: 0 },
      { lastSeq: 3, floor: 0, running: false, joinAt: 3 },
      { lastSeq: 5, floor: 0, running: true, joinAt: 3 },
    ])
  })

  it('are stored all or none', async ({ expect }) => {
    const frames = run()
    const broken = { ...frames.chunk('a'), data: { session_id: SESSION, loop: 1n } }
    const seen = await inLog((log) => {
      let failed = false
      try {
        log.append([frames.accepted(1), broken], T)
      } catch {
        failed = true
      }
      return { failed, state: log.state() }
    })
    expect(seen).toEqual({ failed: true, state: { lastSeq: 0, floor: 0, running: false, joinAt: 0 } })
  })

  it('after any history are either all there or a resync, and never two with one number', async ({
    expect,
  }) => {
    const act = fc.record({
      minutes: fc.integer({ min: 0, max: 12 }),
      chunks: fc.integer({ min: 0, max: 3 }),
      end: fc.boolean(),
    })
    await fc.assert(
      fc.asyncProperty(fc.array(act, { maxLength: 8 }), async (acts) => {
        await inLog((log) => {
          let now = T
          const given: string[] = []
          for (const { minutes, chunks, end } of acts) {
            now += minutes * 60_000
            const frames = run()
            const texts = [
              frames.accepted(1),
              ...Array.from({ length: chunks }, (_, n) => frames.chunk(`${n}`)),
            ]
            for (const { seq, json } of log.append(end ? [...texts, frames.end('completed')] : texts, now)) {
              expect(seq).toBe(given.length + 1)
              given.push(json)
            }
            log.prune(now)
            const { floor } = log.state()
            for (let after = 0; after <= given.length; after++) {
              const since = log.since(after)
              expect(since.ok).toBe(after >= floor)
              if (since.ok) expect(since.frames.map(({ json }) => json)).toEqual(given.slice(after))
            }
          }
        })
      }),
      { numRuns: 25 },
    )
  })
})

describe('a frame', () => {
  it('of a tool is cut at ten thousand whole characters', ({ expect }) => {
    const frame = run().toolResult({
      id: 'call_1',
      name: 'logs',
      output: '🙂'.repeat(10_001),
      status: 'error',
      at: T,
    })
    expect(frame).toMatchObject({
      type: 'tool_result',
      data: { status: 'error', tool_call_id: 'call_1', output: '🙂'.repeat(10_000) },
    })
    const whole = '🙂'.repeat(10_000)
    expect(run().toolCall({ id: 'call_1', name: 'logs', input: whole, at: T }).data['input']).toBe(whole)
  })

  it('that ends a run says so and how', ({ expect }) => {
    expect(framesOf('s', 'r').end('timeout')).toEqual({
      type: 'status',
      session_id: 's',
      run_id: 'r',
      isComplete: true,
      data: { status: 'END', outcome: 'timeout', session_id: 's' },
    })
  })

  it('that reports a failure is a whole text with its code', ({ expect }) => {
    expect(framesOf('s', 'r').failure('The model does not answer.', 'model_unavailable').data).toEqual({
      text: 'The model does not answer.',
      is_chunk: false,
      is_complete: true,
      streaming: false,
      severity: 'error',
      code: 'model_unavailable',
      session_id: 's',
    })
  })
})
