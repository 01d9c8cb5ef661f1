/** Who depends on whom: told by people, used by correlation and investigations. */
import * as z from 'zod'
import { normaliseName } from '../alerts/service-graph'
import { AppError } from '../lib/errors'
import { text } from '../lib/fields'
import { audit } from '../store/audit'
import { isGuardFailure } from '../store/db'
import { bumpTopology, clearEdges, ensureFewEdges, putEdges, MAX_EDGES, readEdges } from '../store/topology'
import { requireRole, type Ctx } from './context'

const service = text({ error: 'Invalid service name', max: 200 }).transform(normaliseName)

export const newEdges = z.object({
  edges: z
    .array(
      z.object(
        { from: service, to: service, type: text({ error: 'Invalid type', max: 64 }).default('dependency') },
        { error: 'Invalid edges' },
      ),
      { error: 'Invalid edges' },
    )
    .min(1, 'Invalid edges')
    .max(MAX_EDGES, `Too many edges (max ${MAX_EDGES})`),
})

export async function readTopology(ctx: Ctx) {
  const edges = await readEdges(ctx.db)
  const services = [...new Set(edges.flatMap(({ from, to }) => [from, to]))].toSorted((a, b) =>
    a < b ? -1 : 1,
  )
  return { services, edges }
}

/** Adds edges to those known. @throws AppError forbidden, validation_failed when there would be too many */
export async function addEdges(ctx: Ctx, { edges }: z.output<typeof newEdges>): Promise<number> {
  requireRole(ctx, 'editor')
  const { db, actor, now } = ctx
  try {
    const [, , known] = await db.batch([
      putEdges(db, edges),
      ensureFewEdges(db, MAX_EDGES),
      readEdges(db),
      bumpTopology(db, now),
      audit(db, {
        event: 'topology.put',
        actor: actor.userId,
        subject: null,
        after: { edges: edges.length },
        at: now,
      }),
    ])
    return known.length
  } catch (error) {
    if (isGuardFailure(error)) throw new AppError('validation_failed', `Too many edges (max ${MAX_EDGES})`)
    throw error
  }
}

/** Forgets all edges. @throws AppError forbidden */
export async function forgetEdges(ctx: Ctx): Promise<void> {
  requireRole(ctx, 'editor')
  const { db, actor, now } = ctx
  await db.commit([
    clearEdges(db),
    bumpTopology(db, now),
    audit(db, { event: 'topology.clear', actor: actor.userId, subject: null, at: now }),
  ])
}
