import { asc, eq, type InferSelectModel } from 'drizzle-orm'
import { toolPermissions } from '../../drizzle/schema'
import type { TenantDb } from './tenant-db'

export type PermissionRow = InferSelectModel<typeof toolPermissions>

/** What people decided about tools. The list is bounded by the tools there are. */
export const toolDecisions = (db: TenantDb) =>
  db.select(toolPermissions).orderBy(asc(toolPermissions.tool)).limit(2000)

/** The same of one tool. */
export const toolDecision = (db: TenantDb, tool: string) =>
  db.select(toolPermissions, eq(toolPermissions.tool, tool)).limit(1)

/** The last decision counts. */
export const decideTool = (
  db: TenantDb,
  decision: Pick<PermissionRow, 'tool' | 'enabled' | 'updatedBy' | 'updatedAt'>,
) => {
  const { enabled, updatedBy, updatedAt } = decision
  return db.insert(toolPermissions, decision).onConflictDoUpdate({
    target: [toolPermissions.orgId, toolPermissions.tool],
    set: { enabled, updatedBy, updatedAt },
  })
}
