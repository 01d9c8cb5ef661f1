import { asc, eq, type InferSelectModel } from 'drizzle-orm'
import { connections, workspaces } from '../../drizzle/schema'
import type { TenantDb } from './tenant-db'

export type WorkspaceRow = InferSelectModel<typeof workspaces>

export const listWorkspaces = (db: TenantDb) =>
  db.select(workspaces).orderBy(asc(workspaces.createdAt)).limit(200)

export const workspaceById = (db: TenantDb, id: string) =>
  db.select(workspaces, eq(workspaces.id, id)).limit(1)

export const workspaceByName = (db: TenantDb, name: string) =>
  db.select(workspaces, eq(workspaces.name, name)).limit(1)

/** A new workspace, unless the organisation has one of this name. */
export const insertWorkspace = (db: TenantDb, row: Omit<WorkspaceRow, 'orgId'>) =>
  db.insertMany(workspaces, [row], true)

/** Every account that was ever registered in a workspace, oldest first. */
export const accountsOf = (db: TenantDb, workspaceId: string) =>
  db
    .select(connections, eq(connections.workspaceId, workspaceId))
    .orderBy(asc(connections.createdAt))
    .limit(500)
