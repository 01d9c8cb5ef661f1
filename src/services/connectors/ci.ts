/** Controllers that build: how they are doing, and those of an operations center. */
import type { Connector } from '../../connectors/connector'
import { controllersOf, type Controller } from '../../connectors/cloudbees/controllers'
import { details } from '../../connectors/jenkins-api'
import { summaryOf, type Summary } from '../../connectors/jenkins-health'
import { notFound } from '../../lib/errors'
import type { Ctx } from '../context'
import { askAccount } from './ask-account'
import type { Ports } from './ports'

/** @throws AppError not_connected, reconnect_required, vendor refusals */
export const readSummary = (ctx: Ctx, ports: Ports, connector: Connector): Promise<Summary> =>
  askAccount(ctx, ports, connector, 'uniform', (vendor, access, row) =>
    summaryOf(vendor, access, details.parse(row.publicJson)),
  )

/** @throws AppError not_connected, reconnect_required, vendor refusals */
export const listControllers = (
  ctx: Ctx,
  ports: Ports,
  connector: Connector,
): Promise<readonly Controller[]> =>
  askAccount(ctx, ports, connector, 'uniform', (vendor, access, row) =>
    controllersOf(vendor, access, details.parse(row.publicJson)),
  )

/** @throws AppError not_found, not_connected, reconnect_required, vendor refusals */
export async function readController(
  ctx: Ctx,
  ports: Ports,
  connector: Connector,
  id: string,
): Promise<Controller> {
  const found = (await listControllers(ctx, ports, connector)).find((it) => it.id === id)
  if (found === undefined) throw notFound('Controller not found')
  return found
}
