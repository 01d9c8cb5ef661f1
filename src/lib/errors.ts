/** The one error type of the product and the table that says what each code means to a client. */

const STATUS = {
  invalid_json: 400,
  validation_failed: 400,
  invalid_id: 400,
  missing_user_id: 400,
  invalid_state: 400,
  credential_refused: 400,
  no_resources: 400,
  external_id_mismatch: 400,
  role_not_protected: 400,
  egress_blocked: 400,
  unsupported_on_platform: 400,
  oauth_state_invalid: 400,
  unauthenticated: 401,
  invalid_token: 401,
  session_revoked: 401,
  untrusted_identity: 401,
  invalid_credentials: 401,
  forbidden: 403,
  identity_mismatch: 403,
  origin_not_allowed: 403,
  session_closed: 403,
  password_change_required: 403,
  insufficient_permission: 403,
  ownership_unproved: 403,
  cross_org_claim_refused: 403,
  feature_disabled: 403,
  not_found: 404,
  not_connected: 404,
  unknown_provider: 404,
  method_not_allowed: 405,
  already_exists: 409,
  reconnect_required: 409,
  session_busy: 409,
  incident_merged: 409,
  already_applied: 409,
  version_conflict: 409,
  idempotency_conflict: 409,
  conflict: 409,
  payload_too_large: 413,
  unsupported_media_type: 415,
  upgrade_required: 426,
  rate_limited: 429,
  vendor_rate_limited: 429,
  internal_error: 500,
  upstream_error: 502,
  provider_not_configured: 503,
  unavailable: 503,
} as const

/** The closed set of error codes that clients decide on. */
export type ErrorCode = keyof typeof STATUS
export type ErrorStatus = (typeof STATUS)[ErrorCode]

/** What clients get for a code. */
export const statusOf = (code: ErrorCode): ErrorStatus => STATUS[code]

/** One bad field of a request: where it is and what is wrong with it. */
export interface FieldError {
  readonly path: string
  readonly message: string
}

export interface ErrorExtras {
  readonly details?: readonly FieldError[] | Readonly<Record<string, unknown>>
  readonly headers?: Readonly<Record<string, string>>
  /** Further members of the answer's body, where a contract names them. */
  readonly body?: Readonly<Record<string, unknown>>
  /** Paths of the original product that answer 401 where the code's own status is another. */
  readonly status?: 401
  readonly cause?: unknown
}

/** An error whose message may be shown to the caller as it is. */
export class AppError extends Error {
  override readonly name = 'AppError'
  readonly code: ErrorCode
  readonly extras: ErrorExtras

  constructor(code: ErrorCode, message: string, extras: ErrorExtras = {}) {
    super(message, { cause: extras.cause })
    this.code = code
    this.extras = extras
  }

  get status(): ErrorStatus {
    return this.extras.status ?? STATUS[this.code]
  }
}

export const notFound = (message = 'Not found'): AppError => new AppError('not_found', message)
export const forbidden = (message = 'Forbidden'): AppError => new AppError('forbidden', message)
export const unavailable = (cause?: unknown): AppError =>
  new AppError('unavailable', 'Service temporarily unavailable', { cause, headers: { 'retry-after': '5' } })
