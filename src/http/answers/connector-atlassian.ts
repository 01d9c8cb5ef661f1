/** Bodies of the older paths of Atlassian's products. */
import * as z from 'zod'
import { details as siteDetails } from '../../connectors/atlassian/site'
import type { Page } from '../../connectors/confluence/pages'
import type { ProductStates } from '../../services/connectors/atlassian'
import type { ParsedPage } from '../../services/connectors/confluence'
import type { Disconnected } from '../../services/connectors/disconnect'
import type { ProviderStatus } from '../../services/connectors/status'
import { disconnectAnswer, showDisconnected } from './connectors'

const text = z.string().nullable()

const product = z.union([
  z.object({ connected: z.literal(true), authType: z.string(), baseUrl: z.string(), cloudId: text }),
  z.object({ connected: z.literal(false), error: z.string().optional() }),
])

export const loginAnswer = z.object({ authUrl: z.url() })

export const productsAnswer = z.object({
  success: z.literal(true),
  connected: z.boolean(),
  results: z.record(z.string(), product),
})

export const showProducts = (states: ProductStates): z.infer<typeof productsAnswer> => ({
  success: true,
  connected: Object.values(states).some(({ connected }) => connected),
  results: { ...states },
})

export const allProductsAnswer = z.object({ confluence: product, jira: product, jsm_ops: product })

export const endedAnswer = disconnectAnswer.extend({ deleted: z.int() })

/** Several products in one answer; the worst revocation speaks for all. */
export function showEnded(ended: readonly Disconnected[]): z.infer<typeof endedAnswer> {
  const disconnected = ended.flatMap((it) => it.disconnected)
  const order = ['failed', 'unsupported', 'kept', 'revoked', 'already'] as const
  const revocation = order.find((it) => ended.some((one) => one.revocation === it)) ?? 'already'
  const hint = ended.find((one) => one.revocation === revocation)?.hint ?? null
  const message = 'Atlassian disconnected successfully'
  return {
    ...showDisconnected({ message, disconnected, revocation, hint }),
    deleted: disconnected.length,
  }
}

export const siteAnswer = z.object({
  success: z.literal(true),
  connected: z.literal(true),
  authType: z.enum(['oauth', 'pat']),
  baseUrl: z.string(),
  cloudId: text,
  userDisplayName: text,
  userEmail: text,
})

/** One product that was connected now. */
export function showSite(stored: unknown): z.infer<typeof siteAnswer> {
  const { canWrite: _, ...site } = siteDetails.parse(stored)
  return { success: true, connected: true, ...site }
}

export const siteStatus = z.union([
  siteAnswer.omit({ success: true }),
  z.object({ connected: z.literal(false) }),
])

export function showSiteStatus(status: ProviderStatus): z.infer<typeof siteStatus> {
  const row = status.connections.find((it) => it.status === 'connected')
  if (row === undefined) return { connected: false }
  const { success: _, ...site } = showSite(row.publicJson)
  return site
}

export const siteEnded = disconnectAnswer.extend({ deleted: z.int() })
export const showSiteEnded = (ended: Disconnected): z.infer<typeof siteEnded> => ({
  ...showDisconnected(ended),
  deleted: ended.disconnected.length,
})

export const pageAnswer = z.object({
  id: z.string(),
  title: z.string(),
  version: z.object({ number: z.int() }),
  body: z.object({ storage: z.object({ value: z.string(), representation: z.literal('storage') }) }),
  url: z.string(),
})

export const showPage = ({ id, title, version, body, url }: Page): z.infer<typeof pageAnswer> => ({
  id,
  title,
  version: { number: version },
  body: { storage: { value: body, representation: 'storage' } },
  url,
})

export const runbookAnswer = z.object({
  title: z.string(),
  pageId: z.string(),
  pageUrl: z.string(),
  baseUrl: z.string(),
  markdown: z.string(),
  sections: z.record(z.string(), z.string()),
  steps: z.array(
    z.object({
      step_id: z.string(),
      text: z.string(),
      command: text,
      tool_hint: text,
      classification: z.enum(['manual', 'safe_automated', 'risky_automated']),
      required_approval: z.boolean(),
      evidence_required: z.boolean(),
    }),
  ),
})

export const showRunbook = (
  pageUrl: string,
  { page, baseUrl, markdown, sections, steps }: ParsedPage,
): z.infer<typeof runbookAnswer> => ({
  title: page.title,
  pageId: page.id,
  pageUrl,
  baseUrl,
  markdown,
  sections: { ...sections },
  steps: [...steps],
})
