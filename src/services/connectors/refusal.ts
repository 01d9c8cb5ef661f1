/** What an outcome is called in an answer. The vendor's own words are nowhere in it. */
import type { Connector } from '../../connectors/connector'
import type { Refusal } from '../../connectors/outcome'
import { AppError } from '../../lib/errors'

/** @param original the paths of the original product, of which some answer 401 */
export function refusalError(connector: Connector, refusal: Refusal, original = false): AppError {
  const unauthorized = original && connector.original?.unauthorized === true ? ({ status: 401 } as const) : {}
  const { name } = connector
  switch (refusal.kind) {
    case 'credential_refused':
      return new AppError(
        refusal.code ?? 'credential_refused',
        refusal.text ?? `${name} refused the credential`,
        { ...unauthorized, ...(refusal.hint === undefined ? {} : { body: { hint: refusal.hint } }) },
      )
    case 'expired':
      return new AppError(
        'reconnect_required',
        `${name} access has expired. Please reconnect your account.`,
        {
          ...unauthorized,
          body: { action: 'RECONNECT_REQUIRED' },
        },
      )
    case 'insufficient_permission':
      return new AppError(
        'insufficient_permission',
        refusal.text ?? `The ${name} credential lacks a required permission`,
      )
    case 'no_resources':
      return new AppError(
        'no_resources',
        refusal.text ?? `The ${name} credential has no access to any resource`,
      )
    case 'rate_limited':
      return new AppError('vendor_rate_limited', `${name} is limiting requests. Please try again later.`, {
        headers: { 'retry-after': String(refusal.retryAfterSeconds) },
      })
    case 'unreachable':
      return new AppError('upstream_error', `${name} did not answer in time`, {
        details: { reason: 'unreachable' },
      })
    case 'vendor_error':
      return new AppError('upstream_error', `${name} answered with an error`, {
        details: { reason: 'error' },
      })
    case 'blocked':
      return new AppError('egress_blocked', refusal.text)
  }
}

export function notConnected(connector: Connector, original = false): AppError {
  const unauthorized = original && connector.original?.unauthorized === true
  return new AppError(
    'not_connected',
    `${connector.name} is not connected`,
    unauthorized ? { status: 401, body: { action: 'CONNECT_REQUIRED' } } : {},
  )
}

export const notConfigured = (connector: Connector): AppError =>
  new AppError('provider_not_configured', `${connector.name} is not configured on this deployment`)
