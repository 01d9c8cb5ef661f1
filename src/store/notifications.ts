/** Messages to channels: claimed, settled, listed, tried again. */
import { and, desc, eq, lt, or, sql, type InferSelectModel } from 'drizzle-orm'
import { notificationChannels, notificationDeliveries, userPreferences, users } from '../../drizzle/schema'
import type { TenantDb } from './tenant-db'

export { NOTIFICATION_STATES } from '../../drizzle/schema/values'

export type NotificationRow = InferSelectModel<typeof notificationDeliveries>

/** Of an incident's messages to a channel, `d` is the oldest that waits: the others come after it. */
export const FIRST_OF_ITS_KIND = sql`NOT EXISTS (SELECT 1 FROM notification_deliveries AS e
  WHERE e.channel_id = d.channel_id AND e.incident_id = d.incident_id AND e.state = 'pending' AND e.rowid < d.rowid)`

const D = notificationDeliveries
const C = notificationChannels

/**
 * Claims what is due, oldest first, for this try; the rest of an incident and channel waits for what came before it. A
 * claim that is not settled by `until` (ms) is due again.
 */
export async function claimNotifications(
  db: TenantDb,
  {
    owner,
    now,
    until,
    limit,
  }: { readonly owner: string; readonly now: number; readonly until: number; readonly limit: number },
) {
  const [, claimed] = await db.batch([
    db.run(
      sql`UPDATE notification_deliveries SET attempts = attempts + 1, next_at = ${until}, lease_owner = ${owner}
        WHERE id IN (SELECT d.id FROM notification_deliveries AS d
          WHERE d.org_id = ${db.orgId} AND d.state = 'pending' AND d.next_at <= ${now} AND ${FIRST_OF_ITS_KIND}
          ORDER BY d.next_at, d.rowid LIMIT ${limit})`,
    ),
    db.join((query) =>
      query
        .select({
          id: D.id,
          event: D.event,
          incidentId: D.incidentId,
          runId: D.runId,
          payload: D.payload,
          attempts: D.attempts,
          createdAt: D.createdAt,
          // Rows of a batch come by column name: none may occur twice.
          channelId: D.channelId,
          kind: C.kind,
          config: C.config,
          sealed: C.sealed,
        })
        .from(D)
        .innerJoin(C, eq(C.id, D.channelId))
        .where(and(db.mine(D), sql`${D.state} = 'pending'`, eq(D.leaseOwner, owner)))
        .orderBy(D.createdAt, D.id),
    ),
  ])
  return claimed.map(({ channelId, kind, config, sealed, ...row }) => ({
    ...row,
    channel: { id: channelId, orgId: db.orgId, kind, config, sealed },
  }))
}

export type ClaimedNotification = Awaited<ReturnType<typeof claimNotifications>>[number]

/** What became of a try; nothing when the try was taken for lost and another one began. */
export const settleNotification = (
  db: TenantDb,
  { id, owner }: { readonly id: string; readonly owner: string },
  changes: Pick<NotificationRow, 'state' | 'lastStatus' | 'lastError' | 'doneAt'> & {
    readonly nextAt?: number
  },
) =>
  db.update(
    D,
    { ...changes, leaseOwner: null },
    and(eq(D.id, id), eq(D.leaseOwner, owner), sql`${D.state} = 'pending'`),
  )

/** When the next try of any message is due, ms; null when none waits. */
export async function nextNotification(db: TenantDb): Promise<number | null> {
  const [row] = await db.all<{ readonly at: number }>(
    sql`SELECT d.next_at AS at FROM notification_deliveries AS d
      WHERE d.org_id = ${db.orgId} AND d.state = 'pending' AND ${FIRST_OF_ITS_KIND} ORDER BY d.next_at LIMIT 1`,
  )
  return row?.at ?? null
}

/** Whether anybody is to be told at all. */
export const anyChannel = (db: TenantDb) => db.pick({ id: C.id }, C, sql`${C.deletedAt} IS NULL`).limit(1)

/** Newest first, before a place in the list. */
export const notificationPage = (
  db: TenantDb,
  {
    state,
    channelId,
    before,
    limit,
  }: {
    readonly state: NotificationRow['state'] | null
    readonly channelId: string | null
    readonly before: { readonly at: number; readonly id: string } | null
    readonly limit: number
  },
) =>
  db
    .select(
      D,
      and(
        state === null ? undefined : eq(D.state, state),
        channelId === null ? undefined : eq(D.channelId, channelId),
        before === null
          ? undefined
          : or(lt(D.createdAt, before.at), and(eq(D.createdAt, before.at), lt(D.id, before.id))),
      ),
    )
    .orderBy(desc(D.createdAt), desc(D.id))
    .limit(limit)

export const notificationById = (db: TenantDb, id: string) => db.select(D, eq(D.id, id)).limit(1)

/** Gives a dead message all its tries again, if its channel is there and switched on. */
export const redriveNotification = (db: TenantDb, id: string, now: number) =>
  db.update(
    D,
    { state: 'pending', attempts: 0, nextAt: now, doneAt: null, leaseOwner: null },
    and(
      eq(D.id, id),
      eq(D.state, 'dead'),
      sql`EXISTS (SELECT 1 FROM ${C} WHERE ${C.id} = ${D.channelId} AND ${db.mineById(C)} AND ${C.enabled} AND ${C.deletedAt} IS NULL)`,
    ),
  )

/** Addresses of the members who set all of these preferences to true. */
export async function membersWhoWant(
  db: TenantDb,
  preferences: readonly string[],
  limit: number,
): Promise<readonly string[]> {
  const wanted = JSON.stringify(preferences)
  const rows = await db
    .pick(
      { email: users.email },
      users,
      sql`(SELECT count(*) FROM ${userPreferences} WHERE ${db.mine(userPreferences)} AND ${userPreferences.userId} = ${users.id}
        AND ${userPreferences.preferenceKey} IN (SELECT value FROM json_each(${wanted})) AND ${userPreferences.preferenceValue} = 'true') = ${preferences.length}`,
    )
    .orderBy(users.email)
    .limit(limit)
  return rows.map(({ email }) => email)
}
