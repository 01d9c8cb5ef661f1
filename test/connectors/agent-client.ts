/** The agent of a cluster, as far as its protocol goes: what the stock agent sends, and whatever answers a test gives it. */
import { vi } from 'vitest'
import { apiWith } from '../support/api'
import { UNLIMITED } from '../support/routes'

// oxlint-disable-next-line typescript/no-explicit-any -- parsed JSON, as the tests read it
type Frame = any
type Reply = { readonly output: unknown } | { readonly error: string } | null

const wait = { timeout: 10_000, interval: 2 }

/** Dials in. The upgrade is always taken: who is refused learns it from the close. */
export async function dial(token: string | null, options: { path?: string; cluster?: string } = {}) {
  const response = await apiWith(UNLIMITED).fetch(options.path ?? '/kubectl-agent', {
    headers: {
      upgrade: 'websocket',
      ...(token === null ? {} : { authorization: `Bearer ${token}` }),
      ...(options.cluster === undefined ? {} : { 'x-cluster-id': options.cluster }),
    },
  })
  const socket = response.webSocket
  if (socket === null) throw new Error(`no socket: ${response.status}`)
  const frames: Frame[] = []
  const commands: string[] = []
  let closed: { code: number; reason: string } | null = null
  let reply: (command: string) => Reply = () => null
  const send = (frame: unknown): void =>
    socket.send(typeof frame === 'string' ? frame : JSON.stringify(frame))
  const answer = (id: string, given: Reply): void => {
    if (given === null) return
    const { output, error } = { output: undefined, error: null, ...given }
    const text = typeof output === 'string' ? output : JSON.stringify(output)
    send({
      type: 'command_response',
      command_id: id,
      success: error === null,
      output: text,
      error,
      return_code: error === null ? 0 : 1,
    })
  }
  socket.addEventListener('message', ({ data }) => {
    const frame = JSON.parse(String(data))
    frames.push(frame)
    if (frame.type !== 'kubectl_command') return
    commands.push(frame.command)
    answer(frame.command_id, reply(frame.command))
  })
  socket.addEventListener('close', ({ code, reason }) => {
    closed = { code, reason }
  })
  socket.accept()
  return {
    socket,
    frames,
    commands,
    send,
    answer,
    /** What it says to each command from now on; null: nothing. */
    replies: (how: (command: string) => Reply) => {
      reply = how
    },
    frame: (type: string, count = 1): Promise<Frame> =>
      vi.waitUntil(() => frames.filter((frame) => frame.type === type)[count - 1], wait),
    closed: () => vi.waitUntil(() => closed, wait),
    isOpen: () => closed === null,
  }
}

export type Agent = Awaited<ReturnType<typeof dial>>
