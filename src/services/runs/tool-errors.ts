/** What came of asking another system, in the words that evidence knows. */
import type { ToolErrorCode } from '../../agent/evidence'
import type { Refusal } from '../../connectors/outcome'

const CODES: Readonly<
  Record<Exclude<Refusal['kind'], 'no_resources'> | 'not_connected' | 'not_found', ToolErrorCode>
> = {
  not_connected: 'not_connected',
  not_found: 'not_found',
  credential_refused: 'unauthorized',
  expired: 'unauthorized',
  insufficient_permission: 'forbidden',
  rate_limited: 'rate_limited',
  unreachable: 'unreachable',
  vendor_error: 'vendor_error',
  blocked: 'policy_denied',
}

export const toolErrorOf = (kind: keyof typeof CODES): ToolErrorCode => CODES[kind]
