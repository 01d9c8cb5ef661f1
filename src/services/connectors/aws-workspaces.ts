/** Workspaces: where AWS accounts are registered, each with the External ID that their roles must ask for. */
import * as z from 'zod'
import { AppError, forbidden, notFound } from '../../lib/errors'
import { optional, text } from '../../lib/fields'
import type { ConnectionRow } from '../../store/connection-rows'
import * as store from '../../store/workspaces'
import { requireRole, type Ctx } from '../context'

export type Workspace = store.WorkspaceRow

export const DEFAULT_NAME = 'default'

export const workspaceInput = z.object({
  name: optional(text({ error: 'Invalid name', max: 100 })),
})

/** The organisation's workspaces; there is always one named `default`. @throws AppError forbidden for somebody else's */
export async function listWorkspaces(ctx: Ctx, userId: string): Promise<readonly Workspace[]> {
  checkCaller(ctx, userId)
  const rows = await store.listWorkspaces(ctx.db)
  return rows.length === 0 ? [await workspaceNamed(ctx, DEFAULT_NAME)] : rows
}

/** A workspace of this name, made when there is none. @throws AppError forbidden */
export async function createWorkspace(
  ctx: Ctx,
  userId: string,
  { name = DEFAULT_NAME }: z.output<typeof workspaceInput>,
): Promise<Workspace> {
  requireRole(ctx, 'editor')
  checkCaller(ctx, userId)
  return workspaceNamed(ctx, name)
}

function checkCaller(ctx: Ctx, userId: string): void {
  if (userId !== ctx.actor.userId) throw forbidden('Access denied')
}

/** The workspace of this name. Two callers at once get the same one. */
export async function workspaceNamed(ctx: Ctx, name: string): Promise<Workspace> {
  const [known] = await store.workspaceByName(ctx.db, name)
  if (known !== undefined) return known
  await ctx.db.commit([
    store.insertWorkspace(ctx.db, {
      id: crypto.randomUUID(),
      userId: ctx.actor.userId,
      name,
      awsExternalId: crypto.randomUUID(),
      createdAt: ctx.now,
      updatedAt: ctx.now,
    }),
  ])
  const [made] = await store.workspaceByName(ctx.db, name)
  if (made === undefined) throw new AppError('conflict', 'The workspace could not be created')
  return made
}

/** @throws AppError not_found, also for a workspace of another organisation */
export async function workspaceOf(ctx: Ctx, id: string): Promise<Workspace> {
  const [workspace] = await store.workspaceById(ctx.db, id)
  if (workspace === undefined) throw notFound('Workspace not found')
  return workspace
}

export interface WorkspaceAccounts {
  readonly workspace: Workspace
  readonly live: readonly ConnectionRow[]
  readonly inactive: readonly ConnectionRow[]
}

/** The accounts of a workspace: those in use and those that were disconnected. @throws AppError not_found */
export async function accountsOf(ctx: Ctx, id: string): Promise<WorkspaceAccounts> {
  const workspace = await workspaceOf(ctx, id)
  const rows = await store.accountsOf(ctx.db, id)
  return {
    workspace,
    live: rows.filter(({ status }) => status !== 'not_connected'),
    inactive: rows.filter(({ status }) => status === 'not_connected'),
  }
}

/** The workspace `default`, where there is one. */
export async function readWorkspace(ctx: Ctx): Promise<Workspace | null> {
  const [workspace] = await store.workspaceByName(ctx.db, DEFAULT_NAME)
  return workspace ?? null
}
