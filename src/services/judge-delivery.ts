import { settingsFor } from '../alerts/settings'
import type { SnsVerifier } from '../alerts/sns-signature'
import type { AlertSource } from '../alerts/source'
import { verifySignature } from '../alerts/verify'
import { unavailable } from '../lib/errors'
import { open } from '../lib/seal'
import type { Masters } from '../lib/seal-masters'
import type { IntegrationRow } from '../store/integration-rows'
import { judgeSns } from './judge-sns'
import type { ResolvedSender } from './resolve-sender'

export type Judgement =
  | { readonly kind: 'genuine' | 'held'; readonly authenticity: 'signature' | 'token' | 'session' | 'none' }
  | { readonly kind: 'refused'; readonly reason: string }

interface Signed {
  readonly headers: Headers
  readonly bytes: Uint8Array
  readonly receivedAt: number
}

/**
 * Whose delivery it is and whether it is believed. Where several integrations may be meant, it is the first under whose
 * secret the signature is right.
 */
export async function judgeSender(
  source: AlertSource,
  request: Signed,
  { candidates, proof }: ResolvedSender,
  masters: () => Promise<Masters>,
  sns: SnsVerifier,
): Promise<{ readonly integration: IntegrationRow; readonly judgement: Judgement }> {
  const [first, ...others] = candidates
  const judgement = await judge(source, request, { integration: first, proof }, masters, sns)
  if (judgement.kind !== 'refused') return { integration: first, judgement }
  for (const integration of others) {
    const judged = await judge(source, request, { integration, proof }, masters, sns)
    if (judged.kind === 'genuine') return { integration, judgement: judged }
  }
  return { integration: first, judgement }
}

/**
 * Whether this delivery is believed. A valid vendor signature always is; without one, the integration's mode, its secret
 * and the sender's other proof decide. A signature that is present must be right in every mode.
 */
export async function judge(
  source: AlertSource,
  request: Signed,
  { integration, proof }: { readonly integration: IntegrationRow; readonly proof: ResolvedSender['proof'] },
  masters: () => Promise<Masters>,
  /** Not needed for deliveries that waited for a secret: those of SNS never do. */
  sns: SnsVerifier | null = null,
): Promise<Judgement> {
  if (source.scheme === 'sns')
    return judgeSns(request, proof, integration.verification, settingsFor(source, integration.settings), sns)
  const secrets = await openSecrets(masters, integration, request.receivedAt)
  const verdict =
    secrets.length === 0
      ? 'absent'
      : await verifySignature({
          scheme: source.scheme,
          headers: request.headers,
          body: request.bytes,
          secrets,
          settings: settingsFor(source, integration.settings),
          now: request.receivedAt,
        })
  if (verdict === 'valid') return { kind: 'genuine', authenticity: 'signature' }
  if (verdict !== 'absent') return { kind: 'refused', reason: `signature_${verdict}` }
  if (proof === 'none') return { kind: 'refused', reason: 'second_proof_missing' }
  if (proof === 'local') return { kind: 'genuine', authenticity: 'none' }
  if (proof === 'session') return { kind: 'genuine', authenticity: 'session' }
  if (integration.verification === 'token_only') return { kind: 'genuine', authenticity: proof }
  if (secrets.length > 0) return { kind: 'refused', reason: 'signature_absent' }
  return { kind: integration.verification === 'required' ? 'held' : 'genuine', authenticity: proof }
}

/** What a signing secret is bound to: moved to another integration it does not open. */
export const signingSecretPlace = (integration: Pick<IntegrationRow, 'id' | 'orgId'>): string =>
  `${integration.orgId}|integration|${integration.id}|signing_secret|1`

async function openSecrets(
  masters: () => Promise<Masters>,
  integration: IntegrationRow,
  now: number,
): Promise<string[]> {
  const previousLives = (integration.previousSigningSecretExpiresAt ?? 0) > now
  const sealed = [integration.signingSecret, previousLives ? integration.previousSigningSecret : null]
  const secrets: string[] = []
  for (const text of sealed) {
    if (text === null) continue
    const opened = await open(await masters(), signingSecretPlace(integration), text)
    // A secret that cannot be read must not turn verification off.
    if (!opened.ok) throw unavailable(new Error(`signing secret: ${opened.reason}`))
    secrets.push(opened.plaintext)
  }
  return secrets
}
