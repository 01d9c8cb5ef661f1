/** Messages as people see them: what went out, what waits, what was given up and may be tried again. */
import * as z from 'zod'
import { encodeCursor } from '../../lib/cursor'
import { AppError, notFound } from '../../lib/errors'
import { queryInteger, uuid } from '../../lib/fields'
import { audit } from '../../store/audit'
import { isGuardFailure } from '../../store/db'
import * as store from '../../store/notifications'
import { requireRole, type Ctx } from '../context'
import { queryCursor } from '../list-input'

export type { NotificationRow } from '../../store/notifications'

const common = {
  channelId: uuid('Invalid channelId').optional(),
  cursor: queryCursor,
  limit: queryInteger({ error: 'Invalid limit', min: 1, max: 200, fallback: 50 }),
}

export const deadQuery = z.object(common)
export const notificationQuery = z.object({
  ...common,
  state: z
    .enum(store.NOTIFICATION_STATES, {
      error: `Invalid state. Must be one of: ${store.NOTIFICATION_STATES.join(', ')}`,
    })
    .optional(),
})

/** Newest first; `nextCursor` is null on the last page. */
export async function listNotifications(
  { db }: Ctx,
  { state, channelId, cursor, limit }: z.output<typeof notificationQuery>,
) {
  const rows = await store.notificationPage(db, {
    state: state ?? null,
    channelId: channelId ?? null,
    before: cursor ?? null,
    limit: limit + 1,
  })
  const page = rows.slice(0, limit)
  const last = page.at(-1)
  return {
    deliveries: page,
    nextCursor:
      rows.length > limit && last !== undefined ? encodeCursor({ at: last.createdAt, id: last.id }) : null,
  }
}

/** Gives a dead message all its tries again, under the same id. @throws AppError forbidden, not_found, conflict */
export async function redriveNotification(ctx: Ctx, id: string): Promise<store.NotificationRow> {
  requireRole(ctx, 'editor')
  const { db, actor, now } = ctx
  const before = await readNotification(ctx, id)
  try {
    await db.commit([
      store.redriveNotification(db, id, now),
      db.ensureChanged(),
      audit(db, { event: 'notification.redrive', actor: actor.userId, subject: id, at: now }),
    ])
  } catch (error) {
    if (!isGuardFailure(error)) throw error
    throw new AppError(
      'conflict',
      before.state === 'dead'
        ? 'The channel of this notification is switched off or gone'
        : 'Only a dead notification can be tried again',
    )
  }
  ctx.nudge.feed(db.orgId)
  return readNotification(ctx, id)
}

async function readNotification({ db }: Ctx, id: string): Promise<store.NotificationRow> {
  const [row] = await store.notificationById(db, id)
  if (row === undefined) throw notFound('Notification not found')
  return row
}
