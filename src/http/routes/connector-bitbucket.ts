/** Bitbucket on the paths of the original product. */
import { Hono } from 'hono'
import * as z from 'zod'
import { bitbucket } from '../../connectors/bitbucket'
import { hasClient } from '../../connectors/connector'
import { AppError } from '../../lib/errors'
import { connectAccount } from '../../services/connectors/connect'
import { settingsOf } from '../../services/connectors/ports'
import { readStatus } from '../../services/connectors/status'
import {
  connectedAnswer,
  loginAnswer,
  showConnected,
  showStatus,
  statusAnswer,
} from '../answers/connector-bitbucket'
import { endpoint, SMALL } from '../connector-endpoint'
import { connectErrors } from '../connector-errors'
import type { App, AppContext } from '../env'
import { finishLogin } from '../finish-login'
import { body } from '../input'
import { connectorPorts } from '../middleware/tenant'
import { disconnectAll, disconnectEndpoint } from '../original-disconnect'
import { beginOriginal, windowAfter } from '../original-login'

const callback = endpoint({
  summary: 'Where Bitbucket sends the browser after a login',
  who: 'public',
  bucket: null,
  maxBodyBytes: SMALL,
  anyContentType: true,
  answers: { 200: null, 302: null },
  asText: 'text/html',
  errors: ['rate_limited'],
})

const back = async (c: AppContext): Promise<Response> =>
  windowAfter(c, bitbucket, await finishLogin(c, bitbucket))

export const connectorBitbucket = new Hono<App>()
  .post(
    '/bitbucket/login',
    endpoint({
      summary: 'Connect Bitbucket with an API token, or begin a login',
      who: 'editor',
      bucket: 'default',
      alsoCounts: 'connect',
      maxBodyBytes: SMALL,
      answers: { 200: z.union([connectedAnswer, loginAnswer]) },
      errors: connectErrors,
      failure: 'Failed to store Bitbucket credentials',
    }),
    body(z.looseObject({ email: z.unknown().optional(), api_token: z.unknown().optional() })),
    async (c) => {
      const form = c.req.valid('json')
      if (wantsLogin(form)) {
        checkClient(c)
        const oauth_url = await beginOriginal(c, bitbucket)
        return c.json({ oauth_url, message: 'Redirect to Bitbucket for authentication' as const })
      }
      return c.json(showConnected(await connectAccount(c.var.ctx, connectorPorts(c), bitbucket, form)))
    },
  )
  .get('/bitbucket/callback', callback, back)
  .post('/bitbucket/callback', callback, back)
  .get(
    '/bitbucket/status',
    endpoint({
      summary: 'Whether Bitbucket is connected',
      who: 'viewer',
      bucket: 'default',
      answers: { 200: statusAnswer },
    }),
    async (c) =>
      c.json(
        showStatus(
          await readStatus(c.var.ctx, connectorPorts(c), bitbucket, c.req.query('validate') === 'true'),
        ),
      ),
  )
  .on(
    ['POST', 'DELETE'],
    '/bitbucket/disconnect',
    disconnectEndpoint(bitbucket),
    disconnectAll(bitbucket, () => ({ message: 'Bitbucket account disconnected' })),
  )

/** No member of an API token: the caller wants to log in. */
const wantsLogin = (form: Readonly<Record<string, unknown>>): boolean =>
  [form['email'], form['api_token']].every((it) => it === undefined || it === null || it === '')

/** @throws AppError where this deployment has no login at Bitbucket */
function checkClient(c: AppContext): void {
  const { oauth } = bitbucket
  if (oauth !== null && hasClient(oauth, settingsOf(connectorPorts(c), bitbucket), null)) return
  throw new AppError('validation_failed', 'Bitbucket OAuth is not configured', {
    body: { error_code: 'OAUTH_NOT_CONFIGURED' },
  })
}
