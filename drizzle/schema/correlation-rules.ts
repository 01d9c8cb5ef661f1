import { foreignKey, index, integer, sqliteTable, text, uniqueIndex } from 'drizzle-orm/sqlite-core'
import { createdAt, flag, id, json, orgId, updatedAt, type Json } from './columns'
import { incidents } from './incidents'

/** One condition over an alert's fields or labels, as people wrote it. */
export interface StoredCondition {
  readonly field: string
  readonly op: string
  readonly value?: Json
}

/** Alerts that match and have the same values in `groupBy` belong together. Tried by priority, then by id. */
export const correlationRules = sqliteTable(
  'correlation_rules',
  {
    id: id(),
    orgId: orgId(),
    name: text().notNull(),
    enabled: flag().default(true),
    priority: integer().notNull(),
    match: json<readonly StoredCondition[]>().notNull(),
    groupBy: json<readonly string[]>().notNull(),
    windowSeconds: integer().notNull(),
    /** When no incident with the key is open, a new one opens without looking at scores. */
    exclusive: flag().default(false),
    createdBy: text().notNull(),
    createdAt: createdAt(),
    updatedAt: updatedAt(),
  },
  (t) => [index('rules_order').on(t.orgId, t.priority, t.id), uniqueIndex('rules_name').on(t.orgId, t.name)],
)

/** The group keys of an incident, one for each rule that applied to one of its alerts. */
export const incidentGroupKeys = sqliteTable(
  'incident_group_keys',
  {
    id: id(),
    orgId: orgId(),
    incidentId: text().notNull(),
    ruleId: text().notNull(),
    /** JSON array of the values. */
    groupKey: text().notNull(),
    createdAt: createdAt(),
  },
  (t) => [
    foreignKey({ columns: [t.orgId, t.incidentId], foreignColumns: [incidents.orgId, incidents.id] }),
    uniqueIndex('group_keys_once').on(t.ruleId, t.groupKey, t.incidentId),
    index('group_keys_incident').on(t.incidentId),
  ],
)
