/** The first words of a TCP server. Sockets are the platform's, so they are opened here and nowhere else. */
import { connect } from 'cloudflare:sockets'
import type { ReadGreeting } from '../services/machines'
import { within } from '../lib/within'

const LONGEST_MS = 5000
const MOST_CHARACTERS = 1024

/**
 * What the server says within five seconds, up to its first line of SSH; null when it says nothing. That a connection opened is
 * no word of the server's: something between may have taken it.
 */
export const readGreeting: ReadGreeting = async (hostname, port) => {
  const end = Date.now() + LONGEST_MS
  try {
    const socket = connect({ hostname, port }, { secureTransport: 'off', allowHalfOpen: false })
    try {
      await within(LONGEST_MS, socket.opened)
      const readable: ReadableStream<unknown> = socket.readable
      return (await firstWords(readable, end)) || null
    } finally {
      await socket.close().catch(() => undefined)
    }
  } catch {
    return null
  }
}

async function firstWords(stream: ReadableStream<unknown>, end: number): Promise<string> {
  const reader = stream.getReader()
  const decoder = new TextDecoder('latin1')
  let said = ''
  while (said.length < MOST_CHARACTERS && !/^SSH-.*\n/m.test(said)) {
    const next = await within(Math.max(1, end - Date.now()), reader.read()).catch(() => null)
    if (next === null || next.done || !(next.value instanceof Uint8Array)) break
    said += decoder.decode(next.value, { stream: true })
  }
  return said.slice(0, MOST_CHARACTERS)
}
