/** What the frames of a client do. Refusals are thrown as `AppError`. */
import { AppError, unavailable } from '../lib/errors'
import { newId } from '../lib/ids'
import { cancelSession } from '../services/cancel-run'
import { askOverSocket, confirm } from '../services/chat-messages'
import { hasRole, type Ctx } from '../services/context'
import { followSession } from '../services/streams'
import { runById } from '../store/runs'
import type { Attachment, ClientFrame, QueryFrame } from './client-frames'
import { sendOrDrop } from './feed-wire'
import type { LoggedFrame } from './frame-log'
import type { Entry } from './gate'
import { looseEndFrame, PONG_FRAME, readyFrame, resumedFrame, resyncFrame } from './server-frames'
import type { Asked, SocketBook } from './socket-book'
import type { SocketFollows } from './socket-follows'
import { seatOf, type Seat } from './socket-seat'

/** A room as those who ask in it see it. */
interface AskedRoom {
  readonly start: (run: {
    readonly orgId: string
    readonly sessionId: string
    readonly runId: string
    readonly lastSeq: number
  }) => Promise<void>
  readonly openingOf: (runId: string) => Promise<LoggedFrame | null>
}

interface Surroundings {
  readonly roomOf: (sessionId: string) => AskedRoom
  /** Counts a question in the user's gate. */
  readonly enter: (seat: Seat) => Promise<Entry>
}

/** Marks the refusal that has a code of its own on sockets. */
export const READ_ONLY = { mode: 'ask' } as const

/** Base64 characters of images that one message keeps. */
const LARGEST_IMAGES = 900_000

export class SocketTurns {
  readonly #book: SocketBook
  readonly #follows: SocketFollows
  readonly #around: Surroundings

  constructor(book: SocketBook, follows: SocketFollows, around: Surroundings) {
    this.#book = book
    this.#follows = follows
    this.#around = around
  }

  /** Only questions count against the chat limit. @throws AppError rate_limited, session_revoked, password_change_required, unavailable */
  async count(seat: Seat): Promise<void> {
    const entry = await this.#around.enter(seat).catch((error: unknown) => {
      throw unavailable(error)
    })
    if (entry.ok) return
    switch (entry.code) {
      case 'rate_limited':
        throw new AppError('rate_limited', 'Rate limit exceeded')
      case 'session_revoked':
        throw new AppError('session_revoked', 'Session has been revoked')
      case 'password_change_required':
        throw new AppError('password_change_required', 'Password change required')
    }
  }

  async take(socket: WebSocket, ctx: Ctx, frame: ClientFrame): Promise<void> {
    switch (frame.type) {
      case 'init':
        sendOrDrop(socket, [readyFrame()])
        return
      case 'ping':
        sendOrDrop(socket, [PONG_FRAME])
        return
      case 'query':
        return this.#ask(socket, ctx, frame)
      case 'control':
        return this.#cancel(socket, ctx, frame.session_id)
      case 'confirmation_response':
        return confirm(ctx, frame.session_id, frame)
      case 'resume':
        return this.#resume(socket, ctx, frame.session_id, frame.after_seq)
    }
  }

  async #ask(socket: WebSocket, ctx: Ctx, frame: QueryFrame): Promise<void> {
    const { client_message_id: given, session_id: sessionId = null } = frame
    const editor = hasRole(ctx.actor.role, 'editor')
    const mode = frame.mode ?? (editor ? 'agent' : 'ask')
    if (mode === 'agent' && !editor)
      throw new AppError('forbidden', 'Viewers may only ask in mode "ask"', { details: READ_ONLY })
    const known = given === undefined ? undefined : this.#book.asked(given, ctx.now)
    if (known !== undefined && (await this.#askedBefore(socket, ctx, known))) return
    // Remembered before it is stored: a crash in between leaves ids under which the repeat is stored.
    const asked: Asked = known ?? {
      sessionId: sessionId ?? newId(ctx.now),
      runId: newId(ctx.now),
      opened: sessionId === null ? 1 : 0,
    }
    if (given !== undefined) this.#book.remember(given, asked, ctx.now)
    const turn = await askOverSocket(ctx, {
      sessionId: asked.opened === 1 ? null : asked.sessionId,
      newId: asked.sessionId,
      question: {
        text: frame.query,
        mode,
        via: 'socket',
        runId: asked.runId,
        ...filesOf(frame.attachments ?? []),
      },
      uiState: stateOf(frame, mode),
    }).catch((error: unknown) => {
      if (given !== undefined) this.#book.forget(given)
      throw error
    })
    if (this.#book.find(seatOf(socket).id, turn.sessionId) === undefined)
      await this.#follows.join(socket, turn.sessionId, { after: null, atLeast: turn.lastSeq })
    await this.#around
      .roomOf(turn.sessionId)
      .start({ orgId: ctx.actor.orgId, sessionId: turn.sessionId, runId: turn.runId, lastSeq: turn.lastSeq })
  }

  /** Answers a repeated question with its first ACCEPTED and what followed; false when it was never stored. */
  async #askedBefore(socket: WebSocket, ctx: Ctx, { sessionId, runId }: Asked): Promise<boolean> {
    const opening = await this.#around.roomOf(sessionId).openingOf(runId)
    if (opening === null && (await runById(ctx.db, runId)).length === 0) return false
    const follows = this.#book.find(seatOf(socket).id, sessionId) !== undefined
    if (follows && opening !== null) sendOrDrop(socket, [opening.json])
    if (!follows)
      await this.#follows.join(socket, sessionId, { after: opening === null ? null : opening.seq - 1 })
    return true
  }

  async #cancel(socket: WebSocket, ctx: Ctx, sessionId: string): Promise<void> {
    await followSession(ctx, sessionId)
    if (this.#book.find(seatOf(socket).id, sessionId) === undefined)
      await this.#follows.join(socket, sessionId, { after: null })
    if ((await cancelSession(ctx, sessionId)) === 'idle')
      sendOrDrop(socket, [looseEndFrame(sessionId, 'cancelled')])
  }

  async #resume(socket: WebSocket, ctx: Ctx, sessionId: string, after: number): Promise<void> {
    await followSession(ctx, sessionId)
    const joined = await this.#follows.join(socket, sessionId, { after }, ({ lastSeq, running }) => [
      resumedFrame(sessionId, { fromSeq: after + 1, lastSeq, running }),
    ])
    if (!joined.ok) sendOrDrop(socket, [resyncFrame(sessionId, joined.lastSeq)])
  }
}

/** Images stay with the message; of other files only what they were called. */
function filesOf(files: readonly Attachment[]) {
  const images = files.flatMap(({ filename, file_type: type, file_data: data }) =>
    type.startsWith('image/') ? [{ name: filename, type, data }] : [],
  )
  if (images.reduce((sum, { data }) => sum + data.length, 0) > LARGEST_IMAGES)
    throw new AppError('payload_too_large', 'Attachments too large')
  const others = files.flatMap(({ filename, file_type, file_data }) =>
    file_type.startsWith('image/')
      ? []
      : [{ filename, file_type, size: Math.floor((file_data.replace(/=+$/, '').length * 3) / 4) }],
  )
  return {
    ...(images.length === 0 ? {} : { images }),
    ...(others.length === 0 ? {} : { extra: { attachments: others } }),
  }
}

function stateOf(frame: QueryFrame, mode: string): Readonly<Record<string, unknown>> | undefined {
  if (frame.ui_state === undefined && frame.model === undefined) return undefined
  return {
    selectedMode: mode,
    ...(frame.model === undefined ? {} : { selectedModel: frame.model }),
    ...frame.ui_state,
  }
}
