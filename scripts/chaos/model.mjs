import { createServer } from 'node:http'

/** Milliseconds between two events of a stream: long enough for a kill to fall into many of them. */
const PACE = 15

/**
 * A language model that takes its time: it looks once, then submits, and answers questions, in the chat protocol of OpenAI.
 * @returns {Promise<{ vars: Record<string, string>, calls: () => number, cut: () => number, stop: () => Promise<void> }>}
 *   `vars` point a Worker to it; `cut` counts the streams that nobody read to their end
 */
export async function startModel() {
  let calls = 0
  let cut = 0
  const server = createServer((request, response) => {
    calls++
    response.on('close', () => {
      if (!response.writableFinished) cut++
    })
    // A server that was killed in the middle of its question gets no answer.
    answer(request, response).catch(() => response.destroy())
  })
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    vars: {
      LLM_BASE_URL: `http://127.0.0.1:${server.address().port}/v1`,
      LLM_MODEL: 'slow-model',
      LLM_PRICES: '{"slow-model":{"input":1,"output":10}}',
    },
    calls: () => calls,
    cut: () => cut,
    stop: () => {
      server.closeAllConnections()
      return new Promise((resolve) => server.close(resolve))
    },
  }
}

async function answer(request, response) {
  let text = ''
  for await (const chunk of request) text += chunk
  response.writeHead(200, { 'content-type': 'text/event-stream' })
  for (const event of eventsFor(JSON.parse(text))) {
    if (response.destroyed) return
    response.write(`data: ${event}\n\n`)
    await new Promise((resolve) => setTimeout(resolve, PACE))
  }
  response.end('data: [DONE]\n\n')
}

function eventsFor({ messages, tools = [] }) {
  const turn = messages.filter(({ role }) => role === 'assistant').length
  const investigates = tools.some((tool) => tool.function.name === 'submit_findings')
  if (!investigates) return stream('The alerts of this incident came together, as its timeline says [1].', [])
  if (turn === 0)
    return stream('I look at what else happened to this service lately, in my first turn.', [
      ['recent_incidents', { service: 'another-service', days: 2 }],
    ])
  const findings = {
    verdict: 'inconclusive',
    headline: 'Nothing is known of a cause.',
    claims: [{ section: 'what_happened', text: 'Its alerts came together.', evidence: [1] }],
    ruledOut: [],
    notChecked: [],
  }
  return stream(`I have seen enough, in turn ${turn + 1}.`, [['submit_findings', findings]])
}

/** The events of one answer: text in small pieces, then the calls, then why it ended and what it used. */
function stream(text, calls) {
  const chunk = (delta, finish_reason = null) =>
    JSON.stringify({
      id: 'c',
      created: 1,
      model: 'slow-model',
      choices: [{ index: 0, delta, finish_reason }],
    })
  const usage = { prompt_tokens: 3000, completion_tokens: 60, total_tokens: 3060 }
  return [
    chunk({ role: 'assistant', content: '' }),
    ...text.match(/.{1,8}/g).map((content) => chunk({ content })),
    ...calls.flatMap(([name, args], index) => [
      chunk({
        tool_calls: [{ index, id: `call-${index}`, type: 'function', function: { name, arguments: '' } }],
      }),
      ...JSON.stringify(args)
        .match(/.{1,40}/g)
        .map((part) => chunk({ tool_calls: [{ index, function: { arguments: part } }] })),
    ]),
    chunk({}, calls.length > 0 ? 'tool_calls' : 'stop'),
    JSON.stringify({ id: 'c', created: 1, model: 'slow-model', choices: [], usage }),
  ]
}
