/** SharePoint on the paths of the original product. */
import { Hono } from 'hono'
import * as z from 'zod'
import { sharepoint } from '../../connectors/sharepoint'
import { details } from '../../connectors/sharepoint/details'
import { hit } from '../../connectors/sharepoint/search'
import { AppError } from '../../lib/errors'
import { optional, text } from '../../lib/fields'
import * as verbs from '../../services/connectors/sharepoint'
import { readStatus } from '../../services/connectors/status'
import { endpoint, SMALL } from '../connector-endpoint'
import { connectErrors, itemErrors } from '../connector-errors'
import type { App } from '../env'
import { body } from '../input'
import { connectorPorts } from '../middleware/tenant'
import { connectPosted } from '../finish-login'
import { disconnectAll, disconnectEndpoint } from '../original-disconnect'
import { beginOriginal } from '../original-login'

const name = z.string().nullable()
const person = z.object({ connected: z.literal(true), userDisplayName: name, userEmail: name })

const showPerson = (stored: unknown): z.infer<typeof person> => {
  const { userDisplayName, userEmail } = details.parse(stored)
  return { connected: true, userDisplayName, userEmail }
}

const reading = (summary: string, answer: z.ZodType, also: readonly 'unsupported_on_platform'[] = []) =>
  endpoint({
    summary,
    who: 'viewer',
    bucket: 'default',
    maxBodyBytes: SMALL,
    answers: { 200: answer },
    errors: ['validation_failed', ...also, ...itemErrors],
  })

const page = z.object({ siteId: z.string(), pageId: z.string(), title: z.string(), webUrl: name })

export const connectorSharepoint = new Hono<App>()
  .post(
    '/sharepoint/connect',
    endpoint({
      summary: 'Connect SharePoint: begin a login, or complete it',
      who: 'editor',
      bucket: 'default',
      alsoCounts: 'connect',
      maxBodyBytes: SMALL,
      answers: {
        200: z.union([person.extend({ success: z.literal(true) }), z.object({ authUrl: z.url() })]),
      },
      errors: ['oauth_state_invalid', ...connectErrors],
      failure: 'Failed to store SharePoint credentials',
    }),
    body(
      z.looseObject({
        code: optional(text({ error: 'Invalid code', max: 4000 })),
        state: optional(text({ error: 'Missing OAuth state parameter', max: 500 })),
        products: optional(z.array(z.enum(['pages']), { error: 'Invalid products' })),
      }),
    ),
    async (c) => {
      const form = c.req.valid('json')
      const { code, state, products = [] } = form
      if (code === undefined) return c.json({ authUrl: await beginOriginal(c, sharepoint, { products }) })
      if (state === undefined) throw new AppError('validation_failed', 'Missing OAuth state parameter')
      const row = await connectPosted(c, sharepoint, { code, state })
      return c.json({ success: true as const, ...showPerson(row.publicJson) })
    },
  )
  .get(
    '/sharepoint/status',
    endpoint({
      summary: 'Whether SharePoint is connected',
      who: 'viewer',
      bucket: 'default',
      answers: { 200: z.union([person, z.object({ connected: z.literal(false) })]) },
    }),
    async (c) => {
      const validate = c.req.query('validate') === 'true'
      const status = await readStatus(c.var.ctx, connectorPorts(c), sharepoint, validate)
      const row = status.connections.find((it) => it.status === 'connected')
      return c.json(row === undefined ? { connected: false as const } : showPerson(row.publicJson))
    },
  )
  .on(['POST', 'DELETE'], '/sharepoint/disconnect', disconnectEndpoint(sharepoint), disconnectAll(sharepoint))
  .get(
    '/sharepoint/sites',
    reading(
      'The sites that the connection sees',
      z.object({ sites: z.array(z.object({ id: z.string(), name: z.string(), webUrl: name })) }),
    ),
    async (c) => c.json({ sites: [...(await verbs.listSites(c.var.ctx, connectorPorts(c)))] }),
  )
  .post(
    '/sharepoint/search',
    reading('Search sites, pages and files', z.object({ results: z.array(hit), count: z.int() })),
    body(verbs.searchInput),
    async (c) => {
      const results = await verbs.searchSharepoint(c.var.ctx, connectorPorts(c), c.req.valid('json'))
      return c.json({ results: [...results], count: results.length })
    },
  )
  .post(
    '/sharepoint/fetch-page',
    reading('A page of SharePoint as Markdown', page.extend({ markdown: z.string() })),
    body(verbs.pageInput),
    async (c) => c.json(await verbs.fetchSitePage(c.var.ctx, connectorPorts(c), c.req.valid('json'))),
  )
  .post(
    '/sharepoint/fetch-document',
    reading(
      'A text document of SharePoint',
      z.object({ id: z.string(), name: z.string(), mimeType: name, webUrl: name, text: z.string() }),
      ['unsupported_on_platform'],
    ),
    body(verbs.documentInput),
    async (c) => c.json(await verbs.fetchDocument(c.var.ctx, connectorPorts(c), c.req.valid('json'))),
  )
  .post(
    '/sharepoint/create-page',
    endpoint({
      summary: 'Write a page at SharePoint, as a draft',
      who: 'editor',
      bucket: 'default',
      maxBodyBytes: SMALL,
      answers: { 201: page.extend({ success: z.literal(true) }) },
      errors: ['validation_failed', ...itemErrors],
      failure: 'Failed to create SharePoint page',
    }),
    body(verbs.newPageInput),
    async (c) => {
      const made = await verbs.writeSitePage(c.var.ctx, connectorPorts(c), c.req.valid('json'))
      return c.json({ success: true as const, ...made }, 201)
    },
  )
