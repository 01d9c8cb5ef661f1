/** Changes of the observed system, and who depends on whom in it. */
import { Hono } from 'hono'
import * as z from 'zod'
import { newChange, reportChange } from '../../services/changes'
import { addEdges, forgetEdges, newEdges, readTopology } from '../../services/topology'
import { success } from '../answers/integrations'
import { endpoint } from '../endpoint'
import type { App } from '../env'
import { body } from '../input'

const edge = z.object({ from: z.string(), to: z.string() })

export const changes = new Hono<App>()
  .post(
    '/api/changes',
    endpoint({
      summary: 'Report a deployment or another change',
      who: 'editor',
      bucket: 'default',
      idempotent: true,
      answers: { 201: z.object({ id: z.uuid(), duplicate: z.boolean() }) },
      errors: ['validation_failed'],
    }),
    body(newChange),
    async (c) => c.json(await reportChange(c.var.ctx, c.req.valid('json')), 201),
  )
  .get(
    '/api/topology',
    endpoint({
      summary: 'Which service depends on which',
      who: 'viewer',
      bucket: 'default',
      answers: { 200: z.object({ services: z.array(z.string()), edges: z.array(edge) }) },
    }),
    async (c) => c.json(await readTopology(c.var.ctx)),
  )
  .delete(
    '/api/topology/edges',
    endpoint({
      summary: 'Forget all dependencies',
      who: 'editor',
      bucket: 'default',
      answers: { 200: success },
    }),
    async (c) => {
      await forgetEdges(c.var.ctx)
      return c.json({ success: true as const })
    },
  )

for (const path of ['/api/topology/edges', '/api/topology'])
  changes.put(
    path,
    endpoint({
      summary: 'Add dependencies: `from` depends on `to`',
      who: 'editor',
      bucket: 'default',
      answers: { 200: z.object({ success: z.literal(true), edges: z.int() }) },
      errors: ['validation_failed'],
    }),
    body(newEdges),
    async (c) => c.json({ success: true as const, edges: await addEdges(c.var.ctx, c.req.valid('json')) }),
  )
