/** Writing at a vendor: never by itself, only when somebody asked for exactly this, and with a record of it beforehand. */
import { AppError } from '../../lib/errors'
import { audit } from '../../store/audit'
import type { ConnectionRow } from '../../store/connection-rows'
import type { Ctx } from '../context'

/** Records what is going to be written: nothing is at the vendor that the audit log does not know of. */
export const recordWrite = (
  ctx: Ctx,
  row: ConnectionRow,
  action: string,
  target: Readonly<Record<string, string | null>>,
): Promise<void> =>
  ctx.db.commit([
    audit(ctx.db, {
      event: 'connector.write',
      actor: ctx.actor.userId,
      subject: row.id,
      after: { provider: row.provider, action, ...target },
      at: ctx.now,
    }),
  ])

/** A connection that was only ever allowed to read. @param product what to log in for instead */
export const readOnly = (name: string, product: string): AppError =>
  new AppError(
    'insufficient_permission',
    `${name} was connected for reading only. Log in again with the product ${product}.`,
    { body: { hint: `Begin the login with products ["${product}"].` } },
  )
