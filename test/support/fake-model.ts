/** A vendor of language models on the wire of the OpenAI chat protocol, with every way in which one can fail. */
import type { Choice } from '../../src/llm/choice'
import { readMasters } from '../../src/lib/seal-masters'
import type { LlmPorts } from '../../src/services/llm-choice'

/** What the vendor answers to one request. */
export interface Answer {
  readonly text?: string
  readonly calls?: readonly { readonly name: string; readonly args: unknown }[]
  readonly finish?: 'stop' | 'tool_calls' | 'length' | 'content_filter'
  readonly usage?: { readonly input: number; readonly output: number; readonly cached?: number }
  /** An answer that is no stream. */
  readonly status?: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
  /** Events of the stream that arrive before it ends too early. */
  readonly cutAfter?: number
  /** What happens there: it just ends, the connection breaks, nonsense comes, an error comes, or silence until it is given up. */
  readonly ending?: 'end' | 'reset' | 'garbage' | 'error_frame' | 'silence'
}

export interface Sent {
  readonly url: string
  readonly headers: Headers
  // The request as the vendor sees it.
  // oxlint-disable-next-line typescript/no-explicit-any -- JSON of a test
  readonly body: any
  readonly text: string
}

const encoder = new TextEncoder()

/** The events of a stream, in the vendor's own frames. */
export function eventsOf({ text = '', calls = [], finish, usage }: Answer): readonly string[] {
  const chunk = (delta: object, finish_reason: string | null = null): string =>
    `data: ${JSON.stringify({ id: 'chatcmpl-1', object: 'chat.completion.chunk', created: 1, model: 'test-model', choices: [{ index: 0, delta, finish_reason }] })}\n\n`
  const words = text.match(/[\s\S]{1,12}/g) ?? []
  return [
    chunk({ role: 'assistant', content: '' }),
    ...words.map((content) => chunk({ content })),
    ...calls.flatMap(({ name, args }, index) => {
      const json = typeof args === 'string' ? args : JSON.stringify(args)
      const half = Math.ceil(json.length / 2)
      const call = (rest: object): string => chunk({ tool_calls: [{ index, ...rest }] })
      return [
        call({ id: `call-${index}-${name}`, type: 'function', function: { name, arguments: '' } }),
        call({ function: { arguments: json.slice(0, half) } }),
        call({ function: { arguments: json.slice(half) } }),
      ]
    }),
    chunk({}, finish ?? (calls.length > 0 ? 'tool_calls' : 'stop')),
    `data: ${JSON.stringify({
      id: 'chatcmpl-1',
      object: 'chat.completion.chunk',
      created: 1,
      model: 'test-model',
      choices: [],
      usage: {
        prompt_tokens: usage?.input ?? 1000,
        completion_tokens: usage?.output ?? 100,
        total_tokens: (usage?.input ?? 1000) + (usage?.output ?? 100),
        prompt_tokens_details: { cached_tokens: usage?.cached ?? 0 },
      },
    })}\n\n`,
    'data: [DONE]\n\n',
  ]
}

/** A vendor that answers in this order; the last answer is given again and again. */
export function aVendor(answer: (sent: Sent, turn: number) => Answer) {
  const sent: Sent[] = []
  const http = async (input: RequestInfo | URL, init?: RequestInit): Promise<Response> => {
    const request = new Request(input instanceof URL ? input.href : input, init)
    const text = await request.text()
    const asked: Sent = { url: request.url, headers: request.headers, text, body: JSON.parse(text) }
    sent.push(asked)
    const given = answer(asked, sent.length - 1)
    if (given.status !== undefined)
      return new Response(given.body ?? JSON.stringify({ error: { message: 'no', type: 'x', code: 'x' } }), {
        status: given.status,
        headers: { 'content-type': 'application/json', ...given.headers },
      })
    return new Response(streamOf(given, init?.signal ?? null), {
      headers: { 'content-type': 'text/event-stream' },
    })
  }
  return { http, sent }
}

function streamOf(given: Answer, signal: AbortSignal | null): ReadableStream<Uint8Array> {
  const events = eventsOf(given)
  const last = given.cutAfter ?? events.length
  let at = 0
  return new ReadableStream({
    pull: async (controller) => {
      if (at < last) {
        controller.enqueue(encoder.encode(events[at++] ?? ''))
        return
      }
      switch (given.cutAfter === undefined ? 'end' : (given.ending ?? 'end')) {
        case 'end':
          return controller.close()
        case 'reset':
          return controller.error(new Error('connection reset'))
        case 'garbage':
          controller.enqueue(encoder.encode('data: {"choices": [{"delta": \n\n'))
          return controller.close()
        case 'error_frame':
          controller.enqueue(
            encoder.encode('data: {"error": {"message": "overloaded", "type": "server_error"}}\n\n'),
          )
          return controller.close()
        case 'silence':
          await new Promise<void>((resolve) => {
            signal?.addEventListener('abort', () => resolve())
          })
          return controller.error(new Error('given up'))
      }
    },
  })
}

const CHOICE: Choice = {
  provider: 'openai-compatible',
  model: 'test-model',
  baseUrl: 'https://models.example.com/v1',
  apiKey: 'a-key-of-the-deployment',
  prices: { 'test-model': { input: 1, cachedInput: 0.1, output: 10 } },
  contextTokens: 128_000,
  toolMode: 'native',
  source: 'deployment',
}

/** A deployment whose models are at this vendor. */
export const portsTo = (
  { http }: { readonly http: typeof fetch },
  choice: Partial<Choice> | null = {},
): LlmPorts => ({
  deployment: {
    choice: choice === null ? null : { ...CHOICE, ...choice },
    problem: null,
    prices: {},
    allowedHosts: [],
    hasWorkersAi: false,
  },
  masters: async () => {
    const read = await readMasters({ CONNECTOR_MASTER_KEY: 'AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=' })
    if (!read.ok) throw new Error(read.problem)
    return read.masters
  },
  http,
  ownHosts: ['aurora.test'],
})

/** Findings that stand when `number` is evidence that names what they name. */
export const findings = (number: number, text: string, over: object = {}) => ({
  verdict: 'confirmed',
  headline: text,
  claims: [{ section: 'root_cause', text, evidence: [number] }],
  ruledOut: [],
  notChecked: [],
  ...over,
})

export const submit = (args: unknown): Answer => ({
  text: 'I have seen enough.',
  calls: [{ name: 'submit_findings', args }],
})
export const approve: Answer = {
  calls: [{ name: 'submit_review', args: { refuted: [], verdict: 'confirmed', reason: 'It stands.' } }],
}
/** Whether this request is the second look. */
export const isReview = ({ body }: Sent): boolean =>
  JSON.stringify(body.tools ?? []).includes('submit_review')

/** The number of the evidence of a tool, as the model is told it. */
export function numberOf({ body }: Sent, tool: string): number {
  const text = JSON.stringify(body.messages).replaceAll('\\"', '"')
  const [, number] = new RegExp(`"number":(\\d+),"tool":"${tool}"`).exec(text) ?? []
  return Number(number)
}
