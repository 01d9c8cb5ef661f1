/** Postmortems: their current text, all their versions, and the run that writes them. */
import { and, desc, eq, isNotNull, lt, or, sql } from 'drizzle-orm'
import {
  alerts,
  changeEvents,
  evidence,
  incidentAlerts,
  incidents,
  incidentSuggestions,
  lifecycleEvents,
  postmortems,
  postmortemVersions,
} from '../../drizzle/schema'
import { newId } from '../lib/ids'
import { newestAnalysis } from './investigations'
import { insertRun } from './runs'
import type { TenantDb } from './tenant-db'

export type PostmortemRow = typeof postmortems.$inferSelect

export interface PostmortemJob {
  readonly incidentId: string
  readonly runId: string
}

/**
 * Queues the writing of a postmortem: in the batch of its cause. A text that is there already stays until a new one is.
 * The run has a thread of its own, named like itself, so that it waits for no other.
 */
export const queuePostmortem = (
  db: TenantDb,
  { incidentId, runId }: PostmortemJob,
  cause: { readonly trigger: 'resolved' | 'manual'; readonly userId: string | null },
  now: number,
) => [
  db
    .insert(postmortems, { incidentId, runId, state: 'generating', requestedAt: now, updatedAt: now })
    .onConflictDoUpdate({
      target: postmortems.incidentId,
      set: { runId, state: 'generating', requestedAt: now },
    }),
  ...insertRun(db, {
    id: runId,
    kind: 'postmortem',
    incidentId,
    sessionId: runId,
    userId: cause.userId,
    trigger: cause.trigger,
    step: 'write',
    checkpoint: {},
    lastEnqueuedAt: now,
    createdAt: now,
  }),
]

/** Holds back a second generation while one is under way; one asked for before `since` counts as lost. */
export const ensureNoneGenerating = (db: TenantDb, incidentId: string, since: number) =>
  db.ensure(
    sql`NOT EXISTS (SELECT 1 FROM ${postmortems} WHERE ${db.mine(postmortems)} AND ${postmortems.incidentId} = ${incidentId} AND ${postmortems.state} = 'generating' AND ${postmortems.requestedAt} >= ${since})`,
  )

export const postmortemOf = (db: TenantDb, incidentId: string) =>
  db.select(postmortems, eq(postmortems.incidentId, incidentId)).limit(1)

/** Those that have a text, newest first, with the titles of their incidents. */
export const pageOfPostmortems = (tenant: TenantDb, limit: number, offset: number) =>
  tenant.join((db) =>
    db
      .select({ postmortem: postmortems, incidentTitle: incidents.alertTitle })
      .from(postmortems)
      .innerJoin(incidents, and(eq(incidents.id, postmortems.incidentId), tenant.mine(incidents)))
      .where(and(tenant.mine(postmortems), isNotNull(postmortems.generatedAt)))
      .orderBy(desc(postmortems.generatedAt), desc(postmortems.id))
      .limit(limit)
      .offset(offset),
  )

export const versionsOf = (db: TenantDb, incidentId: string) =>
  db
    .select(postmortemVersions, eq(postmortemVersions.incidentId, incidentId))
    .orderBy(desc(postmortemVersions.version))
    .limit(200)

export const versionOf = (db: TenantDb, incidentId: string, version: number) =>
  db
    .select(
      postmortemVersions,
      and(eq(postmortemVersions.incidentId, incidentId), eq(postmortemVersions.version, version)),
    )
    .limit(1)

interface NewVersion {
  readonly incidentId: string
  readonly content: string
  readonly origin: 'generated' | 'edited' | 'restored'
  readonly userId: string | null
}

const newestVersion = (incidentId: string) =>
  sql<number>`(SELECT coalesce(max(version), 0) FROM postmortem_versions WHERE incident_id = ${incidentId})`

/** Keeps a text under the next number. */
export const addVersion = (db: TenantDb, version: NewVersion, now: number) =>
  db.run(
    sql`INSERT INTO ${postmortemVersions} (id, org_id, incident_id, version, content, origin, user_id, created_at)
      VALUES (${newId(now)}, ${db.orgId}, ${version.incidentId}, ${newestVersion(version.incidentId)} + 1, ${version.content}, ${version.origin}, ${version.userId}, ${now})`,
  )

/** Makes a person's text, just added as the newest version, the current one, if version `read` still is. */
export const showVersion = (
  db: TenantDb,
  read: Pick<PostmortemRow, 'version'>,
  { incidentId, content, userId }: Pick<NewVersion, 'incidentId' | 'content' | 'userId'>,
  now: number,
) =>
  db.update(
    postmortems,
    { content, userId, version: newestVersion(incidentId), updatedAt: now },
    and(
      eq(postmortems.incidentId, incidentId),
      isNotNull(postmortems.content),
      eq(postmortems.version, read.version),
    ),
  )

/** A generated text becomes current where no person wrote the present one. Only the newest generation ends the waiting. */
export const publishGenerated = (db: TenantDb, job: PostmortemJob, content: string, now: number) => {
  const ours = sql`(${postmortems.content} IS NULL OR ${postmortems.userId} IS NULL)`
  return db.update(
    postmortems,
    {
      content: sql`CASE WHEN ${ours} THEN ${content} ELSE ${postmortems.content} END`,
      version: sql`CASE WHEN ${ours} THEN ${newestVersion(job.incidentId)} ELSE ${postmortems.version} END`,
      generatedAt: sql`CASE WHEN ${ours} THEN CAST(${now} AS INTEGER) ELSE ${postmortems.generatedAt} END`,
      updatedAt: sql`CASE WHEN ${ours} THEN CAST(${now} AS INTEGER) ELSE ${postmortems.updatedAt} END`,
      state: sql`CASE WHEN ${postmortems.runId} = ${job.runId} THEN 'ready' ELSE ${postmortems.state} END`,
    },
    eq(postmortems.incidentId, job.incidentId),
  )
}

/** Remembers the page that a postmortem was published as. */
export const markExported = (
  db: TenantDb,
  incidentId: string,
  { pageId, pageUrl }: { readonly pageId: string; readonly pageUrl: string },
  now: number,
) =>
  db.update(
    postmortems,
    { confluencePageId: pageId, confluencePageUrl: pageUrl, confluenceExportedAt: now },
    eq(postmortems.incidentId, incidentId),
  )

export const markPostmortemFailed = (db: TenantDb, { incidentId, runId }: PostmortemJob) =>
  db.update(
    postmortems,
    { state: 'failed' },
    and(eq(postmortems.incidentId, incidentId), eq(postmortems.runId, runId)),
  )

/** What these numbers of an incident's evidence stand for. */
export const evidenceNumbered = (db: TenantDb, incidentId: string, numbers: readonly number[]) =>
  db
    .select(
      evidence,
      and(
        eq(evidence.incidentId, incidentId),
        sql`${evidence.number} IN (SELECT value FROM json_each(${JSON.stringify(numbers)}))`,
      ),
    )
    .orderBy(evidence.number)

/** What a postmortem tells of, in one round trip: `[incident, lifecycle, alerts, changes, analysis, suggestions]`. */
export const postmortemMaterial = (tenant: TenantDb, incidentId: string) => {
  const began = sql`(SELECT i.started_at FROM incidents i WHERE i.id = ${incidentId} AND i.org_id = ${tenant.orgId})`
  return tenant.batch([
    tenant.select(incidents, eq(incidents.id, incidentId)).limit(1),
    tenant
      .select(lifecycleEvents, eq(lifecycleEvents.incidentId, incidentId))
      .orderBy(lifecycleEvents.at, sql`rowid`)
      .limit(300),
    tenant.join((db) =>
      db
        .select({
          title: alerts.title,
          service: alerts.service,
          severity: alerts.severity,
          sourceType: alerts.sourceType,
          startsAt: alerts.startsAt,
          resolvedAt: alerts.resolvedAt,
        })
        .from(incidentAlerts)
        .innerJoin(alerts, and(eq(alerts.id, incidentAlerts.alertId), tenant.mine(alerts)))
        .where(and(tenant.mine(incidentAlerts), eq(incidentAlerts.incidentId, incidentId)))
        .orderBy(alerts.startsAt, alerts.id)
        .limit(100),
    ),
    tenant
      .select(
        changeEvents,
        and(
          sql`${changeEvents.finishedAt} >= ${began} - 7200000`,
          or(
            lt(changeEvents.finishedAt, began),
            sql`${changeEvents.finishedAt} <= coalesce((SELECT i.resolved_at FROM incidents i WHERE i.id = ${incidentId} AND i.org_id = ${tenant.orgId}), ${began} + 7200000)`,
          ),
        ),
      )
      .orderBy(changeEvents.finishedAt)
      .limit(30),
    newestAnalysis(tenant, incidentId),
    tenant
      .select(
        incidentSuggestions,
        and(eq(incidentSuggestions.incidentId, incidentId), eq(incidentSuggestions.shown, true)),
      )
      .orderBy(incidentSuggestions.createdAt, incidentSuggestions.ordinal)
      .limit(20),
  ])
}
