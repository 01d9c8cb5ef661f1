import { createServer } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { ended } from './ended.mjs'
import { answerAsModel } from './model.mjs'
import { answerAsSource } from './sources.mjs'

/** Milliseconds from a review to the end of its run: whoever is killed in them dies in the last steps. */
const LAST_STEPS = 400

/**
 * Everything that lies outside of the product: data sources, a language model, and receivers of notifications, all of them
 * slow. From what it is asked the world knows what the product is doing.
 * @param {() => number} random
 */
export async function startWorld(random) {
  const open = new Map()
  const received = new Map()
  const reviewed = new Map()
  const figures = { calls: 0, cut: 0 }

  /** Counts as `what` for as long as it is answered. */
  const during = async (what, response, answer) => {
    open.set(what, (open.get(what) ?? 0) + 1)
    try {
      await answer()
    } finally {
      open.set(what, open.get(what) - 1)
      if (!response.writableFinished) figures.cut++
    }
  }

  const hosts = {
    'metrics.example.com': (request, response) => source(request, response),
    'logs.example.com': (request, response) => source(request, response),
    'model.example.com': (request, response, text) => model(response, JSON.parse(text)),
    'hooks.example.com': (request, response, text) => hook(request, response, JSON.parse(text)),
  }

  const source = (request, response) =>
    during('tool call', response, async () => {
      await sleep(100 + random() * 700)
      await end(response, answerAsSource(new URL(request.url, 'http://world')))
    })

  const model = (response, asked) => {
    const { kind, service, events } = answerAsModel(asked)
    figures.calls++
    return during(`model stream, ${kind}`, response, async () => {
      await events(response)
      if (kind === 'review') reviewed.set(service, Date.now())
    })
  }

  const hook = (request, response, { type, data }) =>
    during('notification', response, async () => {
      const id = request.headers['webhook-id']
      const known = received.get(id) ?? { type, subject: data.runId ?? data.incidentId, times: 0 }
      received.set(id, { ...known, times: known.times + 1 })
      if (type !== 'investigation.started') reviewed.delete(data.service)
      await sleep(50 + random() * 350)
      await end(response, {})
    })

  const answer = async (request, response) => {
    let text = ''
    for await (const chunk of request) text += chunk
    await hosts[request.headers['x-world-host']]?.(request, response, text)
  }
  const server = createServer((request, response) => {
    // Whoever asked may have been killed in the middle of it.
    response.on('error', () => {})
    answer(request, response).catch(() => response.destroy())
  })
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))

  return {
    url: `http://127.0.0.1:${server.address().port}`,
    /** Notifications by their ids, with what they told of whom, and how often each was received. */
    received,
    figures,
    /** What the product is doing at this moment. */
    phases: () => [
      ...[...open].flatMap(([what, count]) => (count > 0 ? [what] : [])),
      ...([...reviewed.values()].some((at) => Date.now() - at < LAST_STEPS) ? ['last steps'] : []),
    ],
    stop: () => {
      server.closeAllConnections()
      return new Promise((resolve) => server.close(resolve))
    },
  }
}

function end(response, answer) {
  response.setHeader('content-type', 'application/json')
  return ended(response, JSON.stringify(answer))
}

/** The settings under which the product speaks to this world. */
export const worldly = {
  LLM_BASE_URL: 'https://model.example.com/v1',
  LLM_MODEL: 'slow-model',
  LLM_PRICES: '{"slow-model":{"input":1,"output":10}}',
}

/** Connects an organisation to all of it. */
export async function connectToWorld(api) {
  const self = { authType: 'none' }
  await api.post('/api/connectors/prometheus/connect', { ...self, baseUrl: 'https://metrics.example.com' })
  await api.post('/api/connectors/loki/connect', { ...self, baseUrl: 'https://logs.example.com' })
  const hook = { kind: 'webhook', name: 'Hook', url: 'https://hooks.example.com/in' }
  await api.post('/api/notifications/channels', hook)
}
