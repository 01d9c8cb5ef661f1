import { setTimeout as sleep } from 'node:timers/promises'
import { ended } from './ended.mjs'

/** Milliseconds between two events of a stream: long enough for a kill to fall into many of them. */
const PACE = 15

/**
 * A language model that takes its time: it looks, then submits, reviews itself, answers questions and words postmortems, in
 * the chat protocol of OpenAI.
 * @returns {{ kind: string, service: string, events: (response: import('node:http').ServerResponse) => Promise<void> }}
 */
export function answerAsModel({ messages, tools = [] }) {
  const text = JSON.stringify(messages)
  const [service = 'service'] = /service-\d+/.exec(text) ?? []
  const turn = messages.filter(({ role }) => role === 'assistant').length
  const offered = new Set(tools.map((tool) => tool.function.name))
  const [kind, said, calls] = answerOf({ offered, turn, service, text })
  return { kind, service, events: (response) => send(response, stream(said, calls)) }
}

const cause = (service) => ({
  section: 'root_cause',
  text: `It began at ${service} itself.`,
  evidence: [1],
})

function answerOf({ offered, turn, service, text }) {
  if (offered.has('submit_wording')) return ['postmortem', '', [['submit_wording', wording(text)]]]
  if (offered.has('submit_review'))
    return ['review', '', [['submit_review', { refuted: [], verdict: 'likely', reason: 'It may be so.' }]]]
  const look = ['prometheus_query', { query: `up{service="${service}"}` }]
  if (!offered.has('submit_findings')) {
    if (turn % 2 === 0 && offered.has('prometheus_query')) return ['chat', 'I look.', [look]]
    return ['chat', 'The alerts of this incident came together, as its timeline says [1].', []]
  }
  if (turn === 0) {
    const other = ['recent_incidents', { service: 'another-service', days: 2 }]
    return [
      'investigation',
      'I look at what else happened to this service lately, in my first turn.',
      [look, other],
    ]
  }
  return [
    'investigation',
    `I have seen enough, in turn ${turn + 1}.`,
    [['submit_findings', findings(service)]],
  ]
}

const findings = (service) => ({
  verdict: 'likely',
  headline: `It began at ${service} itself.`,
  claims: [cause(service)],
  ruledOut: [],
  notChecked: [],
  suggestions: [
    {
      type: 'diagnostic',
      title: `Look at ${service} from outside`,
      description: 'Call it as its users do.',
      rationale: 'Nothing else alerts.',
      evidence: [1],
    },
  ],
})

/** Says again what the first claim of what happened says. */
function wording(text) {
  const [, place = 1] = /place\W+(\d+)\W+section\W+what_happened/.exec(text) ?? []
  const story = { text: 'All of its alerts came together.', claims: [Number(place)] }
  return { summary: [story], claims: [], lessons: [] }
}

async function send(response, events) {
  response.writeHead(200, { 'content-type': 'text/event-stream' })
  for (const event of events) {
    if (response.destroyed) return
    response.write(`data: ${event}\n\n`)
    await sleep(PACE)
  }
  await ended(response, 'data: [DONE]\n\n')
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
    ...(text.match(/.{1,8}/g) ?? []).map((content) => chunk({ content })),
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
