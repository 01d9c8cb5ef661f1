/** The synchronous part of ingest: who sent it, is it genuine, store it. Nothing later may change its answer. */
import { findSource } from '../alerts'
import { deliveryKeyOf } from '../alerts/delivery-key'
import { bodyProblem } from '../alerts/normalise'
import { DEFAULT_SETTINGS, settingsFor } from '../alerts/settings'
import type { AlertSource } from '../alerts/source'
import { AppError, notFound } from '../lib/errors'
import { sha256Hex } from '../lib/hmac'
import { newId } from '../lib/ids'
import type { NewDelivery, Receiving, StoredDelivery } from '../store/receiving'
import { decodeBody, storableHeaders } from './delivery-body'
import { judge } from './judge-delivery'
import type { Masters } from '../lib/seal-masters'
import { hashToken } from './ingest-token'
import type { ResolvedSender, Sender } from './resolve-sender'
import { resolveSender } from './resolve-sender'

export interface WebhookRequest {
  readonly sourceSlug: string
  readonly sender: Sender
  readonly headers: Headers
  readonly bytes: Uint8Array | null
  /** ms since the epoch */
  readonly receivedAt: number
}

export interface ReceivePorts {
  readonly receiving: Receiving
  readonly masters: () => Promise<Masters>
  /** Counts the request in the sender's gate. @throws AppError rate_limited */
  readonly count: (gateKey: string) => Promise<void>
  readonly nudge: (deliveryId: string) => void
}

export type Received =
  | { readonly kind: 'accepted'; readonly deliveryId: string; readonly duplicate: boolean }
  | { readonly kind: 'held'; readonly deliveryId: string; readonly duplicate: boolean }
  | { readonly kind: 'skipped'; readonly deliveryId: string }

/**
 * Stores a request of a monitoring tool and says how it is answered.
 * @throws AppError not_found, invalid_token, invalid_json, validation_failed, rate_limited
 */
export async function receiveDelivery(request: WebhookRequest, ports: ReceivePorts): Promise<Received> {
  const source = findSource(request.sourceSlug)
  if (source === null) throw notFound('Unknown source')
  const draft = await draftOf(source, request)
  const { sender } = request
  if (sender.kind === 'token') {
    const tokenHash = await hashToken(sender.token)
    await ports.count(tokenHash)
    // The usual case needs one round trip: whatever else is asked for, the statement stores nothing.
    const stored =
      draft.problem === null ? await ports.receiving.storeByToken(tokenHash, draft.delivery) : null
    if (stored !== null) return accepted(stored, ports)
  }
  const resolved = await resolveSender(source, sender, request.receivedAt, ports)
  return storeResolved(source, request, draft, resolved, ports)
}

interface Draft {
  readonly delivery: NewDelivery
  readonly bytes: Uint8Array
  readonly json: { readonly ok: true; readonly body: unknown } | { readonly ok: false }
  /** What is wrong with the body under the common settings; null when nothing is. */
  readonly problem: { readonly code: 'invalid_json' | 'validation_failed'; readonly message: string } | null
}

async function draftOf(source: AlertSource, request: WebhookRequest): Promise<Draft> {
  const { headers, receivedAt, bytes } = request
  if (bytes === null) throw new AppError('validation_failed', 'Empty payload')
  const id = newId(receivedAt)
  const { text, json } = decodeBody(bytes, headers.get('content-type'))
  const body = json.ok ? json.body : null
  return {
    bytes,
    json,
    problem: json.ok
      ? bodyProblem(source, body, settingsFor(source, DEFAULT_SETTINGS))
      : { code: 'invalid_json', message: 'Invalid request body' },
    delivery: {
      id,
      source: source.slug,
      deliveryKey: await deliveryKeyOf(source, { headers, bytes, body, receivedAt, requestId: id }),
      receivedAt,
      bytes: bytes.byteLength,
      bodySha256: await sha256Hex(bytes),
      headers: storableHeaders(headers),
      body: text,
    },
  }
}

async function storeResolved(
  source: AlertSource,
  request: WebhookRequest,
  draft: Draft,
  resolved: ResolvedSender,
  ports: ReceivePorts,
): Promise<Received> {
  const { integration } = resolved
  const { receiving } = ports
  const settings = settingsFor(source, integration.settings)
  if (!integration.enabled) {
    const skipped = {
      state: 'skipped',
      authenticity: resolved.proof,
      reason: 'integration_disabled',
    } as const
    const { deliveryId } = await receiving.storeFor(integration, draft.delivery, skipped)
    return { kind: 'skipped', deliveryId }
  }
  const judgement = await judge(source, { ...request, bytes: draft.bytes }, resolved, settings, ports.masters)
  if (judgement.kind === 'refused') {
    await receiving.storeRefused(integration, draft.delivery, judgement.reason)
    throw new AppError('invalid_token', 'Invalid signature')
  }
  const problem = draft.json.ok
    ? bodyProblem(source, draft.json.body, settings)
    : ({ code: 'invalid_json', message: 'Invalid request body' } as const)
  if (problem !== null) {
    const rejected = {
      state: 'rejected',
      authenticity: judgement.authenticity,
      reason: problem.message,
    } as const
    await receiving.storeFor(integration, draft.delivery, rejected)
    throw new AppError(problem.code, problem.message)
  }
  const { authenticity } = judgement
  if (judgement.kind === 'held') {
    const held = { state: 'held', authenticity, reason: 'no signing secret yet' } as const
    return { kind: 'held', ...(await receiving.storeFor(integration, draft.delivery, held)) }
  }
  const stored = await receiving.storeFor(integration, draft.delivery, {
    state: 'received',
    authenticity,
    reason: null,
  })
  return accepted(stored, ports)
}

function accepted(stored: StoredDelivery, ports: ReceivePorts): Received {
  if (!stored.duplicate) ports.nudge(stored.deliveryId)
  return { kind: 'accepted', ...stored }
}
