/** Maintenance windows and what they hide. */
import { and, asc, desc, eq, gt, inArray, isNull, lte, sql, type InferSelectModel } from 'drizzle-orm'
import {
  alerts,
  incidentAlerts,
  incidents,
  integrations,
  maintenanceWindows,
  suppressedIncidents,
} from '../../drizzle/schema'
import { audit } from './audit'
import type { Database } from './db'
import type { TenantDb } from './tenant-db'

export type WindowRow = InferSelectModel<typeof maintenanceWindows>

const shown = isNull(maintenanceWindows.deletedAt)
/** The words of the partial indexes, without which they are not used. */
const UNFINISHED = sql`ended_at IS NULL`

/** Newest start first. */
export const allWindows = (db: TenantDb) =>
  db.select(maintenanceWindows, shown).orderBy(desc(maintenanceWindows.startsAt)).limit(200)

export const windowById = (db: TenantDb, id: string) =>
  db.select(maintenanceWindows, and(eq(maintenanceWindows.id, id), shown)).limit(1)

export const insertWindow = (db: TenantDb, row: Omit<WindowRow, 'orgId'>) =>
  db.insert(maintenanceWindows, row)

/** Changes the window that was read, if it has not ended and nobody else changed it since. */
export const changeWindow = (
  db: TenantDb,
  read: Pick<WindowRow, 'id' | 'updatedAt'>,
  changes: Partial<Omit<WindowRow, 'id' | 'orgId'>>,
) =>
  db.update(
    maintenanceWindows,
    changes,
    and(
      eq(maintenanceWindows.id, read.id),
      eq(maintenanceWindows.updatedAt, read.updatedAt),
      UNFINISHED,
      shown,
    ),
  )

/** Forgets a window from people's sight; what it hides is released by the sweep. */
export const hideWindow = (db: TenantDb, id: string, now: number) =>
  db.update(
    maintenanceWindows,
    {
      deletedAt: now,
      tendedAt: null,
      updatedAt: now,
      // One that never began hides nothing.
      endedAt: sql`CASE WHEN ${maintenanceWindows.startsAt} > ${now} THEN ${now} ELSE ${maintenanceWindows.endedAt} END`,
    },
    and(eq(maintenanceWindows.id, id), shown),
  )

/** The windows that are open at this moment. */
export const openWindows = (db: TenantDb, now: number) =>
  db
    .select(
      maintenanceWindows,
      and(UNFINISHED, shown, lte(maintenanceWindows.startsAt, now), gt(maintenanceWindows.endsAt, now)),
    )
    .orderBy(asc(maintenanceWindows.startsAt), asc(maintenanceWindows.id))
    .limit(50)

const DUE = (now: number) =>
  sql`ended_at IS NULL AND starts_at <= ${now} AND (tended_at IS NULL OR ends_at <= ${now} OR deleted_at IS NOT NULL
    OR end_when_quiet_seconds * 1000 <= ${now} - max(starts_at, coalesce(last_match_at, 0)))`

/** Windows whose start, end or change nobody has looked at yet. */
export const windowsToTend = (db: TenantDb, now: number) =>
  db.select(maintenanceWindows, DUE(now)).orderBy(asc(maintenanceWindows.startsAt)).limit(20)

/** The organisations, of all tenants, that have such windows. */
export async function organizationsWithWindows(db: Database, now: number): Promise<readonly string[]> {
  const rows = await db.all<{ readonly orgId: string }>(
    sql`SELECT DISTINCT org_id AS orgId FROM maintenance_windows WHERE ${DUE(now)} LIMIT 100`,
  )
  return rows.map(({ orgId }) => orgId)
}

/** Whether any window, of any tenant, has not ended yet. */
export async function anyWindow(db: Database): Promise<boolean> {
  const [row] = await db.all<{ readonly any: number }>(
    sql`SELECT EXISTS (SELECT 1 FROM maintenance_windows WHERE ended_at IS NULL) AS any`,
  )
  return row?.any === 1
}

/** Incidents that a window hides. */
export const hiddenBy = (db: TenantDb, windowId: string, limit: number) =>
  db.pick({ id: incidents.id }, incidents, eq(incidents.suppressedBy, windowId)).limit(limit)

/** Open incidents that nothing hides, newest alert first. */
export const openIncidents = (db: TenantDb, limit: number) =>
  db
    .pick(
      { id: incidents.id },
      incidents,
      and(
        sql`${incidents.status} IN ('investigating', 'analyzed') AND ${incidents.openAlertCount} > 0`,
        isNull(incidents.suppressedBy),
      ),
    )
    .orderBy(desc(incidents.lastAlertAt))
    .limit(limit)

/** The alerts of these incidents, with the settings of whoever sent them. */
export const alertsIn = (tenant: TenantDb, incidentIds: readonly string[], limit: number) =>
  tenant.join((db) =>
    db
      .select({ incidentId: incidentAlerts.incidentId, alert: alerts, settings: integrations.settings })
      .from(incidentAlerts)
      .innerJoin(alerts, and(eq(alerts.id, incidentAlerts.alertId), tenant.mineById(alerts)))
      .leftJoin(integrations, and(eq(integrations.id, alerts.integrationId), tenant.mineById(integrations)))
      .where(
        and(
          sql`${incidentAlerts.incidentId} IN (SELECT value FROM json_each(${JSON.stringify(incidentIds)}))`,
          tenant.mineById(incidentAlerts),
        ),
      )
      .limit(limit),
  )

/** What a window hid and hides, newest first. */
export const suppressedIn = (tenant: TenantDb, windowId: string) =>
  tenant.join((db) =>
    db
      .select({
        id: incidents.id,
        title: incidents.alertTitle,
        service: incidents.alertService,
        severity: incidents.severity,
        status: incidents.status,
        at: suppressedIncidents.at,
        endedAt: suppressedIncidents.endedAt,
        outcome: suppressedIncidents.outcome,
      })
      .from(suppressedIncidents)
      .innerJoin(incidents, and(eq(incidents.id, suppressedIncidents.incidentId), tenant.mineById(incidents)))
      .where(and(eq(suppressedIncidents.windowId, windowId), tenant.mine(suppressedIncidents)))
      .orderBy(desc(suppressedIncidents.at))
      .limit(1000),
  )

/** Ends the hiding of these incidents. */
export const endSuppression = (
  db: TenantDb,
  incidentIds: readonly string[],
  outcome: 'released' | 'resolved',
  now: number,
) =>
  db.update(
    suppressedIncidents,
    { endedAt: now, outcome },
    and(inArrayJson(incidentIds), isNull(suppressedIncidents.endedAt)),
  )

const inArrayJson = (ids: readonly string[]) =>
  sql`${suppressedIncidents.incidentId} IN (SELECT value FROM json_each(${JSON.stringify(ids)}))`

/** Notes when something matching was heard of last. */
export const noteMatches = (db: TenantDb, matches: ReadonlyMap<string, number>) =>
  db.run(
    sql`UPDATE ${maintenanceWindows} SET last_match_at = max(coalesce(last_match_at, 0), j.value ->> '$.at')
      FROM json_each(${JSON.stringify([...matches].map(([id, at]) => ({ id, at })))}) AS j WHERE ${maintenanceWindows.id} = j.value ->> '$.id' AND ${db.mineById(maintenanceWindows)}`,
  )

/** A window was looked at; one that is over for the last time, which is recorded with what became of what it hid. */
export const markTended = (
  db: TenantDb,
  windows: readonly { readonly id: string; readonly over: boolean }[],
  now: number,
) =>
  [true, false].flatMap((over) => {
    const ids = windows.filter((one) => one.over === over).map(({ id }) => id)
    if (ids.length === 0) return []
    return [
      db.update(
        maintenanceWindows,
        { tendedAt: now, ...(over ? { endedAt: now } : {}) },
        inArray(maintenanceWindows.id, ids),
      ),
      ...(over ? ids.map((id) => recordEnd(db, id, now)) : []),
    ]
  })

/** Incidents that the record of an end names; it counts all of them. */
const NAMED = 200

/** After the releases of the same batch: the digest of a window that ended. */
const recordEnd = (db: TenantDb, id: string, now: number) => {
  const hidden = (outcome: 'released' | 'resolved') =>
    sql`FROM suppressed_incidents WHERE window_id = ${id} AND org_id = ${db.orgId} AND outcome = ${outcome}`
  return audit(db, {
    event: 'maintenance_window.end',
    actor: 'system',
    subject: id,
    after: sql`(SELECT json_object(
        'reason', CASE WHEN deleted_at IS NOT NULL THEN 'removed' WHEN ends_at <= ${now} THEN 'time' ELSE 'quiet' END,
        'released', (SELECT count(*) ${hidden('released')}), 'resolved', (SELECT count(*) ${hidden('resolved')}),
        'incidents', json((SELECT json_group_array(incident_id) FROM (SELECT incident_id ${hidden('released')} ORDER BY at LIMIT ${NAMED}))))
      FROM maintenance_windows WHERE id = ${id} AND org_id = ${db.orgId})`,
    at: now,
  })
}
