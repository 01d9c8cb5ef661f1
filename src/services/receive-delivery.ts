/** The synchronous part of ingest: who sent it, is it genuine, store it. Nothing later may change its answer. */
import { findSource } from '../alerts'
import { deliveryKeyOf } from '../alerts/delivery-key'
import { bodyProblem, type BodyProblem } from '../alerts/normalise'
import { DEFAULT_SETTINGS, settingsFor, type SourceSettings } from '../alerts/settings'
import type { SnsVerifier } from '../alerts/sns-signature'
import type { AlertSource } from '../alerts/source'
import { AppError, notFound, unavailable } from '../lib/errors'
import { sha256Hex } from '../lib/hmac'
import { newId } from '../lib/ids'
import type { Masters } from '../lib/seal-masters'
import type { NewDelivery, Receiving, StoredDelivery } from '../store/receiving'
import { decodeBody, storableHeaders, type DecodedBody } from './delivery-body'
import { hashToken } from './ingest-token'
import { judgeSender } from './judge-delivery'
import { TOPIC_NOT_ALLOWED } from './judge-sns'
import { resolveSender, unknownToken, type ResolvedSender, type Sender } from './resolve-sender'

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
  readonly sns: SnsVerifier
}

export type Received =
  | {
      readonly kind: 'accepted'
      readonly deliveryId: string
      readonly duplicate: boolean
      /** The integration's settings where they had to be read, else those of its source. */
      readonly settings: SourceSettings
    }
  | { readonly kind: 'held'; readonly deliveryId: string; readonly duplicate: boolean }
  | { readonly kind: 'skipped'; readonly deliveryId: string }

/**
 * Stores a request of a monitoring tool and says how it is answered.
 * @throws AppError not_found, invalid_token, invalid_json, validation_failed, rate_limited, unavailable
 */
export async function receiveDelivery(request: WebhookRequest, ports: ReceivePorts): Promise<Received> {
  const source = findSource(request.sourceSlug)
  if (source === null) throw notFound('Unknown source')
  try {
    return await receive(source, request, ports)
  } catch (error) {
    // The sender is asked to come again: what was not stored must not count as delivered.
    throw error instanceof AppError ? error : unavailable(error)
  }
}

async function receive(source: AlertSource, request: WebhookRequest, ports: ReceivePorts): Promise<Received> {
  const draft = await draftOf(source, request)
  const { sender, receivedAt } = request
  const { receiving } = ports
  if (sender.kind !== 'token')
    return storeResolved(
      source,
      request,
      draft,
      await resolveSender(source, sender, receivedAt, ports),
      ports,
    )
  const tokenHash = await hashToken(sender.token)
  await ports.count(tokenHash)
  // The usual case needs one round trip: whatever else is asked for, the statement stores nothing.
  const { stored, integration } =
    draft.problem === null && source.scheme !== 'sns'
      ? await receiving.storeByToken(tokenHash, draft.delivery)
      : { stored: null, integration: await receiving.byToken(tokenHash, source.slug, receivedAt) }
  if (stored !== null) return { ...accepted(stored, ports), settings: commonSettings(source) }
  if (integration === null) throw unknownToken(sender.from)
  return storeResolved(source, request, draft, { candidates: [integration], proof: 'token' }, ports)
}

const common = new WeakMap<AlertSource, SourceSettings>()

/** The settings of an integration that sets nothing itself: constants, checked once. */
function commonSettings(source: AlertSource): SourceSettings {
  const known = common.get(source) ?? settingsFor(source, DEFAULT_SETTINGS)
  common.set(source, known)
  return known
}

interface Draft {
  readonly delivery: NewDelivery
  readonly bytes: Uint8Array
  readonly json: DecodedBody['json']
  /** What is wrong with the body under the common settings; null when nothing is. */
  readonly problem: BodyProblem | null
}

async function draftOf(source: AlertSource, request: WebhookRequest): Promise<Draft> {
  const { headers, receivedAt } = request
  const given = request.bytes ?? new Uint8Array()
  const id = newId(receivedAt)
  const { text, json } = decodeBody(given, headers.get('content-type'))
  const body = json.ok ? json.body : null
  const bodySha256 = await sha256Hex(given)
  const asked = { headers, bytes: given, body, receivedAt, requestId: id }
  const key = await deliveryKeyOf(source, asked, () => bodySha256)
  return {
    bytes: given,
    json,
    problem: problemOf(source, request, json, commonSettings(source)),
    delivery: {
      id,
      source: source.slug,
      deliveryKey: key,
      receivedAt,
      bytes: given.byteLength,
      bodySha256,
      headers: storableHeaders(headers),
      body: text,
    },
  }
}

function problemOf(
  source: AlertSource,
  { bytes, headers }: Pick<WebhookRequest, 'bytes' | 'headers'>,
  json: DecodedBody['json'],
  settings: SourceSettings,
): BodyProblem | null {
  if (bytes === null || bytes.byteLength === 0) return { code: 'validation_failed', message: 'Empty payload' }
  if (!json.ok) return { code: 'invalid_json', message: 'Invalid request body' }
  return bodyProblem(source, json.body, settings, headers)
}

async function storeResolved(
  source: AlertSource,
  request: WebhookRequest,
  draft: Draft,
  resolved: ResolvedSender,
  ports: ReceivePorts,
): Promise<Received> {
  const { receiving } = ports
  const { delivery } = draft
  const { integration, judgement } = await judgeSender(
    source,
    { ...request, bytes: draft.bytes },
    resolved,
    ports.masters,
    ports.sns,
  )
  if (judgement.kind === 'refused') {
    await receiving.storeRefused(integration, delivery, judgement.reason)
    throw judgement.reason === TOPIC_NOT_ALLOWED
      ? new AppError('forbidden', 'Topic not allowed')
      : new AppError('invalid_token', 'Invalid signature')
  }
  const { authenticity } = judgement
  if (!integration.enabled) {
    const reason = 'integration_disabled'
    const { deliveryId } = await receiving.storeFor(integration, apart(delivery, 'skipped'), {
      state: 'skipped',
      authenticity,
      reason,
    })
    return { kind: 'skipped', deliveryId }
  }
  const settings = settingsFor(source, integration.settings)
  const problem = problemOf(source, request, draft.json, settings)
  if (problem !== null) {
    const reason = problem.message
    await receiving.storeFor(integration, apart(delivery, 'rejected'), {
      state: 'rejected',
      authenticity,
      reason,
    })
    throw new AppError(problem.code, problem.message)
  }
  if (judgement.kind === 'held') {
    const held = { state: 'held', authenticity, reason: 'no signing secret yet' } as const
    return { kind: 'held', ...(await receiving.storeFor(integration, delivery, held)) }
  }
  const stored = await receiving.storeFor(integration, delivery, {
    state: 'received',
    authenticity,
    reason: null,
  })
  return { ...accepted(stored, ports), settings }
}

/** What was not taken must not occupy the key: the same delivery may come again when it can be. */
const apart = (delivery: NewDelivery, state: 'skipped' | 'rejected'): NewDelivery => ({
  ...delivery,
  deliveryKey: `${state}:${delivery.deliveryKey}`,
})

function accepted(stored: StoredDelivery, ports: ReceivePorts) {
  if (!stored.duplicate) ports.nudge(stored.deliveryId)
  return { kind: 'accepted', ...stored } as const
}
