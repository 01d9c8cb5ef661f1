import { describe, it } from 'vitest'
import * as z from 'zod'
import { modelTurn } from '../../src/agent/run/model-turn'
import { openModel } from '../../src/llm/open'
import { aVendor, eventsOf, portsTo, type Answer } from '../support/fake-model'

const LOOK = { look: { description: 'Looks.', inputSchema: z.strictObject({ at: z.string() }) } }

async function turn(answer: Answer, over: { readonly signal?: AbortSignal; readonly chunkMs?: number } = {}) {
  const vendor = aVendor(() => answer)
  const { deployment } = portsTo(vendor)
  const told: string[] = []
  const { choice } = deployment
  if (choice === null) throw new Error('no choice')
  const result = await modelTurn({
    model: openModel(choice, vendor),
    instructions: 'Be brief.',
    messages: [{ role: 'user', content: 'What happened?' }],
    tools: LOOK,
    signal: over.signal ?? new AbortController().signal,
    onText: (delta) => told.push(delta),
    now: Date.now,
    maxOutputTokens: 500,
    patience: { stepMs: 5000, firstChunkMs: 5000, chunkMs: over.chunkMs ?? 5000 },
  })
  return { result, told, sent: vendor.sent }
}

const failureOf = async (answer: Answer) => {
  const { result } = await turn(answer)
  return result.ok ? null : { kind: result.failure.kind, wait: result.failure.retryAfterMs }
}

const SAID: Answer = {
  text: 'The pool of checkout was exhausted.',
  calls: [{ name: 'look', args: { at: 'db' } }],
  usage: { input: 50, output: 7, cached: 10 },
}

describe('a call of a language model', () => {
  it('answers text, calls and use, and says what it was told and no more', async ({ expect }) => {
    const { result, told, sent } = await turn(SAID)
    expect(result).toMatchObject({
      ok: true,
      text: SAID.text,
      cutOff: false,
      calls: [{ toolName: 'look', args: { at: 'db' } }],
      use: { inputTokens: 50, outputTokens: 7, cachedInputTokens: 10, estimated: false },
    })
    expect(told.join('')).toBe(SAID.text)
    expect(sent[0]?.headers.get('authorization')).toBe('Bearer a-key-of-the-deployment')
    expect(sent[0]?.body).toMatchObject({
      model: 'test-model',
      stream: true,
      temperature: 0,
      max_tokens: 500,
    })
  })

  it('hands text on in pieces that are worth a frame', async ({ expect }) => {
    const { told } = await turn({ text: 'word '.repeat(200) })
    expect(told.length).toBeLessThan(20)
    expect(told.join('')).toBe('word '.repeat(200))
  })

  it('estimates the use when the vendor does not tell', async ({ expect }) => {
    const { result } = await turn({ text: 'Short.', usage: { input: 0, output: 0 } })
    expect(result.use.estimated).toBe(true)
    expect(result.use.inputTokens).toBeGreaterThan(10)
    expect(result.use.outputTokens).toBeGreaterThan(0)
  })

  it('fails at whichever event its stream ends, breaks, or turns into something else', async ({ expect }) => {
    const all = eventsOf(SAID).length
    // Behind the finish reason everything is said: the rest is figures.
    for (let cutAfter = 0; cutAfter < all - 2; cutAfter++)
      for (const ending of ['end', 'reset', 'garbage', 'error_frame'] as const) {
        const { result } = await turn({ ...SAID, cutAfter, ending })
        expect([cutAfter, ending, result.ok]).toEqual([cutAfter, ending, false])
        if (!result.ok) expect(result.failure.kind).toBe('unavailable')
      }
  })

  it('fails when the model falls silent, and when it is stopped', async ({ expect }) => {
    const silent = await turn({ ...SAID, cutAfter: 3, ending: 'silence' }, { chunkMs: 40 })
    expect(silent.result).toMatchObject({ ok: false, saidSome: true, failure: { kind: 'unavailable' } })
    const stopped = await turn(
      { ...SAID, cutAfter: 3, ending: 'silence' },
      { signal: AbortSignal.timeout(40) },
    )
    expect(stopped.result).toMatchObject({ ok: false, failure: { kind: 'aborted' } })
  })

  it('tells failures apart that are worth another try', async ({ expect }) => {
    expect(await failureOf({ status: 429, headers: { 'retry-after': '7' } })).toEqual({
      kind: 'unavailable',
      wait: 7000,
    })
    expect(await failureOf({ status: 429, headers: { 'retry-after-ms': '250' } })).toMatchObject({
      wait: 250,
    })
    expect(await failureOf({ status: 503 })).toEqual({ kind: 'unavailable', wait: null })
    expect(await failureOf({ status: 500, body: 'not JSON' })).toMatchObject({ kind: 'unavailable' })
    expect(await failureOf({ status: 400 })).toMatchObject({ kind: 'refused_input' })
    expect(await failureOf({ status: 413 })).toMatchObject({ kind: 'refused_input' })
    expect(await failureOf({ status: 401 })).toMatchObject({ kind: 'refused' })
    expect(await failureOf({ status: 404 })).toMatchObject({ kind: 'refused' })
    expect(await failureOf({ text: 'I cannot', finish: 'content_filter' })).toMatchObject({
      kind: 'filtered',
    })
    expect(
      await failureOf({ status: 302, headers: { location: 'https://elsewhere.example.com/' } }),
    ).toMatchObject({
      kind: 'unavailable',
    })
  })

  it('keeps text that was cut off at the limit, and says so', async ({ expect }) => {
    const { result, told } = await turn({ text: 'The pool of', finish: 'length' })
    expect(result).toMatchObject({ ok: true, cutOff: true, text: 'The pool of [cut off]' })
    expect(told.join('')).toBe('The pool of [cut off]')
  })

  it('marks calls that are no JSON, of no known tool, or not what the schema asks for', async ({
    expect,
  }) => {
    const { result } = await turn({
      calls: [
        { name: 'look', args: '{"at": ' },
        { name: 'look', args: { at: 5 } },
        { name: 'delete_everything', args: {} },
        { name: 'look', args: { at: 'db' } },
      ],
    })
    if (!result.ok) throw new Error('failed')
    expect(result.calls.map(({ invalid }) => invalid === true)).toEqual([true, true, true, false])
  })
})
