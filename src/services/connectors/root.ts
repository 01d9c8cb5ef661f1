/** The root: the one resource of a connection that the organisation works in by default. */
import type { Connector } from '../../connectors/connector'
import * as store from '../../store/connections'
import type { Ctx } from '../context'
import { connectionOf, selectResources } from './resources'

/** The root resource; null when none was chosen. @throws AppError not_connected */
export async function readRoot(ctx: Ctx, connector: Connector): Promise<string | null> {
  const row = await connectionOf(ctx, connector, null, true)
  const chosen = await store.selectionsOf(ctx.db, [row.id])
  return chosen.find(({ isRoot }) => isRoot)?.resourceId ?? null
}

/** Whether the organisation uses this resource; one that nobody chose about is used. @throws AppError not_connected */
export async function isEnabled(ctx: Ctx, connector: Connector, id: string): Promise<boolean> {
  const row = await connectionOf(ctx, connector, null, true)
  const chosen = await store.selectionsOf(ctx.db, [row.id])
  return chosen.find(({ resourceId }) => resourceId === id)?.enabled ?? true
}

/** Makes a resource the root and switches it on; what was chosen of the others stays. @throws AppError forbidden, not_connected */
export async function chooseRoot(ctx: Ctx, connector: Connector, id: string): Promise<void> {
  const row = await connectionOf(ctx, connector, null, true)
  const others = (await store.selectionsOf(ctx.db, [row.id])).filter(({ resourceId }) => resourceId !== id)
  const selections = [
    ...others.map(({ resourceId, enabled }) => ({ id: resourceId, enabled, is_root: false })),
    { id, enabled: true, is_root: true },
  ]
  await selectResources(ctx, connector, { selections }, true)
}

/** Switches resources on and off; the root stays the root. @throws AppError forbidden, not_connected */
export async function chooseEnabled(
  ctx: Ctx,
  connector: Connector,
  chosen: readonly { readonly id: string; readonly enabled: boolean }[],
): Promise<void> {
  const root = await readRoot(ctx, connector)
  const selections = chosen.map(({ id, enabled }) => ({ id, enabled, is_root: id === root }))
  const kept =
    root === null || chosen.some(({ id }) => id === root)
      ? selections
      : [...selections, { id: root, enabled: true, is_root: true }]
  await selectResources(ctx, connector, { selections: kept }, true)
}
