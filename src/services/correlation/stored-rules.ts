import { conditions, type Rule } from '../../alerts/rules'
import { allRules, type RuleRow } from '../../store/correlation-rules'
import type { TenantDb } from '../../store/tenant-db'

/** The organisation's rules; one whose stored conditions cannot be read applies to nothing. */
export const readRules = async (db: TenantDb): Promise<readonly Rule[]> => (await allRules(db)).map(ruleOf)

export function ruleOf(row: RuleRow): Rule {
  const match = conditions.safeParse(row.match)
  const { id, name, priority, groupBy, windowSeconds, exclusive } = row
  return {
    id,
    name,
    enabled: row.enabled && match.success,
    priority,
    match: match.success ? match.data : [],
    groupBy,
    windowSeconds,
    exclusive,
  }
}
