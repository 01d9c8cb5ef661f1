/** Deliveries: what came in, what became of it, and sending it on its way again. */
import * as z from 'zod'
import { redact } from '../agent/redact'
import { encodeCursor } from '../lib/cursor'
import { AppError, notFound } from '../lib/errors'
import { optional, queryInteger, text, uuid } from '../lib/fields'
import { audit } from '../store/audit'
import { isGuardFailure } from '../store/db'
import * as store from '../store/deliveries'
import { hasRole, requireRole, type Ctx } from './context'
import { bodyTime, queryCursor, queryTime, queryWord } from './list-input'

const STATES = ['received', 'processing', 'processed', 'held', 'skipped', 'rejected', 'dead'] as const

const listed = {
  integrationId: uuid('Invalid integrationId').optional(),
  source: queryWord('source', 64),
  since: queryTime('since'),
  limit: queryInteger({ error: 'Invalid limit', min: 1, max: 200, fallback: 50 }),
  cursor: queryCursor,
}

export const deadLetterQuery = z.object(listed)
export const deliveryQuery = z.object({
  ...listed,
  state: z.enum(STATES, { error: `Invalid state. Must be one of: ${STATES.join(', ')}` }).optional(),
})

export const redriveOptions = z.object({ force: z.boolean({ error: 'Invalid force' }).default(false) })

export const redriveSelection = z.object({
  integrationId: optional(uuid('Invalid integrationId')),
  source: optional(text({ error: 'Invalid source', max: 64 })),
  since: optional(bodyTime('Invalid since')),
  limit: z.int({ error: 'Invalid limit' }).min(1, 'Invalid limit').max(1000, 'Invalid limit').default(1000),
})

export async function listDeliveries(ctx: Ctx, { limit, cursor, ...filter }: z.output<typeof deliveryQuery>) {
  const deliveries = await store.pageOfDeliveries(ctx.db, filter, cursor ?? null, limit)
  const last = deliveries.length === limit ? deliveries.at(-1) : undefined
  return {
    deliveries,
    nextCursor: last === undefined ? null : encodeCursor({ at: last.receivedAt, id: last.id }),
  }
}

export const listDeadLetters = (ctx: Ctx, asked: z.output<typeof deadLetterQuery>) =>
  listDeliveries(ctx, { ...asked, state: 'dead' })

/** One delivery; who may not change anything sees its body without secrets. @throws AppError not_found */
export async function readDelivery(ctx: Ctx, id: string) {
  const [[delivery], [stored], results] = await ctx.db.batch([
    store.deliveryById(ctx.db, id),
    store.bodyOf(ctx.db, id),
    store.resultsOf(ctx.db, id),
  ])
  if (delivery === undefined) throw notFound('Delivery not found')
  const body = stored?.body ?? null
  return {
    delivery,
    body: body === null || hasRole(ctx.actor.role, 'editor') ? body : redact(body),
    alertIds: [...new Set(results.map(({ alertId }) => alertId))],
    incidentIds: [...new Set(results.flatMap(({ incidentId }) => incidentId ?? []))],
  }
}

/** Refused because nobody vouches for the sender: only who may weaken verification lets it in. */
const isUnproved = ({ state, reason }: store.DeliveryRow): boolean =>
  state === 'rejected' &&
  (reason?.startsWith('signature_') === true ||
    reason === 'secret_never_configured' ||
    reason === 'too_many_held' ||
    reason === 'second_proof_missing')

/**
 * Processes a delivery once more, as if it had just come. What it did before it does not do again, unless `force` (admins)
 * makes it forget that.
 * @throws AppError forbidden, not_found, conflict
 */
export async function redriveDelivery(
  ctx: Ctx,
  id: string,
  { force }: z.output<typeof redriveOptions>,
): Promise<void> {
  requireRole(ctx, 'editor')
  if (force) requireRole(ctx, 'admin')
  const { db, actor, now } = ctx
  const [[delivery], [stored]] = await db.batch([store.deliveryById(db, id), store.bodyOf(db, id)])
  if (delivery === undefined) throw notFound('Delivery not found')
  const { state } = delivery
  if (state === 'received' || state === 'processing')
    throw new AppError('conflict', 'Delivery is being processed')
  if (state === 'held') throw new AppError('conflict', 'Delivery waits for its signing secret')
  if (stored === undefined) throw new AppError('conflict', 'Body is no longer stored')
  if (isUnproved(delivery)) requireRole(ctx, 'admin')
  try {
    await db.commit([
      store.requeue(db, id, state),
      db.ensureChanged(),
      ...(force ? store.removeEffects(db, id) : []),
      audit(db, {
        event: 'delivery.redrive',
        actor: actor.userId,
        subject: id,
        before: { state },
        after: { force },
        at: now,
      }),
    ])
  } catch (error) {
    if (isGuardFailure(error)) throw new AppError('conflict', 'Delivery is being processed')
    throw error
  }
  ctx.nudge.delivery(id)
}

/** Processes dead deliveries once more, the oldest first; answers how many. @throws AppError forbidden */
export async function redriveDeadLetters(
  ctx: Ctx,
  { limit, ...filter }: z.output<typeof redriveSelection>,
): Promise<number> {
  requireRole(ctx, 'editor')
  const { db, actor, now } = ctx
  const dead = await store.redrivable(db, filter, limit)
  if (dead.length === 0) return 0
  const [requeued] = await db.batch([
    store.requeueDead(
      db,
      dead.map(({ id }) => id),
    ),
    audit(db, {
      event: 'delivery.redrive_dead',
      actor: actor.userId,
      subject: filter.integrationId ?? null,
      after: { ...filter, deliveries: dead.length },
      at: now,
    }),
  ])
  for (const { id } of requeued) ctx.nudge.delivery(id)
  return requeued.length
}
