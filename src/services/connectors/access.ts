/** The access of a connection: the one way to call a vendor on its behalf. */
import { FRESH_MS } from '../../connectors/broker-core'
import type { Access } from '../../connectors/access'
import type { Connector } from '../../connectors/connector'
import type { AccessMode } from '../../connectors/definition'
import type { Refusal } from '../../connectors/outcome'
import { isGuardFailure } from '../../store/db'
import type { ConnectionRow } from '../../store/connection-rows'
import * as store from '../../store/connections'
import type { TenantDb } from '../../store/tenant-db'
import { sealCredential } from './credentials'
import { holderOf, openHeld } from './opened'
import { vendorCtx, type Ports } from './ports'
import { recordOutcome } from './record-outcome'
import { revokeAtVendor } from './revoke'

export type AccessOutcome =
  /** `expiresAt` in ms; null for an access that is the credential itself. */
  | { readonly kind: 'ok'; readonly value: Access; readonly expiresAt: number | null }
  | { readonly kind: 'not_connected' }
  | Refusal

export interface AccessWish {
  /** What the access is for; investigations only read. */
  readonly mode?: AccessMode
  readonly region?: string | null
  /** Life it must still have, ms. */
  readonly freshMs?: number
}

/**
 * Headers or temporary keys for a connection. Twenty callers with an expired one cause a single request to the vendor: its
 * broker lets one of them fetch, and the others wait.
 */
export async function accessTo(
  db: TenantDb,
  ports: Ports,
  connection: ConnectionRow,
  wish: AccessWish = {},
): Promise<AccessOutcome> {
  if (connection.status === 'not_connected') return { kind: 'not_connected' }
  const holder = await holderOf(db, connection)
  if (holder === null || holder.status === 'not_connected') return { kind: 'not_connected' }
  // A product lives off its grant: the provider of the grant knows how an access is made.
  const connector = ports.connectorOf(holder.provider)
  if (connector === null) return { kind: 'not_connected' }
  if (isDead(connection) || isDead(holder)) return { kind: 'expired' }
  switch (connector.accessKind) {
    case 'static':
      return staticAccess(db, ports, connector, holder)
    case 'minted':
      return brokered(db, ports, connector, holder, wish)
    case 'mixed': {
      const fixed = await staticAccess(db, ports, connector, holder)
      return fixed.kind === 'vendor_error' ? brokered(db, ports, connector, holder, wish) : fixed
    }
    case 'agent':
      return { kind: 'ok', value: { kind: 'agent', clusterId: holder.accountId }, expiresAt: null }
  }
}

const isDead = ({ status, statusReason }: ConnectionRow): boolean =>
  status === 'error' && statusReason === 'expired'

async function staticAccess(
  db: TenantDb,
  ports: Ports,
  connector: Connector,
  holder: ConnectionRow,
): Promise<AccessOutcome> {
  const held = await openHeld(db, ports, connector, holder)
  if (held === null) return unreadable(db, holder)
  const access = held.opened.staticAccess
  return access === null ? { kind: 'vendor_error' } : { kind: 'ok', value: access, expiresAt: null }
}

async function brokered(
  db: TenantDb,
  ports: Ports,
  connector: Connector,
  holder: ConnectionRow,
  { mode = 'read', region = null, freshMs = FRESH_MS }: AccessWish,
): Promise<AccessOutcome> {
  const broker = ports.broker(holder.id)
  const slot = `${mode}|${region ?? ''}`
  const checkout = await broker.checkout(slot, freshMs)
  switch (checkout.kind) {
    case 'ready':
      return { kind: 'ok', value: checkout.access, expiresAt: checkout.expiresAt }
    case 'refused':
      return checkout.refusal
    case 'closed':
      return { kind: 'not_connected' }
    case 'lease':
      break
  }
  const owner = { orgId: holder.orgId, connectionId: holder.id }
  const finish = async (outcome: AccessOutcome): Promise<AccessOutcome> => {
    if (outcome.kind === 'ok')
      await broker.settle(
        slot,
        checkout.lease,
        { kind: 'ready', access: outcome.value, expiresAt: outcome.expiresAt ?? 0 },
        owner,
      )
    else if (outcome.kind === 'not_connected')
      await broker.settle(slot, checkout.lease, { kind: 'closed' }, owner)
    else await broker.settle(slot, checkout.lease, { kind: 'refused', refusal: outcome }, owner)
    return outcome
  }
  try {
    return await mint(db, ports, connector, holder, { region, mode }, finish)
  } catch (error) {
    await finish({ kind: 'vendor_error' })
    throw error
  }
}

async function mint(
  db: TenantDb,
  ports: Ports,
  connector: Connector,
  known: ConnectionRow,
  { region, mode }: { readonly region: string | null; readonly mode: AccessMode },
  finish: (outcome: AccessOutcome) => Promise<AccessOutcome>,
): Promise<AccessOutcome> {
  // Read after the lease was granted: what the former holder stored is what counts.
  const [holder] = await store.connectionById(db, known.id)
  if (holder === undefined || holder.status === 'not_connected') return finish({ kind: 'not_connected' })
  const held = await openHeld(db, ports, connector, holder)
  if (held === null) return finish(await unreadable(db, holder))
  const minted = await held.opened.mint(vendorCtx(ports, connector), region, mode)
  if (minted.kind !== 'ok') {
    await recordOutcome(db, holder, minted, Date.now())
    return finish(minted)
  }
  const { access, expiresAt, rotated } = minted.value
  if (rotated !== null && !(await storeRotated(db, ports, holder, held.secret.version, rotated))) {
    // A disconnect came first: what was just received must not outlive it.
    await revokeAtVendor(ports, connector, connector.open(rotated, holder.publicJson), null)
    return finish({ kind: 'not_connected' })
  }
  return finish({ kind: 'ok', value: access, expiresAt })
}

/** Stores the successor of a secret before anybody uses what came with it; false when the secret is no longer there. */
async function storeRotated(
  db: TenantDb,
  ports: Ports,
  holder: ConnectionRow,
  version: number,
  rotated: unknown,
): Promise<boolean> {
  const now = Date.now()
  const place = {
    orgId: holder.orgId,
    provider: holder.provider,
    connectionId: holder.id,
    version: version + 1,
  }
  const row = await sealCredential(await ports.masters(), place, rotated, now)
  try {
    await db.batch([
      store.replaceSecret(db, row, version),
      db.ensureChanged(),
      store.changeConnection(db, holder, { secretVersion: version + 1, updatedAt: now }),
      db.ensureChanged(),
    ])
    return true
  } catch (error) {
    if (isGuardFailure(error)) return false
    throw error
  }
}

/** A secret under an unknown key, or one that was tampered with, is an expired connection and never a crash. */
async function unreadable(db: TenantDb, holder: ConnectionRow): Promise<AccessOutcome> {
  await recordOutcome(db, holder, { kind: 'expired' }, Date.now())
  return { kind: 'expired' }
}
