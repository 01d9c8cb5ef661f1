/** Where an organisation wants to be told. */
import { and, asc, eq, isNull, sql, type InferSelectModel } from 'drizzle-orm'
import { notificationChannels, notificationDeliveries } from '../../drizzle/schema'
import type { TenantDb } from './tenant-db'

export { CHANNEL_KINDS } from '../../drizzle/schema/values'

export type ChannelRow = InferSelectModel<typeof notificationChannels>

export const allChannels = (db: TenantDb) =>
  db
    .select(notificationChannels, isNull(notificationChannels.deletedAt))
    .orderBy(asc(notificationChannels.createdAt), asc(notificationChannels.id))
    .limit(200)

export const channelById = (db: TenantDb, id: string) =>
  db
    .select(
      notificationChannels,
      and(eq(notificationChannels.id, id), isNull(notificationChannels.deletedAt)),
    )
    .limit(1)

/** Fails the batch when the organisation then has more than `most`. */
export const insertChannel = (db: TenantDb, row: ChannelRow, most: number) => [
  db.insert(notificationChannels, row),
  db.ensure(
    sql`(SELECT count(*) FROM ${notificationChannels} WHERE ${db.mine(notificationChannels)} AND ${notificationChannels.deletedAt} IS NULL) <= ${most}`,
  ),
]

type ChannelChanges = Partial<
  Pick<ChannelRow, 'name' | 'enabled' | 'events' | 'config' | 'sealed' | 'updatedAt' | 'deletedAt'>
>

/** Changes the channel as it was read; nothing happens when somebody else changed it since. */
export const changeChannel = (
  db: TenantDb,
  { id, updatedAt }: Pick<ChannelRow, 'id' | 'updatedAt'>,
  changes: ChannelChanges,
) =>
  db.update(
    notificationChannels,
    changes,
    and(
      eq(notificationChannels.id, id),
      eq(notificationChannels.updatedAt, updatedAt),
      isNull(notificationChannels.deletedAt),
    ),
  )

/** What still waits for this channel goes to the dead ones. */
export const giveUpWaiting = (db: TenantDb, channelId: string, lastError: string, now: number) =>
  db.update(
    notificationDeliveries,
    { state: 'dead', lastError, leaseOwner: null, doneAt: now },
    and(eq(notificationDeliveries.channelId, channelId), sql`${notificationDeliveries.state} = 'pending'`),
  )
