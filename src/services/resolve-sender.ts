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
    }
  /** A signed-in member, or on a developer's machine a member who is only named: the organisation's integration of this source. */
  | { readonly kind: 'member'; readonly integration: IntegrationRow; readonly proof: 'session' | 'local' }
  /** A key that is neither. */
  | { readonly kind: 'nobody' }

export interface ResolvedSender {
  /** More than one where only a signature can tell which of a user's integrations it is, oldest first. */
  readonly candidates: readonly [IntegrationRow, ...IntegrationRow[]]
  /** How far the sender has proved itself beside a signature; `local` stands for any proof, on a developer's machine. */
  readonly proof: 'token' | 'session' | 'local' | 'none'
}

interface Ports {
  readonly receiving: Receiving
  readonly count: (gateKey: string) => Promise<void>
}

/** @throws AppError not_found, invalid_token */
export async function resolveSender(
  source: AlertSource,
  sender: Exclude<Sender, { readonly kind: 'token' }>,
  now: number,
  ports: Ports,
): Promise<ResolvedSender> {
  switch (sender.kind) {
    case 'nobody':
      throw unknownToken('path')
    case 'member':
      return { candidates: [sender.integration], proof: sender.proof }
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
  const [oldest, ...others] = direct === null ? ofUser : [direct]
  if (oldest === undefined)
    throw sender.userAllowed
      ? notFound(`${source.displayName} not connected for this user`)
      : unknownToken('path')
  await count(oldest.id)
  if (sender.headerToken === null) return { candidates: [oldest, ...others], proof: 'none' }
  const owner = await receiving.byToken(await hashToken(sender.headerToken), source.slug, now)
  const proved = [oldest, ...others].find(({ id }) => id === owner?.id)
  if (proved === undefined) throw unknownToken('header')
  return { candidates: [proved], proof: 'token' }
}

/** A key in the path that leads nowhere does not exist; a credential that does not is wrong. */
export const unknownToken = (from: 'path' | 'header'): AppError =>
  from === 'path' ? notFound('Unknown webhook token') : new AppError('invalid_token', 'Invalid webhook token')
