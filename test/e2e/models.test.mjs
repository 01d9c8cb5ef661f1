/** Language models on the real bundle, over the wire: a fake vendor that speaks each vendor's own protocol. */
import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { after, before, test } from 'node:test'
import { LLMock } from '@copilotkit/aimock'
import { callAt, reportOutage, until } from './client.mjs'
import { aServer, listen } from './harness.mjs'

const usage = { prompt_tokens: 1200, completion_tokens: 60, input_tokens: 1200, output_tokens: 60 }
const called = (name, args) => ({ toolCalls: [{ name, arguments: JSON.stringify(args) }], usage })

/** What has been asked for so far, as the model's own turns tell. */
const turnsOf = (request) => request.messages.filter(({ role }) => role === 'assistant').length
const isFor = (word) => (request) => JSON.stringify(request).includes(word)
const offers = (tool) => (request) => (request.tools ?? []).some((one) => (one.function ?? one).name === tool)

/** Whatever number the deployment's evidence has in this run. */
function findingsFor(request) {
  const text = JSON.stringify(request.messages).replaceAll('\\\\"', '"').replaceAll('\\"', '"')
  const number = Number(/"number":(\d+),"tool":"recent_changes"/.exec(text)?.[1])
  return {
    verdict: 'confirmed',
    headline: 'Build 1042 of checkout-api failed before the first alert.',
    claims: [
      { section: 'root_cause', text: 'Build 1042 of checkout-api ended with "FAILURE".', evidence: [number] },
      { section: 'impact', text: 'A full 97 % of the customers were gone.', evidence: [number] },
    ],
    ruledOut: [],
    notChecked: [],
  }
}

const vendor = new LLMock({ port: 0 })
vendor.addFixtures([
  { match: { predicate: offers('report_ready') }, response: called('report_ready', { ready: true }) },
  {
    match: { predicate: offers('submit_review') },
    response: called('submit_review', { refuted: [], verdict: 'confirmed', reason: 'It stands.' }),
  },
  {
    match: { predicate: (request) => offers('submit_findings')(request) && turnsOf(request) === 0 },
    response: called('recent_incidents', { service: 'checkout-api', days: 3 }),
  },
  {
    match: { predicate: offers('submit_findings') },
    response: (request) => called('submit_findings', findingsFor(request)),
  },
  {
    match: { predicate: isFor('What changed?') },
    response: { content: 'Build 1042 was deployed [2].', usage },
  },
])

let server
let brokenPort = 0
before(async () => {
  brokenPort = await freePort()
  await vendor.start()
  server = aServer({
    secrets: { LLM_ALLOWED_HOSTS: `${new URL(vendor.url).host}, 127.0.0.1:${brokenPort}` },
  })
  await listen(server)
})
after(async () => {
  await server?.close()
  await vendor.stop()
})

/** A port that nobody listens on at this moment. */
async function freePort() {
  const probe = createServer()
  await new Promise((resolve) => probe.listen(0, '127.0.0.1', resolve))
  const { port } = probe.address()
  await new Promise((resolve) => probe.close(resolve))
  return port
}

const call = (...asked) => callAt(server, ...asked)

async function anAdmin() {
  const account = { email: `${crypto.randomUUID()}@example.com`, password: 'a long password' }
  assert.equal((await call('POST', '/api/auth/register', { body: account })).status, 201)
  return (await call('POST', '/api/auth/login', { body: account })).body.token
}

const CHOICES = [
  { provider: 'openai', model: 'gpt-4.1', path: '/v1', apiKey: 'a-key-for-openai' },
  { provider: 'anthropic', model: 'claude-sonnet-5', path: '/v1', apiKey: 'a-key-for-anthropic' },
  { provider: 'google', model: 'gemini-2.5-flash', path: '/v1beta', apiKey: 'a-key-for-google' },
  { provider: 'openai-compatible', model: 'qwen3', path: '/v1' },
]

for (const { path, ...choice } of CHOICES) {
  test(`an investigation goes over ${choice.provider}'s own wire, call by call, to cited findings`, async () => {
    const token = await anAdmin()
    const settings = {
      ...choice,
      baseUrl: `${vendor.url}${path}`,
      prices: { [choice.model]: { input: 1, output: 10 } },
    }
    const put = await call('PUT', '/api/settings/llm', { token, body: settings })
    assert.deepEqual([put.status, put.body.source], [200, 'organization'])
    const tried = (await call('POST', '/api/settings/llm/test', { token, body: {} })).body
    assert.deepEqual([tried.ok, tried.callsTools, tried.problem], [true, true, null])

    await reportOutage(call, token)
    const { body } = await until(
      () => call('GET', '/api/incidents', { token }),
      (answer) => answer.body.incidents[0]?.auroraStatus === 'complete',
      30_000,
    )
    const [{ id }] = body.incidents
    const { incident } = (await call('GET', `/api/incidents/${id}`, { token })).body
    assert.match(incident.summary, /Build 1042 of checkout-api ended with "FAILURE"\. \[\d+\]/)
    assert.match(incident.summary, /from the model: root cause\.$/)
    assert.doesNotMatch(incident.summary, /97 %/)
    assert.equal(incident.tokenUsage.requestCount, 3)
    assert.ok(incident.tokenUsage.totalCost > 0)
    const [run] = (await call('GET', `/api/incidents/${id}/runs`, { token })).body.runs
    assert.deepEqual([run.analyst, run.degraded, run.state], ['model', null, 'succeeded'])

    const question = { question: 'What changed?' }
    const asked = await call('POST', `/api/incidents/${id}/chat`, { token, body: question })
    const session = await until(
      () => call('GET', `/chat_api/sessions/${asked.body.session_id}`, { token }),
      (answer) => answer.body.status === 'completed',
      30_000,
    )
    assert.match(session.body.messages[1].text, /^Build 1042 was deployed \[2\]/)
    const cost = (await call('GET', '/api/llm/usage?group=type', { token })).body
    assert.deepEqual(cost.rows.map(({ key }) => key).toSorted(), ['chat', 'investigation', 'test'])
  })
}

const frame = (delta, finish = null) =>
  `data: ${JSON.stringify({ id: 'c', choices: [{ index: 0, delta, finish_reason: finish }] })}\n\n`

/** Ways in which a connection can go wrong that no well-behaved server knows. */
const BROKEN = {
  'ends without a word': (response) => response.end(),
  'ends in the middle': (response) => response.end(frame({ content: 'I th' })),
  'resets in the middle': (response) => {
    response.write(frame({ content: 'I th' }))
    setTimeout(() => response.destroy(), 20)
  },
  'sends half a frame': (response) => response.end(`${frame({ content: 'I th' })}data: {"choices": [{"de`),
  'sends nonsense': (response) =>
    response.end(`${frame({ content: 'I' })}data: <html>\n\n${frame({}, 'stop')}`),
  'sends an error in its stream': (response) =>
    response.end(
      `${frame({ content: 'I' })}data: {"error":{"message":"overloaded","type":"server_error"}}\n\n`,
    ),
}

test('a stream that breaks on a real connection is a failed call, in whichever way it breaks', async () => {
  let how = ''
  const raw = createServer((request, response) => {
    request.resume()
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    BROKEN[how]?.(response)
  })
  await new Promise((resolve) => raw.listen(brokenPort, '127.0.0.1', resolve))
  try {
    const token = await anAdmin()
    const body = { provider: 'openai-compatible', model: 'x', baseUrl: `http://127.0.0.1:${brokenPort}/v1` }
    for (how of Object.keys(BROKEN)) {
      const { ok, problem } = (await call('POST', '/api/settings/llm/test', { token, body })).body
      assert.equal(ok, false, how)
      assert.match(
        problem,
        /^The provider (could not be reached or broke off its answer|failed \(status 503\))\.$/,
      )
    }
  } finally {
    raw.closeAllConnections()
    raw.close()
  }
})
