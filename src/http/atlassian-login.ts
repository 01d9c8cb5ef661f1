/** Logins and tokens of Atlassian on the older paths: for several products, and for one. */
import * as z from 'zod'
import { atlassian } from '../connectors/atlassian'
import type { Connector } from '../connectors/connector'
import { AppError } from '../lib/errors'
import { optional, text } from '../lib/fields'
import {
  openedProducts,
  productsToKeep,
  refusedToken,
  type AtlassianInput,
} from '../services/connectors/atlassian'
import { connectAccount } from '../services/connectors/connect'
import { readStatus } from '../services/connectors/status'
import {
  showProducts,
  showSite,
  type loginAnswer,
  type productsAnswer,
  type siteAnswer,
} from './answers/connector-atlassian'
import type { AppContext } from './env'
import { connectorPorts } from './middleware/tenant'
import { connectPosted } from './finish-login'
import { beginOriginal } from './original-login'

const KIND = "Unsupported authType. Use 'oauth' or 'pat'."

export const siteInput = z.looseObject({
  authType: optional(z.enum(['oauth', 'pat'], { error: KIND })),
  auth_type: optional(z.enum(['oauth', 'pat'], { error: KIND })),
  code: optional(text({ error: 'Invalid code', max: 4000 })),
  state: optional(text({ error: 'Missing OAuth state parameter', max: 500 })),
})

/** @throws AppError validation_failed, credential_refused (401 for a token of Confluence's), oauth_state_invalid */
export async function connectSite(
  c: AppContext,
  connector: Connector,
  form: z.output<typeof siteInput>,
): Promise<z.infer<typeof siteAnswer> | z.infer<typeof loginAnswer>> {
  const ports = connectorPorts(c)
  if ((form.authType ?? form.auth_type) === 'pat') {
    const made = await connectAccount(c.var.ctx, ports, connector, form).catch((error: unknown) => {
      throw error instanceof AppError ? refusedToken(connector, error) : error
    })
    return showSite(made.kind === 'connection' ? made.connection.publicJson : null)
  }
  const answer = await atlassianLogin(c, form, [connector.id])
  if ('authUrl' in answer) return answer
  const { connections } = await readStatus(c.var.ctx, ports, connector, false)
  const row = connections.find((it) => it.status === 'connected')
  if (row === undefined) throw new AppError('insufficient_permission', `Token lacks ${connector.id} access`)
  return showSite(row.publicJson)
}

/** The two halves of a login: without a code it begins, with one it is completed. */
export async function atlassianLogin(
  c: AppContext,
  form: Pick<AtlassianInput, 'code' | 'state'>,
  products: readonly string[],
): Promise<z.infer<typeof loginAnswer> | z.infer<typeof productsAnswer>> {
  const { code, state } = form
  if (code === undefined)
    return {
      authUrl: await beginOriginal(c, atlassian, { products: await productsToKeep(c.var.ctx, products) }),
    }
  if (state === undefined) throw new AppError('validation_failed', 'Missing OAuth state parameter')
  const grant = await connectPosted(c, atlassian, { code, state })
  return showProducts(await openedProducts(c.var.ctx, grant))
}
