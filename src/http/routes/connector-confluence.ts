/** Confluence on the paths of the original product. */
import { Hono } from 'hono'
import * as z from 'zod'
import { confluence } from '../../connectors/confluence'
import { disconnect } from '../../services/connectors/disconnect'
import { fetchPage, pageInput, parsePage } from '../../services/connectors/confluence'
import { readStatus } from '../../services/connectors/status'
import {
  loginAnswer,
  pageAnswer,
  runbookAnswer,
  showPage,
  showRunbook,
  showSiteEnded,
  showSiteStatus,
  siteAnswer,
  siteEnded,
  siteStatus,
} from '../answers/connector-atlassian'
import { connectSite, siteInput } from '../atlassian-login'
import { endpoint, SMALL } from '../connector-endpoint'
import { connectErrors, itemErrors } from '../connector-errors'
import type { App } from '../env'
import { body } from '../input'
import { connectorPorts } from '../middleware/tenant'

export const connectorConfluence = new Hono<App>()
  .post(
    '/confluence/connect',
    endpoint({
      summary: 'Connect Confluence: begin a login, complete it, or hand over a token',
      who: 'editor',
      bucket: 'default',
      alsoCounts: 'connect',
      maxBodyBytes: SMALL,
      answers: { 200: z.union([siteAnswer, loginAnswer]) },
      errors: ['oauth_state_invalid', ...connectErrors],
      failure: 'Failed to store Confluence credentials',
    }),
    body(siteInput),
    async (c) => c.json(await connectSite(c, confluence, c.req.valid('json'))),
  )
  .get(
    '/confluence/status',
    endpoint({
      summary: 'Whether Confluence is connected',
      who: 'viewer',
      bucket: 'default',
      answers: { 200: siteStatus },
    }),
    async (c) => {
      const validate = c.req.query('validate') === 'true'
      return c.json(showSiteStatus(await readStatus(c.var.ctx, connectorPorts(c), confluence, validate)))
    },
  )
  .on(
    ['POST', 'DELETE'],
    '/confluence/disconnect',
    endpoint({
      summary: 'Disconnect Confluence',
      who: 'editor',
      bucket: 'default',
      alsoCounts: 'disconnect',
      maxBodyBytes: SMALL,
      answers: { 200: siteEnded },
    }),
    async (c) => c.json(showSiteEnded(await disconnect(c.var.ctx, connectorPorts(c), confluence, null))),
  )
  .post(
    '/confluence/fetch',
    endpoint({
      summary: 'A page of Confluence by its address',
      who: 'viewer',
      bucket: 'default',
      maxBodyBytes: SMALL,
      answers: { 200: pageAnswer },
      errors: ['validation_failed', ...itemErrors],
    }),
    body(pageInput),
    async (c) => c.json(showPage(await fetchPage(c.var.ctx, connectorPorts(c), c.req.valid('json').url))),
  )
  .post(
    '/confluence/parse',
    endpoint({
      summary: 'A page of Confluence as a runbook: sections, and steps with their commands',
      who: 'viewer',
      bucket: 'default',
      maxBodyBytes: SMALL,
      answers: { 200: runbookAnswer },
      errors: ['validation_failed', ...itemErrors],
    }),
    body(pageInput),
    async (c) => {
      const { url } = c.req.valid('json')
      return c.json(showRunbook(url, await parsePage(c.var.ctx, connectorPorts(c), url)))
    },
  )
