/** What users think of an analysis, and the picture of an incident. */
import { Hono } from 'hono'
import { createMiddleware } from 'hono/factory'
import * as z from 'zod'
import { iso } from '../../lib/time'
import { feedbackRequest, giveFeedback, readFeedback, requireLearning } from '../../services/feedback'
import { readVisualization } from '../../services/visualizations'
import { time } from '../answers/fields'
import { endpoint } from '../endpoint'
import { idOf, type App } from '../env'
import { body } from '../input'

const ids = { incident_id: { error: 'Invalid incident ID format', code: 'invalid_id' } } as const
const type = z.enum(['helpful', 'not_helpful'])

const learning = createMiddleware<App>(async (c, next) => {
  await requireLearning(c.var.ctx)
  await next()
})

const node = z.object({
  id: z.string(),
  label: z.string(),
  type: z.literal('service'),
  status: z.enum(['healthy', 'degraded', 'failed', 'investigating', 'unknown']),
  parentId: z.null(),
})
const edge = z.object({
  source: z.string(),
  target: z.string(),
  label: z.string(),
  type: z.enum(['dependency', 'communication', 'causation', 'hosts']),
})
const visualization = z.object({
  data: z.object({
    nodes: z.array(node),
    edges: z.array(edge),
    rootCauseId: z.string().nullable(),
    affectedIds: z.array(z.string()),
    version: z.int(),
    updatedAt: time,
  }),
  updatedAt: time,
})

export const feedback = new Hono<App>()
  .post(
    '/api/incidents/:incident_id/feedback',
    endpoint({
      summary: 'Say whether an analysis helped; once, and not to be changed',
      who: 'editor',
      bucket: 'default',
      idempotent: true,
      ids,
      answers: {
        201: z.object({
          success: z.literal(true),
          feedbackId: z.uuid(),
          feedbackType: type,
          storedForLearning: z.boolean(),
          createdAt: time,
        }),
      },
      errors: [
        'feature_disabled',
        'validation_failed',
        'invalid_id',
        'not_found',
        'already_exists',
        'invalid_state',
      ],
      failure: 'Failed to submit feedback',
    }),
    learning,
    body(feedbackRequest, { error: 'Missing request body', code: 'validation_failed' }),
    async (c) => {
      const given = await giveFeedback(c.var.ctx, idOf(c, 'incident_id'), c.req.valid('json'))
      return c.json(
        {
          success: true as const,
          feedbackId: given.id,
          feedbackType: given.feedbackType,
          storedForLearning: given.feedbackType === 'helpful',
          createdAt: iso(given.createdAt),
        },
        201,
      )
    },
  )
  .get(
    '/api/incidents/:incident_id/feedback',
    endpoint({
      summary: 'What the caller said of an analysis',
      who: 'viewer',
      bucket: 'default',
      ids,
      answers: {
        200: z.object({
          feedback: z
            .object({ id: z.uuid(), feedbackType: type, comment: z.string().nullable(), createdAt: time })
            .nullable(),
        }),
      },
      errors: ['invalid_id', 'not_found'],
      failure: 'Failed to get feedback',
    }),
    async (c) => {
      const given = await readFeedback(c.var.ctx, idOf(c, 'incident_id'))
      return c.json({
        feedback: given && {
          id: given.id,
          feedbackType: given.feedbackType,
          comment: given.comment,
          createdAt: iso(given.createdAt),
        },
      })
    },
  )
  .get(
    '/api/incidents/:incident_id/visualization',
    endpoint({
      summary: 'An incident as a graph of services',
      who: 'viewer',
      bucket: 'default',
      ids,
      answers: { 200: visualization },
      errors: ['invalid_id', 'not_found'],
      failure: 'Failed to fetch visualization',
    }),
    async (c) => {
      const { updatedAt, ...drawn } = await readVisualization(c.var.ctx, idOf(c, 'incident_id'))
      const at = iso(updatedAt)
      return c.json({
        data: {
          ...drawn,
          nodes: [...drawn.nodes],
          edges: [...drawn.edges],
          affectedIds: [...drawn.affectedIds],
          updatedAt: at,
        },
        updatedAt: at,
      })
    },
  )
