import type { ErrorCode } from '../lib/errors'

/** What a path that passes a vendor's answer on may say instead. */
export const vendorErrors = [
  'not_found',
  'not_connected',
  'reconnect_required',
  'insufficient_permission',
  'no_resources',
  'vendor_rate_limited',
  'upstream_error',
] as const satisfies readonly ErrorCode[]
