/** A client at the other end of the product's WebSocket. */
import { vi } from 'vitest'

// oxlint-disable-next-line typescript/no-explicit-any -- parsed JSON, as the tests read it
type Frame = any

interface Caller {
  readonly fetch: (path: string, init?: RequestInit) => Response | Promise<Response>
}

const wait = { timeout: 10_000, interval: 2 }

/** Opens it; `path` may carry a ticket. Server pings are left out of what is kept. */
export async function openSocket(caller: Caller, path = '/ws', headers: Record<string, string> = {}) {
  const response = await caller.fetch(path, { headers: { upgrade: 'websocket', ...headers } })
  const socket = response.webSocket
  if (socket === null) throw new Error(`no socket: ${response.status} ${await response.text()}`)
  const texts: string[] = []
  const frames: Frame[] = []
  let closed: number | null = null
  socket.addEventListener('message', ({ data }) => {
    const frame = JSON.parse(String(data))
    if (frame.type === 'ping') return
    texts.push(String(data))
    frames.push(frame)
  })
  socket.addEventListener('close', ({ code }) => {
    closed = code
  })
  socket.accept()
  const find = (matches: (frame: Frame) => boolean): Promise<Frame> =>
    vi.waitUntil(() => frames.find(matches), wait)
  return {
    socket,
    frames,
    texts,
    send: (frame: unknown) => socket.send(typeof frame === 'string' ? frame : JSON.stringify(frame)),
    close: () => socket.close(1000),
    find,
    /** The first frame of that type. */
    frame: (type: string) => find((frame) => frame.type === type),
    /** The first status frame that says this. */
    status: (status: string) => find(({ type, data }) => type === 'status' && data.status === status),
    count: (count: number) => vi.waitUntil(() => frames.length >= count, wait),
    closedWith: () => vi.waitUntil(() => closed, wait),
    closed: () => closed,
    /** Frames of runs. */
    numbered: () => frames.filter(({ seq }) => seq !== undefined),
    clear: () => {
      frames.length = 0
      texts.length = 0
    },
  }
}

export type Socket = Awaited<ReturnType<typeof openSocket>>
