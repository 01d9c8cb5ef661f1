import type { Connector } from '../../src/connectors/connector'
import { newId } from '../../src/lib/ids'
import { storeProved } from '../../src/services/connectors/connect'
import { deploymentOf, someone } from './deployment'
import { anIdp, CLIENT, idp } from './idp'

/** Somebody's connection to the identity provider, whose refresh token the vendor knows. */
export async function anIdpConnection(connector: Connector = idp) {
  const vendor = await anIdp()
  const { ports, jobs } = deploymentOf(connector, vendor.http, CLIENT)
  const ctx = await someone()
  const refreshToken = `idp-refresh-${newId()}`
  vendor.live.add(refreshToken)
  const proved = {
    accountId: 'user-1',
    accountName: 'dana@example.com',
    secret: { refreshToken },
    details: { email: 'dana@example.com' },
    expiresAt: null,
    region: null,
    roleArn: null,
    readOnlyRoleArn: null,
    products: [],
  }
  const storing = {
    userId: ctx.actor.userId,
    method: 'oauth_code',
    event: 'connector.connect',
    now: ctx.now,
  } as const
  const connection = await storeProved(ctx.db, ports, connector, proved, storing)
  return { vendor, ports, jobs, ctx, connection, refreshToken }
}
