/** Ending a credential at its vendor: best effort, three seconds, never in the way of the rest. */
import type { Connector } from '../../connectors/connector'
import type { Opened } from '../../connectors/opened'
import type { Revocation } from '../../connectors/proof'
import { within } from '../../lib/within'
import { vendorCtx, type Ports } from './ports'

export type RevocationOutcome = Revocation | 'kept'

const REVOKE_MS = 3000

/** @param account the account whose grant other connections may share */
export async function revokeAtVendor(
  ports: Ports,
  connector: Connector,
  opened: Opened | null,
  account: { readonly accountId: string; readonly connectionId: string; readonly method: string } | null,
): Promise<RevocationOutcome> {
  if (opened === null) return 'failed'
  try {
    if (
      opened.revokesWholeGrant &&
      account?.method === 'oauth_code' &&
      (await ports.sharesGrant(connector.id, account.accountId, account.connectionId))
    )
      return 'kept'
    return await within(REVOKE_MS, opened.revoke(vendorCtx(ports, connector, { ms: REVOKE_MS })))
  } catch {
    return 'failed'
  }
}
