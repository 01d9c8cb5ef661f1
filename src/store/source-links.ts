/** Where an incident leads whose alert names no page of its own. */
import { sql } from 'drizzle-orm'
import type { IncidentRow } from './correlation-rows'
import type { TenantDb } from './tenant-db'

/** Tools whose connected account knows the address of their pages, by the source of their alerts. */
const TOOLS = new Set([
  'grafana',
  'splunk',
  'dynatrace',
  'jenkins',
  'cloudbees',
  'spinnaker',
  'opsgenie',
  'jira',
])

/** Gives those of the new incidents that lead nowhere the address of the tool that told of them; none where it is not connected. */
export function linkToTools(
  db: TenantDb,
  opened: readonly Pick<IncidentRow, 'id' | 'sourceType' | 'sourceUrl'>[],
) {
  const bare = opened.filter(({ sourceType, sourceUrl }) => sourceUrl === '' && TOOLS.has(sourceType))
  if (bare.length === 0) return []
  return [
    db.run(
      sql`UPDATE incidents SET source_url = coalesce((
          SELECT coalesce(c.public_json ->> '$.baseUrl', c.public_json ->> '$.environmentUrl', c.public_json ->> '$.siteUrl')
          FROM connections c WHERE c.org_id = ${db.orgId} AND c.provider = incidents.source_type AND c.status IN ('connected', 'error')
          ORDER BY c.created_at LIMIT 1), '')
        WHERE id IN (SELECT value FROM json_each(${JSON.stringify(bare.map(({ id }) => id))})) AND +org_id = ${db.orgId}`,
    ),
  ]
}
