/**
 * A server-sent event stream that ends here, in the Worker, and holds the socket to the object whose events it shows: the
 * object may sleep while clients wait. https://html.spec.whatwg.org/multipage/server-sent-events.html
 */
import { decodeMessage, PING, closeQuietly, type WireMessage } from '../objects/feed-wire'
import { SECOND } from '../lib/time'

export const LIVE_HEADERS = {
  'content-type': 'text/event-stream',
  'cache-control': 'no-cache',
  'x-accel-buffering': 'no',
} as const

/** Bytes of new events that a client may leave unread before it is disconnected. */
export const MAX_LAG = 256 * 1024
export const KEEPALIVE_MS = 10 * SECOND
/** A revoked session's streams end within a minute; the gate has three seconds to answer. */
export const CHECK_MS = 50 * SECOND

/** Time as a stream needs it. */
export interface LiveClock {
  readonly now: () => number
  /** Runs once after `ms`, unless the answer is called before. */
  readonly after: (ms: number, run: () => void) => () => void
}

export const realClock: LiveClock = {
  now: () => Date.now(),
  after: (ms, run) => {
    const timer = setTimeout(run, ms)
    return () => clearTimeout(timer)
  },
}

export interface LiveSource {
  /** The object's socket, not accepted yet. */
  readonly socket: WebSocket
  /** Sockets that live and die with it. */
  readonly companions?: readonly WebSocket[]
  /** The first event of every connection, if the stream has one. */
  readonly opening?: Readonly<Record<string, unknown>>
  /** What the stream shows of an event, null for nothing; all of it without this. */
  readonly show?: (json: string) => string | null
}

export interface LiveTerms {
  /** Aborted when the client leaves. */
  readonly signal: AbortSignal
  /** When the stream has to end, ms since the epoch. */
  readonly expiresAt: number | null
  /** Asked now and then: rejects when the caller may not listen any more. */
  readonly check: () => Promise<void>
  readonly clock: LiveClock
}

/** The stream's bytes. Whatever ends it, the sockets are closed at once; a client that wants more comes back with its last id. */
export function liveStream(source: LiveSource, terms: LiveTerms): ReadableStream<Uint8Array> {
  const sockets = [source.socket, ...(source.companions ?? [])]
  const timers = new Map<string, () => void>()
  const later: Later = (name, ms, run) => timers.set(name, terms.clock.after(ms, run))
  let ended = false

  /** True the first time. */
  const release = (): boolean => {
    if (ended) return false
    ended = true
    for (const stop of timers.values()) stop()
    for (const socket of sockets) closeQuietly(socket, 1000)
    return true
  }

  return new ReadableStream<Uint8Array>(
    {
      start(controller) {
        const end = (): void => {
          if (release()) controller.close()
        }
        const drop = (): void => {
          if (release()) controller.error(new Error('the client does not keep up'))
        }
        const out = outlet(controller, terms.clock, drop)
        out.write('retry: 3000\n\n')
        source.socket.addEventListener('message', ({ data }) => {
          const message = ended ? null : decodeMessage(data)
          if (message !== null) show(message, source, out)
        })
        for (const socket of sockets) {
          socket.addEventListener('close', end)
          socket.addEventListener('error', end)
          socket.accept()
        }
        terms.signal.addEventListener('abort', end)
        if (terms.signal.aborted) return end()
        keepAlive(out, later)
        keepChecking(source.socket, terms, later, end)
        if (terms.expiresAt !== null) later('expiry', Math.max(0, terms.expiresAt - terms.clock.now()), end)
      },
      cancel() {
        release()
      },
    },
    new ByteLengthQueuingStrategy({ highWaterMark: MAX_LAG }),
  )
}

interface Outlet {
  readonly write: (text: string) => void
  /** All written so far was stored before the client came: it does not count as lag. */
  readonly caughtUp: () => void
  readonly idleMs: () => number
}

/** Sets the timer of that name; they all stop with the stream. */
type Later = (name: string, ms: number, run: () => void) => unknown

function outlet(
  controller: ReadableStreamDefaultController<Uint8Array>,
  clock: LiveClock,
  drop: () => void,
): Outlet {
  const encoder = new TextEncoder()
  let written = 0
  let replayed = Number.POSITIVE_INFINITY
  let lastWrite = clock.now()
  return {
    write: (text) => {
      const bytes = encoder.encode(text)
      written += bytes.length
      lastWrite = clock.now()
      controller.enqueue(bytes)
      const read = written - (MAX_LAG - (controller.desiredSize ?? MAX_LAG))
      if (written - Math.max(read, replayed) > MAX_LAG) drop()
    },
    caughtUp: () => {
      replayed = Math.min(replayed, written)
    },
    idleMs: () => clock.now() - lastWrite,
  }
}

function show(message: WireMessage, source: LiveSource, out: Outlet): void {
  switch (message.kind) {
    case 'start': {
      const { cursor, resync } = message.start
      if (source.opening !== undefined) out.write(eventText(cursor, JSON.stringify(source.opening)))
      if (resync) out.write(eventText(cursor, '{"type":"resync"}'))
      return
    }
    case 'event': {
      const json = source.show === undefined ? message.json : source.show(message.json)
      if (json !== null) out.write(eventText(message.id, json))
      return
    }
    case 'caught-up':
      out.caughtUp()
  }
}

/** JSON has no raw line breaks, so an event is always one `data` line. */
const eventText = (id: string, json: string): string => `id: ${id}\ndata: ${json}\n\n`

function keepAlive(out: Outlet, later: Later): void {
  later('keepalive', Math.max(1, KEEPALIVE_MS - out.idleMs()), () => {
    if (out.idleMs() >= KEEPALIVE_MS) out.write(': keepalive\n\n')
    keepAlive(out, later)
  })
}

/** Ends the stream when the session was revoked, nobody can say, or the object no longer answers. */
function keepChecking(socket: WebSocket, terms: LiveTerms, later: Later, end: () => void): void {
  let heard = true
  socket.addEventListener('message', () => {
    heard = true
  })
  const round = (): void => {
    later('check', CHECK_MS, () => {
      if (!heard) return end()
      heard = false
      try {
        socket.send(PING)
      } catch {
        return end()
      }
      terms.check().then(round, end)
    })
  }
  round()
}
