/** Azure's subscriptions and clusters on the older paths, which answer 401 where there is no connection. */
import { azure } from '../../connectors/azure'
import { listClusters, type Cluster } from '../../connectors/azure/subscriptions'
import { AppError } from '../../lib/errors'
import type { ConnectionRow } from '../../store/connection-rows'
import type { Ctx } from '../context'
import { withAccess } from './call'
import type { Ports } from './ports'
import { notConnected, refusalError } from './refusal'
import { connectionOf, listAllResources, selectResources, type ListedResource } from './resources'

const GONE = 'Azure credentials not found. Please re-authenticate.'
const NONE = 'No Azure credentials found. Please authenticate with Azure.'

/** The same with the 401 of the older paths for a missing, dead or refused credential. */
export async function asOriginal<T>(work: Promise<T>, missing: string): Promise<T> {
  try {
    return await work
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    const { code, message, extras } = error
    if (code === 'not_connected')
      throw new AppError(code, missing, { ...extras, status: 401, body: { action: 'CONNECT_REQUIRED' } })
    if (code === 'reconnect_required' || code === 'credential_refused')
      throw new AppError(code, message, { ...extras, status: 401 })
    throw error
  }
}

/** @throws AppError not_connected */
export const azureConnection = (ctx: Ctx): Promise<ConnectionRow> =>
  asOriginal(connectionOf(ctx, azure, null), GONE)

/** Kubernetes clusters of the connection's subscription. @throws AppError not_connected, vendor refusals */
export const azureClusters = (ctx: Ctx, ports: Ports): Promise<readonly Cluster[]> =>
  asOriginal(askClusters(ctx, ports), GONE)

async function askClusters(ctx: Ctx, ports: Ports): Promise<readonly Cluster[]> {
  const row = await connectionOf(ctx, azure, null)
  const outcome = await withAccess(ctx.db, ports, azure, row, (vendor, access) =>
    listClusters(vendor, access, row.accountId),
  )
  if (outcome.kind === 'ok') return outcome.value
  throw outcome.kind === 'not_connected' ? notConnected(azure) : refusalError(azure, outcome)
}

/** Every visible subscription with what was chosen of it. @throws AppError not_connected, vendor refusals */
export const azureSubscriptions = (ctx: Ctx, ports: Ports): Promise<readonly ListedResource[]> =>
  asOriginal(listAllResources(ctx, ports, azure), NONE)

/** @throws AppError forbidden, not_connected */
export const chooseSubscriptions = (
  ctx: Ctx,
  projects: readonly { readonly projectId: string; readonly enabled: boolean }[],
): Promise<void> =>
  asOriginal(
    selectResources(ctx, azure, {
      selections: projects.map(({ projectId, enabled }) => ({ id: projectId, enabled })),
    }),
    NONE,
  )
