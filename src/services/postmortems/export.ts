/** A postmortem as a page of Confluence: published once, and as the next version of that page from then on. */
import * as z from 'zod'
import { AppError, notFound, type ErrorCode } from '../../lib/errors'
import { optional, text } from '../../lib/fields'
import { markdownToHtml } from '../../lib/markdown-html'
import { iso } from '../../lib/time'
import { audit } from '../../store/audit'
import { markExported } from '../../store/postmortems'
import { publishPage } from '../connectors/confluence'
import type { Ports } from '../connectors/ports'
import { requireRole, type Ctx } from '../context'
import { readPostmortem, type Postmortem } from '../postmortems'

const LONGEST_TITLE = 255

export const exportRequest = z.object({
  spaceKey: text({ error: 'spaceKey is required', max: 255 }),
  parentPageId: optional(text({ error: 'Invalid parentPageId', max: 255 })),
})

export interface Exported {
  readonly pageUrl: string
  readonly pageId: string
}

/**
 * @throws AppError forbidden, not_found without a postmortem or a connection, conflict when that has ended,
 * insufficient_permission when it may only read, no_resources when there is no such space, upstream_error
 */
export async function exportPostmortem(
  ctx: Ctx,
  ports: Ports,
  incidentId: string,
  { spaceKey, parentPageId }: z.output<typeof exportRequest>,
): Promise<Exported> {
  requireRole(ctx, 'editor')
  const postmortem = await readPostmortem(ctx, incidentId)
  const { title, rest } = headed(postmortem)
  const draft = { spaceKey, parentPageId: parentPageId ?? null, title, body: markdownToHtml(rest) }
  const page = await publishPage(ctx, ports, draft, postmortem.confluencePageId).catch((error: unknown) => {
    throw worded(error)
  })
  const exported = { pageUrl: page.url, pageId: page.id }
  await ctx.db.commit([
    markExported(ctx.db, incidentId, exported, ctx.now),
    audit(ctx.db, {
      event: 'postmortem.export',
      actor: ctx.actor.userId,
      subject: incidentId,
      after: { spaceKey, ...exported },
      at: ctx.now,
    }),
  ])
  return exported
}

/** Confluence shows the title by itself, and wants one that no other page of the space has. */
function headed({ content, incidentId, generatedAt }: Postmortem): {
  readonly title: string
  readonly rest: string
} {
  const [, heading = 'Postmortem', rest = content] = /^\s*# (.+)\n?([^]*)$/.exec(content) ?? []
  const mark = ` (${iso(generatedAt).slice(0, 10)}, ${incidentId.slice(-8)})`
  const name = heading
    .trim()
    .slice(0, LONGEST_TITLE - mark.length)
    .toWellFormed()
  return { title: `${name}${mark}`, rest }
}

/** The words that this path has for what the connection says. */
function worded(error: unknown): unknown {
  if (!(error instanceof AppError)) return error
  const known: Partial<Record<ErrorCode, AppError>> = {
    not_connected: notFound('Confluence not connected'),
    reconnect_required: new AppError('conflict', 'Confluence credentials expired'),
    upstream_error: new AppError('upstream_error', 'Failed to export to Confluence', error.extras),
  }
  return known[error.code] ?? error
}
