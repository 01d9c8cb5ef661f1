/** Connecting: the vendor confirms the credential first, then it is sealed and stored in one batch. */
import type { Connector } from '../../connectors/connector'
import type { Kind } from '../../connectors/facts'
import type { Proved } from '../../connectors/proof'
import { AppError } from '../../lib/errors'
import { audit } from '../../store/audit'
import { isGuardFailure, isUniqueViolation, type Statement } from '../../store/db'
import type { ConnectionRow } from '../../store/connection-rows'
import * as store from '../../store/connections'
import type { TenantDb } from '../../store/tenant-db'
import { requireRole, type Ctx } from '../context'
import { isOneOfMany, rowOf } from './connection-row'
import { sealCredential } from './credentials'
import { endLonelyGrants } from './disconnect'
import { connectWebhooks, enableIntegrations, handOverSecret } from './integrations'
import { openHeld } from './opened'
import { endStatements, planProducts } from './products'
import { isEnabled, ownHosts, vendorCtx, type Ports } from './ports'
import { notConfigured, refusalError } from './refusal'
import { revokeAtVendor } from './revoke'

export type Connected =
  | { readonly kind: 'connection'; readonly connection: ConnectionRow }
  | { readonly kind: 'webhooks' }

/**
 * Connects with the body of a connect form.
 * @param original whether the call came over a path of the original product, some of which answer 401
 * @throws AppError forbidden, validation_failed, provider_not_configured, and what `refusalError` makes of a refusal
 */
export async function connectAccount(
  ctx: Ctx,
  ports: Ports,
  connector: Connector,
  body: unknown,
  original = false,
): Promise<Connected> {
  requireRole(ctx, 'editor')
  if (!isEnabled(ports, connector)) throw notConfigured(connector)
  const form = connector.readForm(body, ownHosts(ports))
  if (form.kind === 'invalid') throw invalid(form.issues)
  if (form.kind === 'webhook_only') {
    await connectWebhooks(ctx, connector)
    return { kind: 'webhooks' }
  }
  await ports.masters()
  const outcome = await form.prove(vendorCtx(ports, connector))
  if (outcome.kind !== 'ok') {
    await ctx.db.commit([
      audit(ctx.db, {
        event: 'connector.connect_failed',
        actor: ctx.actor.userId,
        subject: connector.id,
        after: { outcome: outcome.kind },
        at: ctx.now,
      }),
    ])
    throw refusalError(connector, outcome, original)
  }
  const method = connector.kinds.find((kind) => kind !== 'oauth_code' && kind !== 'webhook_only') ?? 'api_key'
  const connection = await storeProved(ctx.db, ports, connector, outcome.value, {
    userId: ctx.actor.userId,
    method,
    event: 'connector.connect',
    now: ctx.now,
  })
  if (form.signingSecret !== null)
    await handOverSecret(ctx, await ports.masters(), connector, form.signingSecret)
  return { kind: 'connection', connection }
}

export interface Storing {
  readonly userId: string
  readonly method: Kind
  readonly event: 'connector.connect' | 'connector.claim'
  readonly now: number
  readonly workspaceId?: string
  /** Statements that must hold in the same batch. */
  readonly also?: (connection: ConnectionRow) => readonly Statement[]
}

/**
 * Stores what was proved: the account's own row, or a new one. Another account of a single-account provider ends in the
 * same batch, and its credential is revoked afterwards.
 * @throws AppError conflict when somebody else connected in this very moment
 */
export async function storeProved(
  db: TenantDb,
  ports: Ports,
  connector: Connector,
  confirmed: Proved,
  storing: Storing,
): Promise<ConnectionRow> {
  const { now } = storing
  const accountId = await connector.accountIdIn?.(db.orgId, confirmed.accountId)
  const proved = accountId === undefined ? confirmed : { ...confirmed, accountId }
  const known = await store.allConnections(db, connector.id)
  const former = known.find(({ accountId }) => accountId === proved.accountId) ?? null
  const replaced = isOneOfMany(connector, proved)
    ? []
    : known.filter((row) => row.status !== 'not_connected' && !row.multiAccount && row.id !== former?.id)
  const ending = await Promise.all(
    replaced.map(async (row) => ({ row, held: await openHeld(db, ports, connector, row) })),
  )
  const connection = rowOf(db.orgId, connector, proved, former, storing)
  const version = connection.secretVersion
  const place = { orgId: db.orgId, provider: connector.id, connectionId: connection.id, version }
  const secret = await sealCredential(await ports.masters(), place, proved.secret, now)
  const gone = replaced.map(({ id }) => id)
  const products = await planProducts(db, ports, connector, { parent: connection, gone, proved, storing })
  const woken = [former, ...replaced, ...products.formers].flatMap((row) => row?.disabledIntegrations ?? [])
  const { id: _, orgId: __, ...columns } = connection
  try {
    await db.commit([
      ...(storing.also?.(connection) ?? []),
      ...endStatements(db, gone, now),
      ...(former === null
        ? [store.insertConnection(db, connection)]
        : [
            store.changeConnection(db, former, columns),
            db.ensureChanged(),
            store.removeSecrets(db, [former.id]),
          ]),
      store.insertSecret(db, secret),
      ...products.statements,
      ...enableIntegrations(db, woken, now),
      audit(db, {
        event: storing.event,
        actor: storing.userId,
        subject: connection.id,
        after: {
          provider: connector.id,
          account: proved.accountId,
          method: connection.method,
          replaced: gone,
        },
        at: now,
      }),
    ])
  } catch (error) {
    if (isGuardFailure(error) || isUniqueViolation(error))
      throw new AppError('conflict', 'The connection was changed at the same time. Please try again.')
    throw error
  }
  await ports.broker(connection.id).open()
  const left = [former, ...replaced].flatMap((row) => row?.parentId ?? [])
  await endLonelyGrants(db, ports, left, { userId: storing.userId, now })
  await Promise.all(
    ending.map(async ({ row, held }) => {
      await ports.broker(row.id).close()
      const account = { accountId: row.accountId, connectionId: row.id, method: row.method }
      await revokeAtVendor(ports, connector, held?.opened ?? null, account)
    }),
  )
  return connection
}

/** The first failing rule is the answer's text. What zod itself says of a type becomes `Invalid <field>`. */
function invalid(issues: readonly { readonly path: string; readonly message: string }[]): AppError {
  const first = issues[0]
  const own = first !== undefined && !/^(Invalid input|Invalid option|Too |Unrecognized)/.test(first.message)
  const text = own ? first.message : `Invalid ${first?.path.split('.')[0] || 'request body'}`
  return new AppError('validation_failed', text, { details: issues })
}
