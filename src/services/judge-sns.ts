/** Whether a message of Amazon SNS is believed: its own signature and the topics that an editor allowed take the place of a secret. */
import type { SourceSettings } from '../alerts/settings'
import { readSnsMessage } from '../alerts/sns'
import { CertificateUnavailable, type SnsVerifier } from '../alerts/sns-signature'
import type { Verdict } from '../alerts/verify'
import { unavailable } from '../lib/errors'
import { decodeBody } from './delivery-body'
import type { ResolvedSender } from './resolve-sender'

export const TOPIC_NOT_ALLOWED = 'topic_not_allowed'

type Judgement =
  | { readonly kind: 'genuine'; readonly authenticity: 'signature' | 'token' | 'session' | 'none' }
  | { readonly kind: 'refused'; readonly reason: string }

const refused = (reason: string): Judgement => ({ kind: 'refused', reason })

/** @throws AppError unavailable when the signing certificate cannot be had: SNS sends again. */
export async function judgeSns(
  {
    headers,
    bytes,
    receivedAt,
  }: {
    readonly headers: Headers
    readonly bytes: Uint8Array
    readonly receivedAt: number
  },
  proof: ResolvedSender['proof'],
  mode: 'required' | 'if_configured' | 'token_only',
  { topicArns }: Pick<SourceSettings, 'topicArns'>,
  verifier: SnsVerifier | null,
): Promise<Judgement> {
  const { json } = decodeBody(bytes, headers.get('content-type'))
  const message = json.ok ? readSnsMessage(json.body) : null
  if (message === null || verifier === null) return refused('signature_absent')
  const verdict = await verdictOf(verifier.verify(message, receivedAt))
  if (verdict === 'invalid' || verdict === 'stale') return refused(`signature_${verdict}`)
  const pinned = topicArns.includes(message.TopicArn)
  if (message.Type === 'Notification' && !pinned) return refused(TOPIC_NOT_ALLOWED)
  // Anybody can have a topic of their own: one that nobody allowed proves nothing about its sender.
  if (proof === 'none' && !(pinned && verdict === 'valid')) return refused('second_proof_missing')
  if (verdict === 'valid') return { kind: 'genuine', authenticity: 'signature' }
  if (message.Type !== 'Notification') return refused('signature_absent')
  switch (proof) {
    case 'local':
      return { kind: 'genuine', authenticity: 'none' }
    case 'session':
      return { kind: 'genuine', authenticity: 'session' }
    case 'token':
      break
    case 'none':
      return refused('second_proof_missing')
  }
  return mode === 'token_only' ? { kind: 'genuine', authenticity: 'token' } : refused('signature_absent')
}

async function verdictOf(verdict: Promise<Verdict>): Promise<Verdict> {
  try {
    return await verdict
  } catch (error) {
    throw error instanceof CertificateUnavailable ? unavailable(error) : error
  }
}
