/** Notifications of all organisations: which have some due, which keys are old, what is forgotten. */
import { and, eq, isNotNull, like, sql } from 'drizzle-orm'
import { notificationChannels } from '../../drizzle/schema'
import type { Database } from './db'
import { FIRST_OF_ITS_KIND } from './notifications'
import { within, type Span } from './retention'

/** Organisations with messages whose next try is overdue since `before`, ms. */
export async function organisationsToNotify(
  db: Database,
  before: number,
  limit: number,
): Promise<readonly string[]> {
  const rows = await db.all<{ readonly orgId: string }>(
    sql`SELECT DISTINCT d.org_id AS orgId FROM notification_deliveries AS d
      WHERE d.state = 'pending' AND d.next_at <= ${before} AND ${FIRST_OF_ITS_KIND} LIMIT ${limit}`,
  )
  return rows.map(({ orgId }) => orgId)
}

export async function anyNotificationWaits(db: Database): Promise<boolean> {
  const [row] = await db.all<{ readonly waits: number }>(
    sql`SELECT EXISTS (SELECT 1 FROM notification_deliveries WHERE state = 'pending') AS waits`,
  )
  return row?.waits === 1
}

/** Channels whose secrets are sealed under this master. */
export const channelsUnder = (db: Database, kid: string, limit: number) =>
  db
    .select({
      id: notificationChannels.id,
      orgId: notificationChannels.orgId,
      sealed: notificationChannels.sealed,
    })
    .from(notificationChannels)
    .where(and(isNotNull(notificationChannels.sealed), like(notificationChannels.sealed, `v1.${kid}.%`)))
    .limit(limit)

/** The same secrets under another master; nothing when they changed since they were read. */
export async function resealChannel(
  db: Database,
  { id, sealed }: { readonly id: string; readonly sealed: string },
  renewed: string,
): Promise<void> {
  await db
    .update(notificationChannels)
    .set({ sealed: renewed })
    .where(and(eq(notificationChannels.id, id), eq(notificationChannels.sealed, sealed)))
}

/** Messages in this span that nobody waits for. */
export async function forgetNotifications(db: Database, span: Span, limit: number): Promise<number> {
  const { meta } = await db.run(
    sql`DELETE FROM notification_deliveries WHERE id IN (SELECT d.id FROM notification_deliveries AS d
      WHERE ${within('d.id', span)} AND d.state <> 'pending' LIMIT ${limit})`,
  )
  return meta.changes
}
