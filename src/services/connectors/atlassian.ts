/** The products of Atlassian on their older paths: one login or a token each. */
import * as z from 'zod'
import { atlassian } from '../../connectors/atlassian'
import {
  details as grantDetails,
  EXPORTS,
  PRODUCTS,
  PROVIDER_OF,
  type ProductName,
} from '../../connectors/atlassian/details'
import { confluence } from '../../connectors/confluence'
import type { Connector } from '../../connectors/connector'
import { jira } from '../../connectors/jira'
import { opsgenie } from '../../connectors/opsgenie'
import { AppError } from '../../lib/errors'
import { optional, text } from '../../lib/fields'
import type { ConnectionRow } from '../../store/connection-rows'
import * as store from '../../store/connections'
import type { Ctx } from '../context'
import { connectAccount } from './connect'
import { disconnect, type Disconnected } from './disconnect'
import type { Ports } from './ports'
import { readStatus } from './status'

const CONNECTORS: Readonly<Record<ProductName, Connector>> = { confluence, jira, jsm_ops: opsgenie }
const NAMES = [...PRODUCTS, ...EXPORTS].join(', ')
const NONE = `At least one product required (${NAMES})`

export const atlassianInput = z.looseObject({
  products: optional(
    z
      .array(z.enum([...PRODUCTS, ...EXPORTS], { error: NONE }), { error: NONE })
      .min(1, NONE)
      .max(10, NONE),
  ),
  authType: optional(z.enum(['oauth', 'pat'], { error: "Unsupported authType. Use 'oauth' or 'pat'." })),
  code: optional(text({ error: 'Invalid code', max: 4000 })),
  state: optional(text({ error: 'Missing OAuth state parameter', max: 500 })),
})
export type AtlassianInput = z.output<typeof atlassianInput>

/** How a product is connected; without more where it is not. */
export type ProductState =
  | {
      readonly connected: true
      readonly authType: string
      readonly baseUrl: string
      readonly cloudId: string | null
    }
  | { readonly connected: false; readonly error?: string }

export type ProductStates = Readonly<Partial<Record<ProductName, ProductState>>>

/** What a login must name, so that nothing is lost that an earlier one opened. */
export async function productsToKeep(ctx: Ctx, wished: readonly string[]): Promise<readonly string[]> {
  const [grant] = await store.liveConnections(ctx.db, atlassian.id)
  if (grant === undefined) return wished
  const rows = await store.productsOf(ctx.db, [grant.id])
  const held = PRODUCTS.filter((it) => rows.some(({ provider }) => provider === PROVIDER_OF[it]))
  const writing = EXPORTS.filter((it) =>
    rows.some(({ provider, publicJson }) => it === `${provider}_export` && publicJson['canWrite'] === true),
  )
  return [...new Set([...(wished.length === 0 ? ['confluence', 'jira'] : wished), ...held, ...writing])]
}

/** What a login opened, product by product. */
export async function openedProducts(ctx: Ctx, grant: ConnectionRow): Promise<ProductStates> {
  const { asked } = grantDetails.parse(grant.publicJson)
  const rows = await store.productsOf(ctx.db, [grant.id])
  return Object.fromEntries(
    asked.map((product) => {
      const row = rows.find(({ provider }) => provider === PROVIDER_OF[product])
      return [
        product,
        row === undefined ? { connected: false, error: `Token lacks ${product} access` } : stateOf(row),
      ]
    }),
  )
}

/**
 * Connects products with a token each. One that is refused does not keep the others out.
 * @throws AppError of the first product when none could be connected
 */
export async function connectWithTokens(
  ctx: Ctx,
  ports: Ports,
  form: AtlassianInput,
): Promise<ProductStates> {
  const wished = form.products ?? ['confluence']
  const products = PRODUCTS.filter((it) => wished.some((name) => name === it || name === `${it}_export`))
  const states: Partial<Record<ProductName, ProductState>> = {}
  const refusals: AppError[] = []
  for (const product of products) {
    try {
      const made = await connectAccount(ctx, ports, CONNECTORS[product], formOf(product, form))
      states[product] = made.kind === 'connection' ? stateOf(made.connection) : { connected: false }
    } catch (error) {
      if (!(error instanceof AppError) || error.code === 'forbidden') throw error
      refusals.push(refusedToken(CONNECTORS[product], error))
      states[product] = { connected: false, error: error.message }
    }
  }
  const [first] = refusals
  if (first !== undefined && refusals.length === products.length) throw first
  return states
}

function formOf(product: ProductName, form: AtlassianInput): object {
  const own = (name: string): unknown => form[`${product}${name}`] ?? form[lower(name)]
  return product === 'jsm_ops'
    ? { authType: 'jsm', email: own('Email'), apiToken: own('PatToken'), siteUrl: own('BaseUrl') }
    : { authType: 'pat', email: own('Email'), patToken: own('PatToken'), baseUrl: own('BaseUrl') }
}

const lower = (name: string): string => `${name.charAt(0).toLowerCase()}${name.slice(1)}`

/** On the older paths a refused token of Confluence is 401. */
export const refusedToken = (connector: Connector, error: AppError): AppError =>
  error.code === 'credential_refused' && connector.id === confluence.id
    ? new AppError(error.code, error.message, { status: 401 })
    : error

function stateOf(row: ConnectionRow): ProductState {
  const known = (name: string): string | null => {
    const value = row.publicJson[name]
    return typeof value === 'string' ? value : null
  }
  return {
    connected: true,
    authType: known('authType') ?? row.method,
    baseUrl: known('baseUrl') ?? known('siteUrl') ?? '',
    cloudId: known('cloudId'),
  }
}

/** Every product; the operations count where they are those of a site, and not of Opsgenie. */
export async function productStates(
  ctx: Ctx,
  ports: Ports,
  validate: boolean,
): Promise<Readonly<Record<ProductName, ProductState>>> {
  const validated = async (product: ProductName): Promise<readonly ConnectionRow[]> =>
    (await readStatus(ctx, ports, CONNECTORS[product], true)).connections
  const stored = (product: ProductName) => store.liveConnections(ctx.db, CONNECTORS[product].id)
  const [first, second, third] = validate
    ? await Promise.all([validated('confluence'), validated('jira'), validated('jsm_ops')])
    : await ctx.db.batch([stored('confluence'), stored('jira'), stored('jsm_ops')])
  return {
    confluence: shown('confluence', first),
    jira: shown('jira', second),
    jsm_ops: shown('jsm_ops', third),
  }
}

function shown(product: ProductName, connections: readonly ConnectionRow[]): ProductState {
  const row = connections.find((it) => it.status === 'connected' && isAtlassian(product, it))
  return row === undefined ? { connected: false } : stateOf(row)
}

const isAtlassian = (product: ProductName, { publicJson }: ConnectionRow): boolean =>
  product !== 'jsm_ops' || String(publicJson['authType']).startsWith('jsm_')

/** Ends products; the login goes with the last of them. @throws AppError forbidden */
export async function disconnectProducts(
  ctx: Ctx,
  ports: Ports,
  products: readonly ProductName[],
): Promise<readonly Disconnected[]> {
  const ended: Disconnected[] = []
  for (const product of products) {
    const connector = CONNECTORS[product]
    const rows = await store.liveConnections(ctx.db, connector.id)
    if (rows.every((row) => isAtlassian(product, row)))
      ended.push(await disconnect(ctx, ports, connector, null))
  }
  return ended
}
