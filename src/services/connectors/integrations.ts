/** The inbound side of a vendor: its integrations sleep with a disconnect and wake with a connect. */
import { findSource } from '../../alerts'
import type { Connector } from '../../connectors/connector'
import * as store from '../../store/connections'
import type { TenantDb } from '../../store/tenant-db'
import type { Statement } from '../../store/db'
import type { Masters } from '../../lib/seal-masters'
import type { Ctx } from '../context'
import { integrationForMember } from '../create-integration'
import { setSigningSecret } from '../integration-secrets'

/** Integrations of the vendor that are switched on. */
export async function enabledIntegrations(db: TenantDb, connector: Connector): Promise<readonly string[]> {
  if (connector.alertSource === undefined) return []
  const rows = await store.integrationsOf(db, connector.alertSource)
  return rows.filter(({ enabled }) => enabled).map(({ id }) => id)
}

export const disableIntegrations = (
  db: TenantDb,
  ids: readonly string[],
  now: number,
): readonly Statement[] => (ids.length === 0 ? [] : [store.switchIntegrations(db, ids, false, now)])

export const enableIntegrations = (db: TenantDb, ids: readonly string[], now: number): readonly Statement[] =>
  ids.length === 0 ? [] : [store.switchIntegrations(db, ids, true, now)]

/** Connects a provider that is nothing but a webhook: one integration named `default`, or all there are, switched on. */
export async function connectWebhooks(ctx: Ctx, connector: Connector): Promise<void> {
  const source = connector.alertSource === undefined ? null : findSource(connector.alertSource)
  if (source === null) return
  const rows = await store.integrationsOf(ctx.db, source.slug)
  if (rows.length === 0) await integrationForMember(ctx, source)
  else
    await ctx.db.commit(
      enableIntegrations(
        ctx.db,
        rows.map(({ id }) => id),
        ctx.now,
      ),
    )
}

/** Gives a vendor's signing secret to the organisation's integration of that source, made when there is none. */
export async function handOverSecret(
  ctx: Ctx,
  masters: Masters,
  connector: Connector,
  secret: string,
): Promise<void> {
  const source = connector.alertSource === undefined ? null : findSource(connector.alertSource)
  if (source === null) return
  const { id } = await integrationForMember(ctx, source)
  await setSigningSecret(ctx, masters, id, { secret })
}

/** Whether the organisation's integration of this vendor can check its signatures. */
export async function knowsSignature(db: TenantDb, connector: Connector): Promise<boolean> {
  if (connector.alertSource === undefined) return false
  const rows = await store.integrationsOf(db, connector.alertSource)
  return rows.some(({ signingSecret }) => signingSecret !== null)
}
