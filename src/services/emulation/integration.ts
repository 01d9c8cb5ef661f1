import type { AlertSource } from '../../alerts/source'
import { AppError } from '../../lib/errors'
import type { IntegrationRow } from '../../store/integration-rows'
import { hashToken, isIngestToken } from '../ingest-token'
import type { ReceivePorts } from '../receive-delivery'
import type { Sender } from '../resolve-sender'

/** The sender of an emulated request by the key that it carries. @throws AppError invalid_token */
export function senderOf(token: string | null): Sender {
  if (token === null || !isIngestToken(token)) throw new AppError('invalid_token', 'Invalid webhook token')
  return { kind: 'token', token, from: 'header' }
}

/** The integration whose key a reading request carries; counted like a delivery. @throws AppError invalid_token, rate_limited */
export async function integrationOf(
  source: AlertSource,
  token: string | null,
  now: number,
  { receiving, count }: Pick<ReceivePorts, 'receiving' | 'count'>,
): Promise<IntegrationRow> {
  senderOf(token)
  const hash = await hashToken(token ?? '')
  await count(hash)
  const integration = await receiving.byToken(hash, source.slug, now)
  if (integration === null) throw new AppError('invalid_token', 'Invalid webhook token')
  return integration
}
