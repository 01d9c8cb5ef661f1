/** What endpoints of connectors may say instead. */
import type { ErrorCode } from '../lib/errors'

/** When a credential is tried. */
export const connectErrors = [
  'validation_failed',
  'identity_mismatch',
  'credential_refused',
  'insufficient_permission',
  'no_resources',
  'egress_blocked',
  'conflict',
  'vendor_rate_limited',
  'upstream_error',
  'provider_not_configured',
] as const satisfies readonly ErrorCode[]

/** When the vendor of a stored connection is called. */
export const vendorErrors = [
  'not_connected',
  'reconnect_required',
  'insufficient_permission',
  'vendor_rate_limited',
  'upstream_error',
] as const satisfies readonly ErrorCode[]

/** When it is called about one thing that it may not have. */
export const itemErrors = ['not_found', 'no_resources', ...vendorErrors] as const
