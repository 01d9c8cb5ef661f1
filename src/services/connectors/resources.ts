/** What a connection sees at its vendor, and which of it the organisation chose. */
import * as z from 'zod'
import type { Connector } from '../../connectors/connector'
import type { Resource } from '../../connectors/paging'
import { optional, text } from '../../lib/fields'
import { audit } from '../../store/audit'
import type { ConnectionRow } from '../../store/connection-rows'
import * as store from '../../store/connections'
import { requireRole, type Ctx } from '../context'
import { withAccess } from './call'
import type { Ports } from './ports'
import { notConnected, refusalError } from './refusal'

export interface ListedResource extends Resource {
  readonly enabled: boolean
  readonly isRoot: boolean
}

export const selectionInput = z.object({
  account_id: optional(text({ error: 'Invalid account_id', max: 500 })),
  selections: z
    .array(
      z.object({
        id: text({ error: 'Invalid selections', max: 500 }),
        enabled: z.boolean({ error: 'Invalid selections' }),
        is_root: optional(z.boolean({ error: 'Invalid selections' })),
      }),
      { error: 'Invalid selections' },
    )
    .min(1, 'Invalid selections')
    .max(500, 'Invalid selections')
    .refine(
      (list) => list.filter((it) => it.is_root === true).length <= 1,
      'Only one selection can be the root',
    )
    .refine((list) => new Set(list.map(({ id }) => id)).size === list.length, 'Invalid selections'),
})

/** The live connection of a provider: of this account, else the oldest one. @throws AppError not_connected */
export async function connectionOf(
  ctx: Ctx,
  connector: Connector,
  accountId: string | null,
  original = false,
): Promise<ConnectionRow> {
  const rows = await store.liveConnections(ctx.db, connector.id)
  const found = accountId === null ? rows[0] : rows.find((row) => row.accountId === accountId)
  if (found === undefined) throw notConnected(connector, original)
  return found
}

/** One page. A resource that nobody chose about counts as enabled. @throws AppError not_connected, vendor refusals */
export async function listResources(
  ctx: Ctx,
  ports: Ports,
  connector: Connector,
  { cursor, accountId }: { readonly cursor: string | null; readonly accountId: string | null },
  original = false,
): Promise<{ readonly resources: readonly ListedResource[]; readonly nextCursor: string | null }> {
  const row = await connectionOf(ctx, connector, accountId, original)
  const { resources } = connector
  if (resources === null) return { resources: [], nextCursor: null }
  const outcome = await withAccess(ctx.db, ports, connector, row, (vendor, access) =>
    resources(vendor, access, row.publicJson, cursor),
  )
  if (outcome.kind === 'not_connected') throw notConnected(connector, original)
  if (outcome.kind !== 'ok') throw refusalError(connector, outcome, original)
  const chosen = new Map(
    (await store.selectionsOf(ctx.db, [row.id])).map((selection) => [selection.resourceId, selection]),
  )
  return {
    nextCursor: outcome.value.nextCursor,
    resources: outcome.value.resources.map((resource) => ({
      ...resource,
      enabled: chosen.get(resource.id)?.enabled ?? true,
      isRoot: chosen.get(resource.id)?.isRoot ?? false,
    })),
  }
}

/** Replaces the organisation's choice. An id that no longer exists matches nothing. @throws AppError not_connected */
export async function selectResources(
  ctx: Ctx,
  connector: Connector,
  input: z.output<typeof selectionInput>,
  original = false,
): Promise<void> {
  requireRole(ctx, 'editor')
  const row = await connectionOf(ctx, connector, input.account_id ?? null, original)
  await ctx.db.commit([
    store.removeSelections(ctx.db, [row.id]),
    ...store.insertSelections(
      ctx.db,
      input.selections.map(({ id, enabled, is_root }) => ({
        connectionId: row.id,
        resourceId: id,
        resourceName: null,
        resourceType: null,
        enabled,
        isRoot: is_root ?? false,
      })),
    ),
    audit(ctx.db, {
      event: 'connector.selection',
      actor: ctx.actor.userId,
      subject: row.id,
      after: {
        provider: connector.id,
        enabled: input.selections.filter(({ enabled }) => enabled).length,
        disabled: input.selections.filter(({ enabled }) => !enabled).length,
      },
      at: ctx.now,
    }),
  ])
}

const MOST_PAGES = 10

/** Every page, up to ten, for the older paths that know no paging. */
export const listAllResources = (
  ctx: Ctx,
  ports: Ports,
  connector: Connector,
): Promise<readonly ListedResource[]> => allResourcesOf(ctx, ports, connector, null)

/** The same for one account. */
export async function allResourcesOf(
  ctx: Ctx,
  ports: Ports,
  connector: Connector,
  accountId: string | null,
): Promise<readonly ListedResource[]> {
  const all: ListedResource[] = []
  let cursor: string | null = null
  for (let page = 0; page < MOST_PAGES; page++) {
    const listed: Awaited<ReturnType<typeof listResources>> = await listResources(
      ctx,
      ports,
      connector,
      { cursor, accountId },
      true,
    )
    all.push(...listed.resources)
    cursor = listed.nextCursor
    if (cursor === null) break
  }
  return all
}
