import { describe, it } from 'vitest'
import * as z from 'zod'
import { modelTurn } from '../../src/agent/run/model-turn'
import { HOME, type Choice } from '../../src/llm/choice'
import { openModel, type ModelPorts } from '../../src/llm/open'

const choice = (provider: Choice['provider'], over: Partial<Choice> = {}): Choice => ({
  provider,
  model: 'some-model',
  baseUrl: HOME[provider],
  apiKey: 'the-key',
  prices: {},
  contextTokens: null,
  toolMode: 'native',
  source: 'deployment',
  ...over,
})

const turn = (chosen: Choice, ports: ModelPorts) =>
  modelTurn({
    model: openModel(chosen, ports),
    instructions: 'Be brief.',
    messages: [{ role: 'user', content: 'Why?' }],
    tools: { look: { description: 'Looks.', inputSchema: z.strictObject({ at: z.string() }) } },
    signal: new AbortController().signal,
    onText: () => {},
    now: Date.now,
    maxOutputTokens: 77,
  })

/** What a vendor is sent. */
async function sentTo(chosen: Choice) {
  const seen: { url: string; headers: Headers; text: string }[] = []
  await turn(chosen, {
    http: async (input, init) => {
      const request = new Request(input instanceof URL ? input.href : input, init)
      seen.push({ url: request.url, headers: request.headers, text: await request.text() })
      return new Response('{}', { status: 401 })
    },
  })
  const [first] = seen
  if (first === undefined) throw new Error('nothing sent')
  return first
}

describe('a model at its vendor', () => {
  it.for([
    ['openai', 'https://api.openai.com/v1/responses', 'authorization', 'Bearer the-key'],
    ['anthropic', 'https://api.anthropic.com/v1/messages', 'x-api-key', 'the-key'],
    [
      'google',
      'https://generativelanguage.googleapis.com/v1beta/models/some-model:streamGenerateContent?alt=sse',
      'x-goog-api-key',
      'the-key',
    ],
  ] as const)(
    '%s is asked at home, with the key in a header',
    async ([provider, url, header, value], { expect }) => {
      const sent = await sentTo(choice(provider))
      expect(sent.url).toBe(url)
      expect(sent.headers.get(header)).toBe(value)
      expect(sent.text).not.toContain('the-key')
      expect(sent.text).toContain('Be brief.')
      expect(sent.text).toContain('look')
      expect(sent.text).toContain('77')
    },
  )

  it('of OpenAI is told to keep nothing, and elsewhere speaks the protocol of everybody', async ({
    expect,
  }) => {
    expect(JSON.parse((await sentTo(choice('openai'))).text)).toMatchObject({ store: false, stream: true })
    const proxied = await sentTo(choice('openai', { baseUrl: 'https://proxy.example.com/v1' }))
    expect(proxied.url).toBe('https://proxy.example.com/v1/chat/completions')
  })

  it('of one’s own needs an address and no key', async ({ expect }) => {
    const local = choice('openai-compatible', { baseUrl: 'http://127.0.0.1:11434/v1', apiKey: null })
    const sent = await sentTo(local)
    expect([sent.url, sent.headers.get('authorization')]).toEqual([
      'http://127.0.0.1:11434/v1/chat/completions',
      null,
    ])
    expect(() => openModel(choice('openai-compatible', { baseUrl: null }), {})).toThrow('no address')
  })
})

describe('a model of Workers AI', () => {
  it('is called over the binding, which need not be there', async ({ expect }) => {
    const calls: unknown[][] = []
    const run = async (...args: unknown[]) => {
      calls.push(args)
      return new Response(
        'data: {"response":"The pool "}\n\ndata: {"response":"was full."}\n\ndata: {"response":"","usage":{"prompt_tokens":9,"completion_tokens":4}}\n\ndata: [DONE]\n\n',
      ).body
    }
    // The binding has far more methods than a model needs.
    const ai = { run } as unknown as Ai
    const result = await turn(choice('workers-ai', { model: '@cf/meta/some-model' }), { ai })
    expect(result).toMatchObject({ ok: true, text: 'The pool was full.' })
    expect(calls[0]?.[0]).toBe('@cf/meta/some-model')
    expect(() => openModel(choice('workers-ai'), {})).toThrow('the binding AI is missing')
  })
})
