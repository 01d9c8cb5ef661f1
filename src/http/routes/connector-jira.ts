/** Jira on the paths of the original product. */
import { Hono } from 'hono'
import * as z from 'zod'
import { jira } from '../../connectors/jira'
import { MODES } from '../../connectors/jira/details'
import { optional, text } from '../../lib/fields'
import { askConnection } from '../../services/connectors/ask'
import { disconnect } from '../../services/connectors/disconnect'
import * as verbs from '../../services/connectors/jira'
import { readStatus } from '../../services/connectors/status'
import { showSiteEnded, showSiteStatus, siteEnded, siteStatus } from '../answers/connector-atlassian'
import { endpoint, SMALL } from '../connector-endpoint'
import { itemErrors } from '../connector-errors'
import type { App } from '../env'
import { body } from '../input'
import { connectorPorts } from '../middleware/tenant'

const settings = z.object({ jiraMode: z.enum(MODES) })
const MOST = 'maxResults must be a number'

const writing = (summary: string, answer: z.ZodType, failure: string) =>
  endpoint({
    summary,
    who: 'editor',
    bucket: 'default',
    maxBodyBytes: SMALL,
    answers: { 201: answer },
    errors: ['validation_failed', 'feature_disabled', ...itemErrors],
    failure,
  })

export const connectorJira = new Hono<App>()
  .get(
    '/jira/status',
    endpoint({
      summary: 'Whether Jira is connected',
      who: 'viewer',
      bucket: 'default',
      answers: { 200: siteStatus },
    }),
    async (c) => {
      const validate = c.req.query('validate') === 'true'
      return c.json(showSiteStatus(await readStatus(c.var.ctx, connectorPorts(c), jira, validate)))
    },
  )
  .on(
    ['POST', 'DELETE'],
    '/jira/disconnect',
    endpoint({
      summary: 'Disconnect Jira',
      who: 'editor',
      bucket: 'default',
      alsoCounts: 'disconnect',
      maxBodyBytes: SMALL,
      answers: { 200: siteEnded },
    }),
    async (c) => c.json(showSiteEnded(await disconnect(c.var.ctx, connectorPorts(c), jira, null))),
  )
  .post(
    '/jira/search',
    endpoint({
      summary: 'Issues that match a JQL query, as Jira answers them',
      who: 'viewer',
      bucket: 'default',
      maxBodyBytes: SMALL,
      answers: { 200: z.unknown() },
      errors: ['validation_failed', ...itemErrors],
    }),
    body(
      z.object({
        jql: text({ error: 'jql is required', max: 2000 }),
        maxResults: optional(z.coerce.number({ error: MOST }).int(MOST).min(1, MOST)),
      }),
    ),
    async (c) => {
      const { jql, maxResults = 20 } = c.req.valid('json')
      const args = { jql, maxResults: Math.min(maxResults, 100) }
      return c.json(await askConnection(c.var.ctx, connectorPorts(c), jira, 'search_issues', args))
    },
  )
  .get(
    '/jira/issue/:issue',
    endpoint({
      summary: 'An issue of Jira, as Jira answers it',
      who: 'viewer',
      bucket: 'default',
      answers: { 200: z.unknown() },
      errors: ['validation_failed', ...itemErrors],
    }),
    async (c) => {
      const args = { key: c.req.param('issue') }
      return c.json(await askConnection(c.var.ctx, connectorPorts(c), jira, 'get_issue', args))
    },
  )
  .post(
    '/jira/issue',
    writing(
      'Create an issue in Jira',
      z.object({ id: z.string(), key: z.string(), url: z.string() }),
      'Failed to create Jira issue',
    ),
    body(verbs.issueInput),
    async (c) => c.json(await verbs.openIssue(c.var.ctx, connectorPorts(c), c.req.valid('json')), 201),
  )
  .post(
    '/jira/issue/link',
    writing('Link two issues in Jira', z.object({ success: z.literal(true) }), 'Failed to link Jira issues'),
    body(verbs.linkInput),
    async (c) => {
      await verbs.linkTwoIssues(c.var.ctx, connectorPorts(c), c.req.valid('json'))
      return c.json({ success: true as const }, 201)
    },
  )
  .post(
    '/jira/issue/:issue/comment',
    writing('Write a comment in Jira', z.object({ id: z.string() }), 'Failed to add Jira comment'),
    body(verbs.commentInput),
    async (c) => {
      const { body: comment } = c.req.valid('json')
      const key = c.req.param('issue')
      return c.json(await verbs.commentOnIssue(c.var.ctx, connectorPorts(c), key, comment), 201)
    },
  )
  .get(
    '/jira/settings',
    endpoint({
      summary: 'What people may do in Jira from here',
      who: 'viewer',
      bucket: 'default',
      answers: { 200: settings },
    }),
    async (c) => c.json({ jiraMode: await verbs.readJiraMode(c.var.ctx) }),
  )
  .put(
    '/jira/settings',
    endpoint({
      summary: 'Say what people may do in Jira from here',
      who: 'editor',
      bucket: 'default',
      maxBodyBytes: SMALL,
      answers: { 200: settings.extend({ success: z.literal(true) }) },
      errors: ['validation_failed', 'not_connected', 'conflict'],
    }),
    body(verbs.jiraSettingsInput),
    async (c) => {
      const { jiraMode } = c.req.valid('json')
      await verbs.saveJiraMode(c.var.ctx, jiraMode)
      return c.json({ success: true as const, jiraMode })
    },
  )
