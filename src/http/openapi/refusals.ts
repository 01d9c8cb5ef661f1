/** The error codes of an operation. */
import type { ErrorCode } from '../../lib/errors'
import type { Operation } from './operations'

/** What any operation with a caller may answer. */
const CALLER_ERRORS: readonly ErrorCode[] = ['unauthenticated', 'forbidden', 'rate_limited', 'unavailable']

const BODY_METHODS = new Set(['POST', 'PUT', 'PATCH', 'DELETE'])

/** Everything that an operation may refuse a request for: what its route says, and what follows from its declaration. */
export const refusalsOf = ({ method, path, endpoint, body, query }: Operation): ReadonlySet<ErrorCode> =>
  new Set<ErrorCode>([
    ...(endpoint.errors ?? []),
    ...(endpoint.who === 'public' ? [] : CALLER_ERRORS),
    ...(endpoint.who !== 'public' && path.startsWith('/api/incidents') ? (['missing_user_id'] as const) : []),
    ...(BODY_METHODS.has(method) ? (['payload_too_large'] as const) : []),
    ...(BODY_METHODS.has(method) && endpoint.anyContentType !== true
      ? (['unsupported_media_type'] as const)
      : []),
    ...(body === null ? [] : (['invalid_json', 'validation_failed'] as const)),
    ...(query === null ? [] : (['validation_failed'] as const)),
    ...(endpoint.idempotent === true ? (['validation_failed', 'idempotency_conflict'] as const) : []),
    ...Object.values(endpoint.ids ?? {}).map(({ code }) => code),
    'internal_error',
  ])
