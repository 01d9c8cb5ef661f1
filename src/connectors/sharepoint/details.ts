import * as z from 'zod'

export const GRAPH = 'https://graph.microsoft.com/v1.0'

/** What using the secret needs. */
export const settings = z.object({
  /** Whether the login granted the right to write pages. */
  canWrite: z.boolean(),
})

/** What status may show. */
export const details = settings.extend({
  userDisplayName: z.string().nullable(),
  userEmail: z.string().nullable(),
})

export type Settings = z.infer<typeof settings>
export type Details = z.infer<typeof details>

/** Names of things at SharePoint, as they may stand in a path. */
export const siteId = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9.-]{0,199}(?:,[0-9a-fA-F-]{36}){0,2}$/)
export const pageId = z.string().regex(/^[0-9a-fA-F-]{36}$/)
const opaque = () => z.string().regex(/^[A-Za-z0-9!_-]{1,200}$/)
export const driveId = opaque()
export const itemId = opaque()

const READ = ['Sites.Read.All', 'Files.Read.All', 'User.Read', 'offline_access', 'openid'] as const
const WRITE = 'Sites.ReadWrite.All'

/** `pages` asks for the right to write pages as well. */
export const scopesOf = (products: readonly string[]): readonly string[] =>
  products.includes('pages') ? [...READ, WRITE] : READ

/** Microsoft names a scope with or without its resource, in any case. */
export function grants(scopes: readonly string[], right: 'read' | 'write'): boolean {
  const short = scopes.map((scope) => scope.toLowerCase().replace(/^https:\/\/graph\.microsoft\.com\//, ''))
  return short.includes(WRITE.toLowerCase()) || (right === 'read' && short.includes('sites.read.all'))
}
