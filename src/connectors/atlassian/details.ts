import * as z from 'zod'

export const API = 'https://api.atlassian.com'
export const AUTH = 'https://auth.atlassian.com'

/** What a login can be for. The export ones ask for the right to write, and only for that product. */
export const PRODUCTS = ['confluence', 'jira', 'jsm_ops'] as const
export const EXPORTS = ['confluence_export', 'jira_export'] as const
export type ProductName = (typeof PRODUCTS)[number]

/** The provider that a product's connection belongs to. */
export const PROVIDER_OF: Readonly<Record<ProductName, string>> = {
  confluence: 'confluence',
  jira: 'jira',
  jsm_ops: 'opsgenie',
}

export const WRITE = { confluence: 'write:page:confluence', jira: 'write:jira-work' } as const

const READ: Readonly<Record<ProductName, readonly [string, ...string[]]>> = {
  confluence: ['read:page:confluence', 'read:space:confluence', 'read:user:confluence', 'search:confluence'],
  jira: ['read:jira-work', 'read:jira-user'],
  jsm_ops: ['read:ops-alert:jira-service-management', 'read:ops-config:jira-service-management'],
}

/** The products that a login is for: those that are named, those whose export is, or the usual two. */
export function productsAsked(named: readonly string[]): readonly ProductName[] {
  const asked = PRODUCTS.filter((it) => named.includes(it) || named.includes(`${it}_export`))
  return asked.length === 0 ? ['confluence', 'jira'] : asked
}

/** Scopes of a login for these products. */
export const scopesOf = (named: readonly string[]): readonly string[] => [
  'offline_access',
  ...productsAsked(named).flatMap((it) => READ[it]),
  ...(named.includes('confluence_export') ? [WRITE.confluence] : []),
  ...(named.includes('jira_export') ? [WRITE.jira] : []),
]

/** Whether these scopes open a product at all. */
export const opens = (product: ProductName, scopes: readonly string[]): boolean =>
  READ[product].some((scope) => scopes.includes(scope))

/** What using the secret needs. */
export const settings = z.object({
  scopes: z.array(z.string()),
  asked: z.array(z.enum(PRODUCTS)),
})

/** How each product that was asked for turned out; a word of ours. */
const result = z.enum([
  'connected',
  'credential_refused',
  'expired',
  'insufficient_permission',
  'no_resources',
  'rate_limited',
  'unreachable',
  'vendor_error',
  'blocked',
])
export type ProductResult = z.infer<typeof result>

/** What status may show. */
export const details = settings.extend({
  baseUrl: z.string(),
  cloudId: z.string(),
  siteName: z.string(),
  products: z.partialRecord(z.enum(PRODUCTS), result),
})

export type Settings = z.infer<typeof settings>
export type Details = z.infer<typeof details>
