/** The WebSocket of chats. The socket ends in an object of the user's; here is only decided who it belongs to. */
import { Hono } from 'hono'
import * as z from 'zod'
import { AppError } from '../../lib/errors'
import { newId } from '../../lib/ids'
import { log } from '../../lib/log'
import { closeQuietly, sendOrDrop } from '../../objects/feed-wire'
import { errorFrame, startFrame, type FrameErrorCode } from '../../objects/server-frames'
import { socketAddress } from '../../objects/socket-seat'
import { endpoint } from '../endpoint'
import type { App, AppContext } from '../env'
import { identifySocket, mayNameUserLater, namedUser, type Caller } from '../middleware/socket-identity'

const POLICY = 1008

const asksForSocket = (c: AppContext): boolean => c.req.header('upgrade')?.toLowerCase() === 'websocket'

export const socket = new Hono<App>()
  .get(
    '/ws',
    endpoint({
      summary: 'The WebSocket of chats; a plain request is refused',
      who: 'public',
      bucket: null,
      answers: { 101: null },
      errors: ['upgrade_required', 'origin_not_allowed'],
    }),
    (c) => {
      if (asksForSocket(c)) return open(c)
      throw new AppError('upgrade_required', 'Upgrade required', { headers: { upgrade: 'websocket' } })
    },
  )
  // Older clients connect to the root.
  .use('/', (c, next) => (c.req.method === 'GET' && asksForSocket(c) ? open(c) : next()))

async function open(c: AppContext): Promise<Response> {
  if (mayNameUserLater(c)) return openForFirstFrame(c)
  try {
    const client = await connect(c, await identifySocket(c))
    return new Response(null, { status: 101, webSocket: client })
  } catch (error) {
    if (!(error instanceof AppError) || error.status >= 500 || error.code === 'origin_not_allowed')
      throw error
    // A browser cannot read why an upgrade was refused: it is told over the socket.
    const { 0: client, 1: server } = new WebSocketPair()
    server.accept()
    dismiss(c, server, error)
    return new Response(null, { status: 101, webSocket: client })
  }
}

const KEPT: ReadonlySet<string> = new Set([
  'rate_limited',
  'forbidden',
  'password_change_required',
  'identity_mismatch',
])

function dismiss(c: AppContext, server: WebSocket, { code, message }: AppError): void {
  const shown: FrameErrorCode = KEPT.has(code) ? code : 'unauthenticated'
  sendOrDrop(server, [errorFrame({ text: message, code: shown }, c.var.requestId)])
  closeQuietly(server, POLICY)
}

/** The client's end of a socket into the user's object. */
async function connect(c: AppContext, { actor, expiresAt }: Caller): Promise<WebSocket> {
  c.var.cost.objectCalls++
  const address = socketAddress(newId(c.var.now), actor, expiresAt)
  const answer = await c.env.USER_SOCKET.getByName(actor.userId).fetch(address, {
    headers: { upgrade: 'websocket' },
  })
  if (answer.webSocket === null) throw new Error(`the user's object answered ${answer.status}`)
  return answer.webSocket
}

const initSchema = z.object({ type: z.literal('init'), user_id: z.string() })

/** Local development: the socket waits here until its first frame names a user, then both ends are tied together. */
function openForFirstFrame(c: AppContext): Response {
  const { 0: client, 1: server } = new WebSocketPair()
  let inner: WebSocket | null = null
  let line = Promise.resolve()
  const take = async (data: unknown): Promise<void> => {
    if (inner === null) inner = await enter(c, server, data)
    forward(inner, data)
  }
  server.addEventListener('message', ({ data }: { readonly data: unknown }) => {
    line = line
      .then(() => take(data))
      .catch((error: unknown) => {
        if (!(error instanceof AppError)) log.error('socket.open_failed', error)
        dismiss(
          c,
          server,
          error instanceof AppError ? error : new AppError('unauthenticated', 'Authentication required'),
        )
      })
  })
  server.addEventListener('close', () => {
    if (inner !== null) closeQuietly(inner, 1000)
  })
  server.accept()
  sendOrDrop(server, [startFrame()])
  return new Response(null, { status: 101, webSocket: client })
}

async function enter(c: AppContext, server: WebSocket, data: unknown): Promise<WebSocket> {
  const init = initSchema.safeParse(typeof data === 'string' ? jsonOf(data) : null)
  if (!init.success) throw new AppError('unauthenticated', 'Authentication required')
  const inner = await connect(c, await namedUser(c, init.data.user_id))
  let started = false
  inner.addEventListener('message', ({ data: answer }: { readonly data: unknown }) => {
    // The client has had its START.
    if (started) forward(server, answer)
    started = true
  })
  inner.addEventListener('close', ({ code }) => closeQuietly(server, code))
  inner.accept()
  return inner
}

function forward(socket: WebSocket, data: unknown): void {
  if (typeof data === 'string' || data instanceof ArrayBuffer) socket.send(data)
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
