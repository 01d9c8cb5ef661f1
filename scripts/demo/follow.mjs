import { setTimeout as sleep } from 'node:timers/promises'
import { readEvents } from '../lib/sse.mjs'
import { waitFor } from '../lib/wait.mjs'

const detail = (api, id) => api.get(`/api/incidents/${id}`).then(({ incident }) => incident)
const isOver = ({ auroraStatus }) => auroraStatus === 'complete' || auroraStatus === 'error'

/**
 * Follows an investigation live until it is over; each thought is told once, whether it came before or on the stream.
 * @returns the finished incident
 */
export async function followInvestigation(api, id, { onThought, onAlert, timeoutMs = 30_000 }) {
  const seen = new Set()
  const tell = (thought) => {
    if (seen.has(thought.id)) return
    seen.add(thought.id)
    onThought(thought)
  }
  const start = await detail(api, id)
  start.streamingThoughts.forEach(tell)
  if (!isOver(start)) {
    const stream = new AbortController()
    const timer = setTimeout(() => stream.abort(), timeoutMs)
    const cursor = encodeURIComponent(start.streamCursor)
    const events = readEvents(`${api.url}/api/incidents/${id}/stream?after=${cursor}`, {
      headers: api.headers,
      signal: stream.signal,
    })
    for await (const event of events) {
      if (event.type === 'thought') tell(event.thought)
      if (event.type === 'alert') onAlert(event.alert)
      if (event.type === 'status' && isOver(event)) break
      if (event.type === 'resync') (await detail(api, id)).streamingThoughts.forEach(tell)
    }
    clearTimeout(timer)
    stream.abort()
  }
  const end = await detail(api, id)
  end.streamingThoughts.forEach(tell)
  if (!isOver(end)) throw new Error(`The investigation did not end within ${timeoutMs / 1000} s.`)
  return { ...end, thoughtsSeen: seen.size }
}

/**
 * Asks a question and waits until the stream says that the answer is written.
 * @returns the stored answer
 */
export async function ask(api, id, question, { timeoutMs = 20_000 } = {}) {
  const { session_id: sessionId } = await api.post(`/api/incidents/${id}/chat`, { question })
  const stream = new AbortController()
  const read = async () => {
    const events = readEvents(`${api.url}/chat_api/sessions/${sessionId}/stream?after=0`, {
      headers: api.headers,
      signal: stream.signal,
    })
    for await (const frame of events) {
      if (frame.type === 'status' && frame.data.status === 'END') return
    }
  }
  await Promise.race([read(), sleep(timeoutMs, undefined, { ref: false })])
  stream.abort()
  const session = await waitFor(
    'the answer',
    async () => {
      const one = await api.get(`/chat_api/sessions/${sessionId}`)
      return one.status !== 'in_progress' && one
    },
    { timeoutMs },
  )
  const answer = session.messages.findLast(({ sender }) => sender === 'assistant')
  return { sessionId, status: session.status, text: answer?.text ?? '', citations: answer?.citations ?? [] }
}
