/** One question to the connected account of a provider, for the older paths that pass a vendor's lists on. */
import type { Connector } from '../../connectors/connector'
import { AppError } from '../../lib/errors'
import type { Ctx } from '../context'
import { askVendor } from './operations'
import type { Ports } from './ports'
import { notConnected, refusalError } from './refusal'
import { connectionOf } from './resources'

/** The vendor's answer to one of the provider's operations. @throws AppError not_connected, vendor refusals */
export async function askConnection(
  ctx: Ctx,
  ports: Ports,
  connector: Connector,
  operation: string,
  args: unknown,
): Promise<unknown> {
  const row = await connectionOf(ctx, connector, null, true)
  const outcome = await askVendor(ctx.db, ports, row, operation, args)
  switch (outcome.kind) {
    case 'ok':
      return outcome.value.data
    case 'not_connected':
      throw notConnected(connector, true)
    case 'not_found':
      throw new AppError('not_found', 'Not found')
    case 'invalid_arguments':
      throw new AppError('validation_failed', 'Invalid query')
    default:
      throw refusalError(connector, outcome, true)
  }
}
