import { and, eq, getTableColumns, sql, type SQLWrapper } from 'drizzle-orm'
import { alerts, incidents, organizationSettings, runs } from '../../drizzle/schema'
import { MINUTE } from '../lib/time'
import { openWindows } from './maintenance-windows'
import type { TenantDb } from './tenant-db'

interface Identity {
  readonly integrationId: string
  readonly dedupKey: string
}

/** The effect key: a delivery and the place of an item inside it. */
export interface EffectKey {
  readonly deliveryId: string
  readonly idx: number
}

interface Surroundings {
  readonly effects: readonly EffectKey[]
  readonly identities: readonly Identity[]
  /** Incidents whose last alert lies in this span are candidates. */
  readonly from: number
  readonly to: number
  /** Group keys of rules: incidents that have one are read, too. */
  readonly now: number
  /** Incidents that are read in any case. */
  readonly incidents?: readonly string[]
  readonly groups?: readonly { readonly ruleId: string; readonly key: string }[]
}

// Both are written out, not bound: SQLite prepares a statement anew for each bound LIMIT.
/** Candidates read for a chunk; the arithmetic looks at the 50 newest of them. */
const CANDIDATES = sql.raw('100')
/** Incidents read for a group key. */
const GROUPED = sql.raw('20')

/** Everything a decision about these alerts needs, in one round trip. */
export async function readSurroundings(db: TenantDb, of: Surroundings) {
  const keys = JSON.stringify(
    of.identities.map(({ integrationId, dedupKey }) => ({ i: integrationId, k: dedupKey })),
  )
  const newest = sql`SELECT (SELECT a.id FROM alerts a WHERE a.integration_id = key.value ->> '$.i' AND a.dedup_key = key.value ->> '$.k' ORDER BY a.created_at DESC, a.id DESC LIMIT 1) FROM json_each(${keys}) AS key`
  const owners = sql`SELECT o.incident_id FROM alerts o WHERE o.id IN (${newest})`
  const candidates = sql`SELECT c.id FROM incidents c WHERE c.org_id = ${db.orgId} AND c.status IN ('investigating', 'analyzed') AND c.open_alert_count > 0 AND c.last_alert_at BETWEEN ${of.from} AND ${of.to} ORDER BY c.last_alert_at DESC LIMIT ${CANDIDATES}`
  const groups = JSON.stringify((of.groups ?? []).map(({ ruleId, key }) => ({ r: ruleId, k: key })))
  // Of each key the newest incidents: an older one that is still open would have been joined by them.
  const grouped = sql`SELECT k.rule_id, k.group_key, k.incident_id FROM json_each(${groups}) AS asked JOIN incident_group_keys k
    ON k.rule_id = asked.value ->> '$.r' AND k.group_key = asked.value ->> '$.k' AND k.org_id = ${db.orgId}
    WHERE k.incident_id IN (SELECT n.incident_id FROM incident_group_keys n WHERE n.rule_id = k.rule_id AND n.group_key = k.group_key ORDER BY n.incident_id DESC LIMIT ${GROUPED})`
  const involved = (column: SQLWrapper) =>
    sql`${column} IN (${owners} UNION SELECT id FROM (${candidates}) UNION SELECT incident_id FROM (${grouped}) UNION SELECT value FROM json_each(${JSON.stringify(of.incidents ?? [])}))`
  const effects = JSON.stringify(of.effects.map(({ deliveryId, idx }) => ({ d: deliveryId, i: idx })))
  const [settings, applied, known, around, groupKeys, windows, fresh, investigations] = await db.batch([
    db.select(organizationSettings).limit(1),
    db.all<EffectKey>(
      sql`SELECT e.delivery_id AS deliveryId, e.idx FROM json_each(${effects}) AS k
          JOIN alert_events e ON e.delivery_id = k.value ->> '$.d' AND e.idx = k.value ->> '$.i' WHERE +e.org_id = ${db.orgId}
        UNION ALL SELECT d.id, c.value ->> '$[0]' FROM (SELECT DISTINCT value ->> '$.d' AS id FROM json_each(${effects})) AS k
          CROSS JOIN ingest_deliveries d ON d.id = k.id AND d.counted IS NOT NULL, json_each(d.counted) AS c WHERE +d.org_id = ${db.orgId}`,
    ),
    db.join((query) =>
      query
        .select()
        .from(alerts)
        .where(and(sql`${alerts.id} IN (${newest})`, db.mineById(alerts))),
    ),
    db.pick(
      {
        ...getTableColumns(incidents),
        // Named in full: among chosen columns Drizzle leaves a table's name away, and the subquery has its own `id`.
        contextSeq: sql<
          number | null
        >`(SELECT max(u.seq) FROM run_context_updates u WHERE u.incident_id = incidents.id)`.as(
          'context_seq',
        ),
      },
      incidents,
      involved(incidents.id),
    ),
    db.all<{ readonly ruleId: string; readonly key: string; readonly incidentId: string }>(
      sql`SELECT rule_id AS ruleId, group_key AS key, incident_id AS incidentId FROM (${grouped})`,
    ),
    openWindows(db, of.now),
    db.all<{ readonly n: number }>(
      sql`SELECT count(*) AS n FROM (SELECT 1 FROM incidents WHERE org_id = ${db.orgId} AND created_at > ${of.now - 5 * MINUTE} AND status = 'investigating' LIMIT 100)`,
    ),
    db
      .pick(
        {
          id: runs.id,
          incidentId: sql<string>`${runs.incidentId}`,
          ordinal: runs.ordinal,
          state: runs.state,
          trigger: runs.trigger,
          services: runs.services,
          createdAt: runs.createdAt,
          startedAt: runs.startedAt,
          endedAt: runs.endedAt,
        },
        runs,
        and(eq(runs.kind, 'investigation'), involved(runs.incidentId)),
      )
      .orderBy(sql`${runs.ordinal} DESC`),
  ])
  return {
    settings: settings[0] ?? null,
    applied,
    known,
    around,
    groupKeys,
    windows,
    freshIncidents: fresh[0]?.n ?? 0,
    investigations,
  }
}
