/** Credentials at rest: sealed for their very place, opened where they are used and nowhere kept. */
import { open, rewrap, seal } from '../../lib/seal'
import type { Masters } from '../../lib/seal-masters'
import type { ConnectionRow, SecretRow } from '../../store/connection-rows'

interface Place {
  readonly orgId: string
  readonly provider: string
  readonly connectionId: string
  readonly version: number
}

const PURPOSE = 'credential'

/** What a secret is bound to: moved anywhere else it does not open. */
const placeOf = ({ orgId, provider, connectionId, purpose, version }: Place & { readonly purpose: string }) =>
  `${orgId}|${provider}|${connectionId}|${purpose}|${version}`

export const verifierPlace = (stateHash: string): string => `oauth_state|${stateHash}`
export const claimPlace = (jobId: string): string => `claim|${jobId}`

/** The row of a new credential. */
export async function sealCredential(masters: Masters, place: Place, secret: unknown, now: number) {
  const sealed = await seal(masters, placeOf({ ...place, purpose: PURPOSE }), JSON.stringify(secret))
  return {
    connectionId: place.connectionId,
    provider: place.provider,
    ...columnsOf(sealed),
    version: place.version,
    purpose: PURPOSE,
    updatedAt: now,
  }
}

/** The credential's JSON; null when its key is unknown or it was tampered with: that is an expired connection. */
export async function openCredential(
  masters: Masters,
  row: Pick<ConnectionRow, 'orgId' | 'provider' | 'id'>,
  secret: SecretRow,
): Promise<unknown> {
  const place = {
    orgId: row.orgId,
    provider: row.provider,
    connectionId: row.id,
    version: secret.version,
    purpose: secret.purpose,
  }
  const opened = await open(masters, placeOf(place), textOf(secret))
  return opened.ok ? parse(opened.plaintext) : null
}

/** The same credential under the current master; null when it cannot be opened. The ciphertext stays as it is. */
export async function rewrapCredential(
  masters: Masters,
  secret: SecretRow,
): Promise<Pick<SecretRow, 'kid' | 'wrappedDek' | 'dekIv'> | null> {
  const rewrapped = await rewrap(masters, placeOf(secret), textOf(secret))
  if (!rewrapped.ok) return null
  const { kid, wrappedDek, dekIv } = columnsOf(rewrapped.sealed)
  return { kid, wrappedDek, dekIv }
}

const columnsOf = (sealed: string) => {
  const [, kid = '', dekIv = '', wrappedDek = '', iv = '', ciphertext = ''] = sealed.split('.')
  return { kid, dekIv, wrappedDek, iv, ciphertext }
}

const textOf = ({ kid, dekIv, wrappedDek, iv, ciphertext }: SecretRow): string =>
  `v1.${kid}.${dekIv}.${wrappedDek}.${iv}.${ciphertext}`

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
