import type { Context } from 'hono'
import type { Cost } from '../lib/cost'
import type { AppError } from '../lib/errors'
import type { Actor, Ctx } from '../services/context'

/** What a handler may reach: everything but the database, which only verbs see, and then only their tenant's part. */
export type Bindings = Omit<Env, 'DB'>

interface Variables {
  readonly requestId: string
  readonly now: number
  readonly cost: Cost
  /** Whether a stored row says all that the request's log line would. */
  readonly isOnRecord: true | undefined
  /** Whether this request asks what it costs, and may. */
  readonly isMetered: boolean
  /** The request body as sent, at most 1 MiB; null when there is none. */
  readonly bytes: Uint8Array | null
  readonly actor: Actor
  /** When the session token of the caller ends, ms; null for service calls. Streams end then, too. */
  readonly sessionEndsAt: number | null
  /** What an unexpected error of this endpoint is called. */
  readonly failure: string | undefined
  readonly ctx: Ctx
  /** How errors look on a path that speaks another product's protocol. */
  readonly errorShape: ErrorShape | undefined
  /** The ids of the path, checked and in lower case. */
  readonly ids: Readonly<Record<string, string>>
}

export interface App {
  Bindings: Bindings
  Variables: Variables
}

export type AppContext = Context<App>

/** Renders an error as the emulated product does. */
export type ErrorShape = (error: AppError, c: AppContext) => Response

/** An id of the path that the endpoint declared. */
export function idOf(c: AppContext, name: string): string {
  const id = c.get('ids')[name]
  if (id === undefined) throw new Error(`the endpoint does not declare the path id ${name}`)
  return id
}
