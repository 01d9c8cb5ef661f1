/** Signing secrets that are made here, for senders that are told ours instead of having their own. */
import type { AlertSource } from '../alerts/source'
import { seal } from '../lib/seal'
import type { Masters } from '../lib/seal-masters'
import type { IntegrationRow } from '../store/integration-rows'
import { signingSecretPlace } from './judge-delivery'

/** Whether an integration of this source has its secret from the start: its sender must sign, and with ours. */
export const needsSecretAtCreation = (source: AlertSource): boolean =>
  source.scheme === 'aurora-v1' && source.defaultVerification === 'required'

/** 64 hex digits, to be shown once, and how they are stored. */
export async function generateSecret(
  masters: Masters,
  integration: Pick<IntegrationRow, 'id' | 'orgId'>,
): Promise<{ readonly secret: string; readonly sealed: string }> {
  const secret = crypto.getRandomValues(new Uint8Array(32)).toHex()
  return { secret, sealed: await seal(masters, signingSecretPlace(integration), secret) }
}
