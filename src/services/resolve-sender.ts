/** Who sent a delivery: the forms in which a key may stand in the path, and the credentials that may replace it. */
import type { AlertSource } from '../alerts/source'
import { AppError, notFound } from '../lib/errors'
import type { IntegrationRow } from '../store/integration-rows'
import type { Receiving } from '../store/receiving'
import { hashToken } from './ingest-token'

export type Sender =
  /** An ingest token: in the path, or in a header where the path has no key. */
  | { readonly kind: 'token'; readonly token: string; readonly from: 'path' | 'header' }
  /** The id of an integration or (on the original's paths) of a user: needs a token in a header, or a signature. */
  | {
      readonly kind: 'id'
      readonly id: string
      readonly userAllowed: boolean
      readonly headerToken: string | null
      /** The local development switch: the id alone is believed. */
      readonly trusted: boolean
    }
  /** A signed-in member: the organisation's integration of this source. */
  | { readonly kind: 'member'; readonly integration: IntegrationRow }
  /** A key that is neither. */
  | { readonly kind: 'nobody' }

/** How far the sender has proved itself beside a signature. */
export type Proof = 'token' | 'session' | 'none'

export interface ResolvedSender {
  readonly integration: IntegrationRow
  readonly proof: Proof
}

interface Ports {
  readonly receiving: Receiving
  readonly count: (gateKey: string) => Promise<void>
}

/** @throws AppError not_found, invalid_token */
export async function resolveSender(
  source: AlertSource,
  sender: Sender,
  now: number,
  ports: Ports,
): Promise<ResolvedSender> {
  switch (sender.kind) {
    case 'nobody':
      throw unknownToken()
    case 'member':
      return { integration: sender.integration, proof: 'session' }
    case 'token': {
      const integration = await ports.receiving.byToken(await hashToken(sender.token), source.slug, now)
      if (integration === null)
        throw sender.from === 'path' ? unknownToken() : new AppError('invalid_token', 'Invalid webhook token')
      return { integration, proof: 'token' }
    }
    case 'id':
      return byId(source, sender, now, ports)
  }
}

async function byId(
  source: AlertSource,
  sender: Extract<Sender, { readonly kind: 'id' }>,
  now: number,
  { receiving, count }: Ports,
): Promise<ResolvedSender> {
  const direct = await receiving.byId(sender.id, source.slug)
  const ofUser = direct === null && sender.userAllowed ? await receiving.ofUser(sender.id, source.slug) : []
  const candidates = direct === null ? ofUser : [direct]
  const [oldest] = candidates
  if (oldest === undefined)
    throw sender.userAllowed ? notFound(`${source.displayName} not connected for this user`) : unknownToken()
  await count(oldest.id)
  if (sender.headerToken === null) return { integration: oldest, proof: sender.trusted ? 'token' : 'none' }
  const owner = await receiving.byToken(await hashToken(sender.headerToken), source.slug, now)
  const proved = candidates.find((candidate) => candidate.id === owner?.id)
  if (proved === undefined) throw new AppError('invalid_token', 'Invalid webhook token')
  return { integration: proved, proof: 'token' }
}

const unknownToken = (): AppError => notFound('Unknown webhook token')
