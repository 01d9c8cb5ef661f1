/** Who depends on whom: told by people, used by correlation and investigations. */
import * as z from 'zod'
import { normaliseName } from '../alerts/service-graph'
import { AppError } from '../lib/errors'
import { text } from '../lib/fields'
import { audit } from '../store/audit'
import { MAX_EDGES, readEdges } from '../store/correlation'
import { bumpTopology, clearEdges, putEdges } from '../store/topology'
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
  const known = await readEdges(db)
  const all = new Set([...known, ...edges].map(({ from, to }) => `${from}\n${to}`))
  if (all.size > MAX_EDGES) throw new AppError('validation_failed', `Too many edges (max ${MAX_EDGES})`)
  await db.commit([
    putEdges(db, edges),
    bumpTopology(db, now),
    audit(db, {
      event: 'topology.put',
      actor: actor.userId,
      subject: null,
      after: { edges: edges.length },
      at: now,
    }),
  ])
  return all.size
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
