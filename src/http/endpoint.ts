/** The first middleware of every route: says who may call it and checks that, in the documented order. */
import { createMiddleware } from 'hono/factory'
import type { Schema } from '../lib/schema'
import { AppError, forbidden, type ErrorCode } from '../lib/errors'
import { parseId } from '../lib/ids'
import type { BucketName } from '../lib/limits'
import { readRequestBody } from '../lib/read-body'
import { hasRole, type Role } from '../services/context'
import type { App, AppContext } from './env'
import { admitCaller, exceedsScope } from './middleware/admission'
import { onceByKey } from './middleware/idempotency'
import { refuseCrossSite } from './middleware/identity'
import { openContext } from './middleware/tenant'
import { checkNamedUser } from './same-user'

export interface Endpoint {
  /** One line for the API document. */
  readonly summary: string
  /** Who may call: anybody, or members from this role on. */
  readonly who: 'public' | Role
  /** The bucket of the caller's gate that counts the request; `null` for public routes that count themselves. */
  readonly bucket: BucketName | null
  /** A second bucket that counts it besides. */
  readonly alsoCounts?: BucketName
  /** Path ids with what a malformed one is answered. */
  readonly ids?: Readonly<
    Record<string, { readonly error: string; readonly code: 'invalid_id' | 'not_found' }>
  >
  /** The largest body in bytes, where it is less than a mebibyte. */
  readonly maxBodyBytes?: number
  /** A webhook: vendors send JSON under any content type, and the source judges the body. */
  readonly anyContentType?: boolean
  /** Open to a user who must first change the password that an admin chose. */
  readonly openBeforePasswordChange?: boolean
  /** Older clients name the user in bodies and queries: whoever names somebody else is refused. */
  readonly namesUser?: boolean
  /** Whether an `Idempotency-Key` is honoured: for a POST that creates or starts something. */
  readonly idempotent?: boolean
  /** Bodies by status; statuses without a body map to null. */
  readonly answers: Readonly<Record<number, Schema | null>>
  /** A 200 comes as text of this type, too; as nothing else where `answers` has no body for it. */
  readonly asText?: 'text/plain' | 'text/html' | 'text/markdown' | 'text/yaml' | 'text/event-stream'
  /** The text of a 500, where the endpoint has its own. */
  readonly failure?: string
  /** The error codes beyond those that every endpoint may answer. */
  readonly errors?: readonly ErrorCode[]
  /** Set where refusals look as they do in another product. */
  readonly refusal?: Refusal
}

/** How another product words its refusals: their schema, and its status where that is not our code's own. */
export interface Refusal {
  readonly schema: Schema
  readonly statuses?: Readonly<Partial<Record<ErrorCode, number>>>
}

/** Endpoints by their first middleware, for the API document and the tests that walk all routes. */
export const endpointOf = new WeakMap<object, Endpoint>()

/**
 * Checks origin, body size and type, identity, revocation and rate limit, path ids and role; then the handler has
 * `ctx`, `actor` and `ids`.
 */
export function endpoint(spec: Endpoint) {
  const handler = createMiddleware<App>(async (c, next) => {
    c.set('failure', spec.failure)
    if (spec.who !== 'public') refuseCrossSite(c)
    // The router runs a route twice for a path that is its very pattern (`/x/:id`); a body can be read once.
    const read: Uint8Array | null | undefined = c.get('bytes')
    if (read === undefined) c.set('bytes', await readRequest(c, spec))
    if (spec.who === 'public') {
      c.set('ids', checkIds(c, spec))
      return next()
    }
    const actor = await admitCaller(c, spec)
    c.set('actor', actor)
    c.set('ids', checkIds(c, spec))
    if (!hasRole(actor.role, spec.who) || exceedsScope(c, actor)) throw forbidden()
    if (spec.namesUser === true) checkNamedUser(c)
    c.set('ctx', openContext(c, actor))
    c.header('cache-control', 'no-store')
    return spec.idempotent === true ? onceByKey(c, next) : next()
  })
  endpointOf.set(handler, spec)
  return handler
}

const BODY_METHODS = new Set(['POST', 'PUT', 'PATCH', 'DELETE'])

async function readRequest(c: AppContext, spec: Endpoint): Promise<Uint8Array | null> {
  if (!BODY_METHODS.has(c.req.method)) return null
  const bytes = await readRequestBody(c.req.raw, spec.maxBodyBytes)
  if (bytes === 'too_large') throw new AppError('payload_too_large', 'Request body too large')
  if (spec.anyContentType === true) return bytes
  const type = c.req.header('content-type')?.split(';')[0]?.trim().toLowerCase() ?? ''
  if (bytes !== null && type !== '' && type !== 'application/json' && !type.endsWith('+json'))
    throw new AppError('unsupported_media_type', 'Unsupported content type')
  return bytes
}

function checkIds(c: AppContext, spec: Endpoint): Readonly<Record<string, string>> {
  const ids: Record<string, string> = {}
  for (const [name, refusal] of Object.entries(spec.ids ?? {})) {
    const id = parseId(c.req.param(name) ?? '')
    if (id === null) throw new AppError(refusal.code, refusal.error)
    ids[name] = id
  }
  return ids
}
