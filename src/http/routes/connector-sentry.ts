/** Sentry's projects and issues on the paths of the original product. */
import { Hono } from 'hono'
import * as z from 'zod'
import { sentry } from '../../connectors/sentry'
import { askConnection } from '../../services/connectors/ask'
import { listAllResources } from '../../services/connectors/resources'
import { endpoint } from '../connector-endpoint'
import { vendorErrors } from '../connector-errors'
import type { App } from '../env'
import { query } from '../input'
import { connectorPorts } from '../middleware/tenant'

const project = z.object({
  id: z.string(),
  slug: z.string(),
  name: z.string(),
  platform: z.string().nullable(),
  enabled: z.boolean(),
})

/** Sentry's own issues, as far as we show them; whatever else it answers is dropped. */
const issue = z.object({
  id: z.string(),
  shortId: z.string().nullish(),
  title: z.string(),
  culprit: z.string().nullish(),
  level: z.string().nullish(),
  status: z.string().nullish(),
  count: z.string().nullish(),
  userCount: z.number().nullish(),
  firstSeen: z.string().nullish(),
  lastSeen: z.string().nullish(),
  permalink: z.string().nullish(),
})

const SEARCH = 'Invalid query'
const PERIOD = 'Invalid statsPeriod'

export const connectorSentry = new Hono<App>()
  .get(
    '/sentry/projects',
    endpoint({
      summary: 'Projects of the Sentry organisation',
      who: 'viewer',
      bucket: 'default',
      answers: { 200: z.object({ projects: z.array(project) }) },
      errors: vendorErrors,
    }),
    async (c) => {
      const found = await listAllResources(c.var.ctx, connectorPorts(c), sentry)
      return c.json({
        projects: found.map(({ id, name, enabled, details }) => ({
          id: String(details['project_id']),
          slug: id,
          name,
          platform: typeof details['platform'] === 'string' ? details['platform'] : null,
          enabled,
        })),
      })
    },
  )
  .get(
    '/sentry/issues',
    endpoint({
      summary: 'Issues of the Sentry organisation that match a search',
      who: 'viewer',
      bucket: 'default',
      answers: { 200: z.object({ issues: z.array(issue) }) },
      errors: [...vendorErrors, 'validation_failed'],
    }),
    query(
      z.object({
        query: z.string().max(2000, SEARCH).default('is:unresolved'),
        statsPeriod: z
          .string()
          .regex(/^[1-9]\d{0,3}[smhdw]$/, PERIOD)
          .default('24h'),
      }),
    ),
    async (c) => {
      const found = await askConnection(
        c.var.ctx,
        connectorPorts(c),
        sentry,
        'search_issues',
        c.req.valid('query'),
      )
      return c.json({ issues: z.array(issue).catch([]).parse(found) })
    },
  )
