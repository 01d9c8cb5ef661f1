import { sqliteTable, text, uniqueIndex } from 'drizzle-orm/sqlite-core'
import { flag, id, orgId, updatedAt } from './columns'

/** Tools that somebody switched off, or on again; without a row a tool is on. */
export const toolPermissions = sqliteTable(
  'tool_permissions',
  {
    id: id(),
    orgId: orgId(),
    tool: text().notNull(),
    enabled: flag(),
    updatedBy: text().notNull(),
    updatedAt: updatedAt(),
  },
  (t) => [uniqueIndex('tool_permissions_tool').on(t.orgId, t.tool)],
)
