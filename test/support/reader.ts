/** A reader at the other end of an object's socket, and one of a server-sent event stream. */
import { expect, vi } from 'vitest'
import { decodeMessage, type WireMessage } from '../../src/objects/feed-wire'

/** Keeps all that comes over the socket, in order. */
export function readSocket(response: Response) {
  const socket = response.webSocket
  if (socket === null) throw new Error(`no socket: ${response.status}`)
  const messages: WireMessage[] = []
  let closed: number | null = null
  socket.addEventListener('message', ({ data }) => {
    const message = decodeMessage(data)
    if (message !== null) messages.push(message)
  })
  socket.addEventListener('close', ({ code }) => {
    closed = code
  })
  socket.accept()
  const events = () => messages.filter((message) => message.kind === 'event')
  return {
    socket,
    messages,
    start: () => messages.find((message) => message.kind === 'start')?.start,
    events,
    /** The payloads' `n`. */
    numbers: (): number[] => events().map(({ json }) => JSON.parse(json).n),
    ids: (): number[] => events().map(({ id }) => Number(id)),
    closedWith: () => closed,
    started: () => vi.waitUntil(() => messages.length > 0, { timeout: 5000, interval: 2 }),
    received: (count: number) => vi.waitUntil(() => events().length >= count, { timeout: 5000, interval: 2 }),
    ended: () => vi.waitUntil(() => closed !== null, { timeout: 5000, interval: 2 }),
  }
}

export interface Block {
  readonly id: string | null
  // oxlint-disable-next-line typescript/no-explicit-any -- parsed JSON, as the tests read it
  readonly data: any
  readonly text: string
}

/** Reads a stream block by block. */
export function readStream(response: Response) {
  expect(response.status).toBe(200)
  if (response.body === null) throw new Error('no body')
  const reader = response.body.getReader()
  const decoder = new TextDecoder()
  let buffer = ''
  const next = async (): Promise<Block | null> => {
    for (;;) {
      const end = buffer.indexOf('\n\n')
      if (end >= 0) {
        const text = buffer.slice(0, end)
        buffer = buffer.slice(end + 2)
        return parseBlock(text)
      }
      const { done, value } = await reader.read()
      if (done) return null
      buffer += decoder.decode(value, { stream: true })
    }
  }
  return {
    next,
    /** The next events, the opening `retry` and comments left out. */
    events: async (count: number): Promise<Block[]> => {
      const blocks: Block[] = []
      while (blocks.length < count) {
        const block = await next()
        if (block === null) throw new Error(`the stream ended after ${blocks.length} events`)
        if (block.data !== null) blocks.push(block)
      }
      return blocks
    },
    close: () => reader.cancel(),
  }
}

function parseBlock(text: string): Block {
  const lines = text.split('\n')
  const field = (name: string) =>
    lines.find((line) => line.startsWith(`${name}: `))?.slice(name.length + 2) ?? null
  const data = field('data')
  return { id: field('id'), data: data === null ? null : JSON.parse(data), text }
}
