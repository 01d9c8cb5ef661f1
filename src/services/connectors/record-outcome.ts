/** What an outcome means for a connection. No branch here deletes a credential: the table of effects knows no such effect. */
import type { Outcome } from '../../connectors/outcome'
import { audit } from '../../store/audit'
import type { ConnectionRow } from '../../store/connection-rows'
import * as store from '../../store/connections'
import type { TenantDb } from '../../store/tenant-db'

/** The columns that an outcome changes; null when it changes nothing. */
export function effectOf(
  row: ConnectionRow,
  outcome: Outcome<{
    readonly details?: Readonly<Record<string, unknown>>
    readonly expiresAt?: number | null
  }>,
  now: number,
): Partial<Omit<ConnectionRow, 'id' | 'orgId'>> | null {
  switch (outcome.kind) {
    case 'ok':
      return {
        status: 'connected',
        statusReason: null,
        lastVerifiedAt: now,
        publicJson: { ...withoutPermission(row.publicJson), ...outcome.value.details },
        ...(outcome.value.expiresAt === undefined ? {} : { expiresAt: outcome.value.expiresAt }),
      }
    case 'credential_refused':
    case 'expired':
      return { status: 'error', statusReason: outcome.kind, updatedAt: now }
    case 'insufficient_permission':
      return { publicJson: { ...row.publicJson, permission: 'not_ok' } }
    case 'no_resources':
    case 'rate_limited':
    case 'unreachable':
    case 'vendor_error':
    case 'blocked':
      return null
  }
}

/** Writes the effect, unless the secret was replaced meanwhile; answers the row as it is now. */
export async function recordOutcome(
  db: TenantDb,
  row: ConnectionRow,
  outcome: Parameters<typeof effectOf>[1],
  now: number,
): Promise<ConnectionRow> {
  const changes = effectOf(row, outcome, now)
  if (changes === null) return row
  const dies = changes.status === 'error' && row.status !== 'error'
  const revives = changes.status === 'connected' && row.status === 'error'
  await db.commit([
    store.changeConnection(db, row, changes),
    // What lives off this grant dies and lives again with it.
    ...(dies || revives
      ? [
          store.changeProducts(db, row.id, {
            status: revives ? 'connected' : 'error',
            statusReason: changes.statusReason ?? null,
            updatedAt: now,
          }),
        ]
      : []),
    ...(dies
      ? [
          audit(db, {
            event: 'connector.refresh_failed',
            actor: 'system',
            subject: row.id,
            after: { provider: row.provider, reason: outcome.kind },
            at: now,
          }),
        ]
      : []),
  ])
  return { ...row, ...changes }
}

const withoutPermission = (details: Readonly<Record<string, unknown>>) =>
  Object.fromEntries(Object.entries(details).filter(([name]) => name !== 'permission'))
