/** Atlassian's products together, on the paths of the original product. */
import { Hono } from 'hono'
import * as z from 'zod'
import { PRODUCTS } from '../../connectors/atlassian/details'
import {
  atlassianInput,
  connectWithTokens,
  disconnectProducts,
  productStates,
} from '../../services/connectors/atlassian'
import {
  allProductsAnswer,
  endedAnswer,
  loginAnswer,
  productsAnswer,
  showEnded,
  showProducts,
} from '../answers/connector-atlassian'
import { atlassianLogin } from '../atlassian-login'
import { endpoint, SMALL } from '../connector-endpoint'
import { connectErrors } from '../connector-errors'
import type { App } from '../env'
import { body } from '../input'
import { connectorPorts } from '../middleware/tenant'

const WHICH = `product must be one of ${PRODUCTS.join(', ')} or 'all'`

export const connectorAtlassian = new Hono<App>()
  .post(
    '/atlassian/connect',
    endpoint({
      summary: 'Connect products of Atlassian: begin a login, complete it, or hand over tokens',
      who: 'editor',
      bucket: 'default',
      alsoCounts: 'connect',
      maxBodyBytes: SMALL,
      answers: { 200: z.union([productsAnswer, loginAnswer]) },
      errors: ['oauth_state_invalid', ...connectErrors],
      failure: 'Failed to store Atlassian credentials',
    }),
    body(atlassianInput),
    async (c) => {
      const form = c.req.valid('json')
      return form.authType === 'pat'
        ? c.json(showProducts(await connectWithTokens(c.var.ctx, connectorPorts(c), form)))
        : c.json(await atlassianLogin(c, form, form.products ?? ['confluence']))
    },
  )
  .get(
    '/atlassian/status',
    endpoint({
      summary: 'Which products of Atlassian are connected',
      who: 'viewer',
      bucket: 'default',
      answers: { 200: allProductsAnswer },
    }),
    async (c) =>
      c.json(await productStates(c.var.ctx, connectorPorts(c), c.req.query('validate') === 'true')),
  )
  .on(
    ['POST', 'DELETE'],
    '/atlassian/disconnect',
    endpoint({
      summary: 'Disconnect one product of Atlassian, or all',
      who: 'editor',
      bucket: 'default',
      alsoCounts: 'disconnect',
      maxBodyBytes: SMALL,
      answers: { 200: endedAnswer },
      errors: ['validation_failed'],
    }),
    body(z.looseObject({ product: z.enum([...PRODUCTS, 'all'], { error: WHICH }) })),
    async (c) => {
      const { product } = c.req.valid('json')
      const which = product === 'all' ? PRODUCTS : [product]
      return c.json(showEnded(await disconnectProducts(c.var.ctx, connectorPorts(c), which)))
    },
  )
