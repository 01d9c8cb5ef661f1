/** Postmortems: read, edited, renewed, exported. */
import { Hono } from 'hono'
import * as z from 'zod'
import * as verbs from '../../services/postmortems'
import { exportPostmortem, exportRequest } from '../../services/postmortems/export'
import * as answers from '../answers/postmortems'
import { endpoint } from '../endpoint'
import { idOf, type App } from '../env'
import { body, query } from '../input'
import { connectorPorts } from '../middleware/tenant'

const ids = { incident_id: { error: 'Invalid incident ID format', code: 'invalid_id' } } as const
const viewed = { who: 'viewer', bucket: 'default', ids, failure: 'Failed to fetch postmortem' } as const
const edited = { who: 'editor', bucket: 'default', ids } as const
const success = z.object({ success: z.literal(true) })

/** `markdown` answers the bare text, as `Accept: text/markdown` does. */
const format = z.object({ format: z.enum(['json', 'markdown'], { error: 'Invalid format' }).optional() })

const MARKDOWN = { 'content-type': 'text/markdown; charset=UTF-8' } as const

export const postmortems = new Hono<App>()
  .get(
    '/api/postmortems',
    endpoint({
      summary: 'The postmortems of the organisation, newest first',
      who: 'viewer',
      bucket: 'default',
      answers: { 200: answers.postmortemList },
      errors: ['validation_failed'],
      failure: 'Failed to fetch postmortems',
    }),
    query(verbs.postmortemsQuery),
    async (c) => {
      const rows = await verbs.listPostmortems(c.var.ctx, c.req.valid('query'))
      return c.json({ postmortems: rows.map(answers.showListed) })
    },
  )
  .get(
    '/api/incidents/:incident_id/postmortem',
    endpoint({
      ...viewed,
      summary: 'The postmortem of an incident, as JSON or as Markdown',
      answers: { 200: answers.postmortemAnswer },
      asText: 'text/markdown',
      errors: ['validation_failed', 'invalid_id', 'not_found'],
    }),
    query(format),
    async (c) => {
      const row = await verbs.readPostmortem(c.var.ctx, idOf(c, 'incident_id'))
      const { format = c.req.header('accept')?.includes('text/markdown') === true ? 'markdown' : 'json' } =
        c.req.valid('query')
      c.header('vary', 'Accept', { append: true })
      return format === 'markdown'
        ? c.body(row.content, 200, MARKDOWN)
        : c.json({ postmortem: answers.showPostmortem(row) })
    },
  )
  .patch(
    '/api/incidents/:incident_id/postmortem',
    endpoint({
      ...edited,
      summary: 'Edit the postmortem; every text stays as a version',
      answers: { 200: success },
      errors: ['validation_failed', 'invalid_id', 'not_found', 'conflict'],
      failure: 'Failed to update postmortem',
    }),
    body(verbs.postmortemPatch),
    async (c) => {
      await verbs.editPostmortem(c.var.ctx, idOf(c, 'incident_id'), c.req.valid('json'))
      return c.json({ success: true as const })
    },
  )
  .post(
    '/api/incidents/:incident_id/postmortem/regenerate',
    endpoint({
      ...edited,
      summary: 'Write the postmortem anew',
      idempotent: true,
      answers: { 202: z.object({ success: z.literal(true), runId: z.uuid() }) },
      errors: ['invalid_id', 'not_found', 'conflict'],
      failure: 'Failed to regenerate postmortem',
    }),
    async (c) => {
      const runId = await verbs.regeneratePostmortem(c.var.ctx, idOf(c, 'incident_id'))
      return c.json({ success: true as const, runId }, 202)
    },
  )
  .post(
    '/api/incidents/:incident_id/postmortem/export/confluence',
    endpoint({
      ...edited,
      summary: 'Publish the postmortem as a page of Confluence',
      idempotent: true,
      answers: {
        200: z.object({ success: z.literal(true), pageUrl: z.string(), pageId: z.string() }),
      },
      errors: [
        'validation_failed',
        'invalid_id',
        'not_found',
        'conflict',
        'insufficient_permission',
        'no_resources',
        'vendor_rate_limited',
        'upstream_error',
      ],
      failure: 'Failed to export to Confluence',
    }),
    body(exportRequest),
    async (c) => {
      const id = idOf(c, 'incident_id')
      const exported = await exportPostmortem(c.var.ctx, connectorPorts(c), id, c.req.valid('json'))
      return c.json({ success: true as const, ...exported })
    },
  )
  .get(
    '/api/incidents/:incident_id/postmortem/versions',
    endpoint({
      ...viewed,
      summary: 'All texts that the postmortem ever had, newest first',
      answers: { 200: answers.versionList },
      errors: ['invalid_id', 'not_found'],
    }),
    async (c) => {
      const versions = await verbs.listVersions(c.var.ctx, idOf(c, 'incident_id'))
      return c.json({ versions: versions.map(answers.showVersion) })
    },
  )
  .get(
    '/api/incidents/:incident_id/postmortem/versions/:version',
    endpoint({
      ...viewed,
      summary: 'One version of the postmortem',
      answers: { 200: answers.versionAnswer },
      errors: ['invalid_id', 'not_found'],
    }),
    async (c) => {
      const row = await verbs.readVersion(c.var.ctx, idOf(c, 'incident_id'), c.req.param('version'))
      return c.json({ version: { ...answers.showVersion(row), content: row.content } })
    },
  )
  .post(
    '/api/incidents/:incident_id/postmortem/versions/:version/restore',
    endpoint({
      ...edited,
      summary: 'Make an earlier text current again',
      idempotent: true,
      answers: { 200: success },
      errors: ['invalid_id', 'not_found', 'conflict'],
      failure: 'Failed to update postmortem',
    }),
    async (c) => {
      await verbs.restoreVersion(c.var.ctx, idOf(c, 'incident_id'), c.req.param('version'))
      return c.json({ success: true as const })
    },
  )
