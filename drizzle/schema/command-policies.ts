import { index, integer, sqliteTable, text, uniqueIndex } from 'drizzle-orm/sqlite-core'
import { createdAt, flag, id, orgId, updatedAt } from './columns'
import { POLICY_MODES } from './values'

/** What an organisation says of commands, rule by rule. */
export const commandPolicies = sqliteTable(
  'command_policies',
  {
    id: id(),
    orgId: orgId(),
    mode: text({ enum: POLICY_MODES }).notNull(),
    /** A regular expression that cannot take long. */
    pattern: text().notNull(),
    description: text().notNull(),
    priority: integer().notNull(),
    enabled: flag().default(true),
    updatedBy: text().notNull(),
    createdAt: createdAt(),
    updatedAt: updatedAt(),
  },
  (t) => [index('command_policies_order').on(t.orgId, t.priority, t.id)],
)

/** Which of the two lists count; without a row neither does. */
export const commandPolicyLists = sqliteTable(
  'command_policy_lists',
  {
    id: id(),
    orgId: orgId(),
    allowlistEnabled: flag().default(false),
    denylistEnabled: flag().default(false),
    /** The template that the rules were taken from. */
    activeTemplateId: text(),
    updatedAt: updatedAt(),
  },
  (t) => [uniqueIndex('command_policy_lists_org').on(t.orgId)],
)
