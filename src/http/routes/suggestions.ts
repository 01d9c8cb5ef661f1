/** What people do with an investigation's suggestions. */
import { Hono } from 'hono'
import * as z from 'zod'
import * as verbs from '../../services/suggestions'
import { endpoint } from '../endpoint'
import { idOf, type App } from '../env'
import { body } from '../input'
import { connectorPorts } from '../middleware/tenant'

const common = {
  who: 'editor',
  bucket: 'default',
  ids: { suggestion_id: { error: 'Invalid suggestion ID', code: 'invalid_id' } },
} as const

const applied = z.object({
  success: z.literal(true),
  message: z.literal('PR created successfully'),
  prUrl: z.string(),
  prNumber: z.int(),
  branch: z.string(),
  repository: z.string(),
  filePath: z.string(),
})

export const suggestions = new Hono<App>()
  .patch(
    '/api/incidents/suggestions/:suggestion_id',
    endpoint({
      ...common,
      summary: 'Edit the content of a suggested fix',
      answers: { 200: z.object({ success: z.literal(true), message: z.literal('Suggestion updated') }) },
      errors: ['validation_failed', 'invalid_id', 'not_found', 'already_applied', 'conflict'],
      failure: 'Failed to update suggestion',
    }),
    body(verbs.suggestionPatch),
    async (c) => {
      await verbs.editSuggestion(c.var.ctx, idOf(c, 'suggestion_id'), c.req.valid('json'))
      return c.json({ success: true as const, message: 'Suggestion updated' as const })
    },
  )
  .post(
    '/api/incidents/suggestions/:suggestion_id/apply',
    endpoint({
      ...common,
      summary: 'Open a pull request with a suggested fix',
      idempotent: true,
      answers: { 200: applied },
      errors: [
        'validation_failed',
        'invalid_id',
        'invalid_state',
        'not_found',
        'already_applied',
        'conflict',
        'reconnect_required',
        'vendor_rate_limited',
        'upstream_error',
      ],
      failure: 'Failed to apply fix suggestion',
    }),
    body(verbs.applyRequest),
    async (c) => {
      const made = await verbs.applySuggestion(
        c.var.ctx,
        connectorPorts(c),
        idOf(c, 'suggestion_id'),
        c.req.valid('json'),
      )
      return c.json({ success: true as const, message: 'PR created successfully' as const, ...made })
    },
  )
  .post(
    '/api/incidents/suggestions/:suggestion_id/mark-executed',
    endpoint({
      ...common,
      summary: 'Tell that a suggestion was carried out',
      answers: { 200: z.object({ success: z.literal(true) }) },
      errors: ['validation_failed', 'invalid_id', 'not_found'],
      failure: 'Failed to mark suggestion',
    }),
    body(verbs.executedRequest),
    async (c) => {
      await verbs.markSuggestionExecuted(c.var.ctx, idOf(c, 'suggestion_id'), c.req.valid('json'))
      return c.json({ success: true as const })
    },
  )
