import { describe, it } from 'vitest'
import { contextOf, knownModel, priceOf } from '../../src/llm/catalog'
import { readDeployment } from '../../src/llm/deployment'
import { modelFetch, readModelUrl } from '../../src/llm/egress'
import { costMicros } from '../../src/llm/price'

const TOKENS = { inputTokens: 1000, outputTokens: 100, cachedInputTokens: 0, cacheWriteTokens: 0 }

describe('the price of a call', () => {
  it('is in millionths of a dollar, kept and stored input apart, and never rounded down', ({ expect }) => {
    const price = { input: 3, cachedInput: 0.3, output: 15 }
    expect(costMicros(TOKENS, price)).toBe(4500)
    expect(costMicros({ ...TOKENS, cachedInputTokens: 900 }, price)).toBe(300 + 270 + 1500)
    expect(costMicros({ ...TOKENS, cacheWriteTokens: 400 }, price)).toBe(1800 + 1500 + 1500)
    expect(costMicros({ ...TOKENS, inputTokens: 1, outputTokens: 0 }, { input: 0.05, output: 1 })).toBe(1)
    expect(costMicros(TOKENS, { input: 0, output: 0 })).toBe(0)
    expect(costMicros(TOKENS, null)).toBeNull()
  })

  it('is the one that was set, else that of the list at its own vendor, else unknown', ({ expect }) => {
    const own = { 'gpt-5': { input: 9, output: 9 }, 'local-*': { input: 0, output: 0 } }
    expect(priceOf('gpt-5', own, 'openai')?.input).toBe(9)
    expect(priceOf('gpt-5', {}, 'openai')?.input).toBe(1.25)
    expect(priceOf('openai/gpt-5', {}, 'openai-compatible')).toBeNull()
    expect(priceOf('local-llama', own, 'openai-compatible')?.output).toBe(0)
    expect(priceOf('something', {}, 'openai')).toBeNull()
  })
})

describe('a model', () => {
  it('is known by its dated and moving names, and read carefully when it is not', ({ expect }) => {
    expect(knownModel('gpt-4o-2024-08-06')?.id).toBe('gpt-4o')
    expect(knownModel('claude-sonnet-4-5-20250929')?.id).toBe('claude-sonnet-4-5')
    expect(knownModel('openai/gpt-4.1-mini')?.id).toBe('gpt-4.1-mini')
    expect(knownModel('gpt-4o-audio')).toBeNull()
    expect(contextOf('gpt-4o', null)).toBe(128_000)
    expect(contextOf('gpt-4o', 9000)).toBe(9000)
    expect(contextOf('llama', null)).toBe(32_000)
  })
})

describe('the variables of a deployment', () => {
  const read = (variables: object, hasWorkersAi = false) => readDeployment(variables, hasWorkersAi)

  it('name no model when they are not set, and that is no problem', ({ expect }) => {
    expect(read({})).toMatchObject({ choice: null, problem: null, prices: {} })
    expect(read({ LLM_PROVIDER: ' ', LLM_MODEL: '' })).toMatchObject({ choice: null, problem: null })
  })

  it('name a model at home or at a server of one’s own', ({ expect }) => {
    expect(
      read({ LLM_PROVIDER: 'anthropic', LLM_MODEL: 'claude-sonnet-5', LLM_API_KEY: 'k' }).choice,
    ).toMatchObject({
      provider: 'anthropic',
      baseUrl: 'https://api.anthropic.com/v1',
      toolMode: 'native',
      source: 'deployment',
    })
    const local = read({
      LLM_BASE_URL: 'http://127.0.0.1:11434/v1/',
      LLM_MODEL: 'qwen3',
      LLM_TOOL_MODE: 'json',
      LLM_CONTEXT_TOKENS: '8000',
      LLM_PRICES: '{"qwen3": {"input": 0, "output": 0}}',
    })
    expect(local.choice).toMatchObject({
      provider: 'openai-compatible',
      baseUrl: 'http://127.0.0.1:11434/v1',
      apiKey: null,
      toolMode: 'json',
      contextTokens: 8000,
      prices: { qwen3: { input: 0, output: 0 } },
    })
    expect(read({ LLM_PROVIDER: 'workers-ai', LLM_MODEL: '@cf/x' }, true).choice?.provider).toBe('workers-ai')
  })

  it.for([
    [{ LLM_PROVIDER: 'acme', LLM_MODEL: 'x' }, /^LLM_PROVIDER must be one of openai,/],
    [{ LLM_PROVIDER: 'openai', LLM_API_KEY: 'k' }, /^LLM_MODEL is not set/],
    [{ LLM_PROVIDER: 'openai', LLM_MODEL: 'gpt-5' }, /^LLM_API_KEY is not set/],
    [{ LLM_PROVIDER: 'openai-compatible', LLM_MODEL: 'x' }, /^LLM_BASE_URL is not set/],
    [{ LLM_BASE_URL: 'file:///etc/passwd', LLM_MODEL: 'x' }, /^LLM_BASE_URL is not an http address/],
    [{ LLM_PROVIDER: 'workers-ai', LLM_MODEL: 'x' }, /^The binding AI is missing/],
    [{ LLM_PROVIDER: 'openai', LLM_MODEL: 'x', LLM_API_KEY: 'k', LLM_PRICES: '{"x": 1}' }, /^LLM_PRICES/],
    [{ LLM_PRICES: 'nonsense' }, /^LLM_PRICES/],
  ] as const)(
    'that make no sense stop nothing, and say what is wrong: %o',
    ([variables, problem], { expect }) => {
      const deployment = read(variables)
      expect(deployment.choice).toBeNull()
      expect(deployment.problem).toMatch(problem)
    },
  )
})

describe('the way out to a model', () => {
  it('takes public https names, and others only where the operator allows them', ({ expect }) => {
    const rules = { allowedHosts: ['127.0.0.1:11434', 'ollama.internal'], ownHosts: ['aurora.example.com'] }
    const ok = (url: string) => readModelUrl(url, rules).ok
    expect(readModelUrl('https://models.example.com/v1/', rules)).toEqual({
      ok: true,
      url: 'https://models.example.com/v1',
    })
    expect(ok('http://127.0.0.1:11434/v1')).toBe(true)
    expect(ok('http://ollama.internal/v1')).toBe(true)
    for (const url of [
      'http://models.example.com/v1',
      'http://127.0.0.1:8000/v1',
      'https://127.0.0.1/v1',
      'https://2130706433/v1',
      'https://[::1]/v1',
      'https://localhost/v1',
      'https://169.254.169.254/latest',
      'https://user:password@models.example.com/v1',
      'http://user@127.0.0.1:11434/v1',
      'https://aurora.example.com/v1',
      'https://models.example.com/v1?key=x',
      'file:///etc/passwd',
      'nonsense',
    ])
      expect([url, ok(url)]).toEqual([url, false])
  })

  it('leads to one origin, follows nothing, and ends an answer that is too long', async ({ expect }) => {
    const seen: string[] = []
    const http = async (input: RequestInfo | URL): Promise<Response> => {
      const url = new Request(input instanceof URL ? input.href : input).url
      seen.push(url)
      if (url.endsWith('/moved'))
        return new Response(null, { status: 302, headers: { location: 'https://evil.example.com/' } })
      let sent = 0
      return new Response(
        new ReadableStream({
          pull: (controller) => {
            sent++
            if (sent > 20) controller.close()
            else controller.enqueue(new Uint8Array(url.endsWith('/long') ? 1024 * 1024 : 10))
          },
        }),
      )
    }
    const out = modelFetch('https://models.example.com/v1', http)
    expect((await (await out('https://models.example.com/v1/chat')).arrayBuffer()).byteLength).toBe(200)
    await expect(out('https://elsewhere.example.com/v1/chat')).rejects.toThrow('another origin')
    await expect(out('https://models.example.com/moved')).rejects.toThrow('redirects')
    await expect(
      out('https://models.example.com/long').then((answer) => answer.arrayBuffer()),
    ).rejects.toThrow()
    expect(seen.every((url) => url.startsWith('https://models.example.com/'))).toBe(true)
  })
})
