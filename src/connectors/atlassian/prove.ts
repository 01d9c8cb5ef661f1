/** What a login at Atlassian opens: the sites it was given, and on them the products that answer. */
import * as z from 'zod'
import { headersOf, type Access } from '../access'
import { ask } from '../ask'
import { proveSite as proveConfluence } from '../confluence/prove'
import type { Product, Proof, SharedProof } from '../proof'
import type { VendorCtx } from '../vendor-ctx'
import { proveSite as proveJira } from '../jira/prove'
import { proveOperations } from '../opsgenie/prove'
import { mapOk, ok, type Outcome } from '../outcome'
import {
  API,
  opens,
  PROVIDER_OF,
  WRITE,
  type Details,
  type ProductName,
  type ProductResult,
  type Settings,
} from './details'
import type { Secret } from './tokens'

const sites = z.array(
  z.object({ id: z.string().min(1), url: z.string(), name: z.string(), scopes: z.array(z.string()) }),
)
export type Site = z.infer<typeof sites>[number]

/** The sites of a grant. */
export const listSites = (ctx: VendorCtx, access: Access): Promise<Outcome<readonly Site[]>> =>
  ask(ctx.fetch, `${API}/oauth/token/accessible-resources`, { headers: headersOf(access) }, sites)

/** Confirms each product that was asked for. One that does not answer stays out; the login fails when none does. */
export async function prove(
  ctx: VendorCtx,
  settings: Settings,
  access: Access,
): Promise<Outcome<Proof<Secret, Details>>> {
  const listed = await listSites(ctx, access)
  if (listed.kind !== 'ok') return listed
  const tried = await Promise.all(
    settings.asked.map(async (name) => ({
      name,
      outcome: await proveProduct(ctx, access, name, siteOf(listed.value, name), settings.scopes),
    })),
  )
  const opened = tried.flatMap(({ outcome }) => (outcome.kind === 'ok' ? [outcome.value] : []))
  const [first] = opened
  if (first === undefined) return tried.flatMap(refusalOf)[0] ?? { kind: 'no_resources' }
  const products: Partial<Record<ProductName, ProductResult>> = Object.fromEntries(
    tried.map(({ name, outcome }) => [name, outcome.kind === 'ok' ? 'connected' : outcome.kind]),
  )
  const { url, id, name } = first.site
  return ok({
    accountId: url,
    accountName: name,
    details: { ...settings, baseUrl: url, cloudId: id, siteName: name, products },
    products: opened.map(({ product }) => product),
  })
}

const refusalOf = ({ outcome }: { readonly outcome: Outcome<unknown> }) =>
  outcome.kind === 'ok' ? [] : [outcome]

const siteOf = (all: readonly Site[], name: ProductName): Site | null =>
  all.find(({ scopes }) => opens(name, scopes)) ?? null

async function proveProduct(
  ctx: VendorCtx,
  access: Access,
  name: ProductName,
  site: Site | null,
  granted: readonly string[],
): Promise<Outcome<{ readonly site: Site; readonly product: Product }>> {
  if (site === null) return { kind: 'insufficient_permission' }
  const scopes = [...granted, ...site.scopes]
  const proved = await proofOf(ctx, access, name, site, scopes)
  return mapOk(proved, ({ details, accountName }) => ({
    site,
    product: { provider: PROVIDER_OF[name], accountId: site.url, accountName, details: { ...details } },
  }))
}

function proofOf(
  ctx: VendorCtx,
  access: Access,
  name: ProductName,
  { id: cloudId, url: baseUrl }: Site,
  scopes: readonly string[],
): Promise<Outcome<SharedProof<Readonly<Record<string, unknown>>>>> {
  const oauth = { authType: 'oauth' as const, baseUrl, cloudId }
  switch (name) {
    case 'confluence':
      return proveConfluence(ctx, { ...oauth, canWrite: scopes.includes(WRITE.confluence) }, access)
    case 'jira':
      return proveJira(ctx, { ...oauth, canWrite: scopes.includes(WRITE.jira) }, access)
    case 'jsm_ops':
      return proveOperations(ctx, { authType: 'jsm_oauth', siteUrl: baseUrl, cloudId }, access)
  }
}
