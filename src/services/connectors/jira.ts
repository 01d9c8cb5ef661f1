/** Jira for people: what may be written there, and writing it when somebody asks for it. */
import * as z from 'zod'
import { jira } from '../../connectors/jira'
import { details, MODES, type Details } from '../../connectors/jira/details'
import { addComment, createIssue, linkIssues, type JiraSession } from '../../connectors/jira/issues'
import type { Outcome } from '../../connectors/outcome'
import { AppError } from '../../lib/errors'
import { optional, text } from '../../lib/fields'
import { audit } from '../../store/audit'
import { isGuardFailure } from '../../store/db'
import * as store from '../../store/connections'
import { requireRole, type Ctx } from '../context'
import { accountOf, askAccount } from './ask-account'
import type { Ports } from './ports'
import { readOnly, recordWrite } from './vendor-writes'

type Mode = (typeof MODES)[number]
const MODE = `jiraMode must be one of: ${MODES.join(', ')}`
const KEY = /^[A-Za-z][A-Za-z0-9_]{0,99}-\d{1,12}$/

export const issueKey = (error: string) => text({ error, max: 120 }).refine((it) => KEY.test(it), error)

export const jiraSettingsInput = z.object({ jiraMode: z.enum(MODES, { error: MODE }) })

/** What people may do in Jira from here; only comments until somebody says otherwise. */
export async function readJiraMode(ctx: Ctx): Promise<Mode> {
  const [row] = await store.liveConnections(ctx.db, jira.id)
  return row === undefined ? 'comment_only' : (details.parse(row.publicJson).jiraMode ?? 'comment_only')
}

/** @throws AppError forbidden, not_connected, conflict */
export async function saveJiraMode(ctx: Ctx, jiraMode: Mode): Promise<void> {
  requireRole(ctx, 'editor')
  const row = await accountOf(ctx, jira, 'uniform')
  const publicJson = { ...row.publicJson, jiraMode }
  try {
    await ctx.db.commit([
      store.changeConnection(ctx.db, row, { publicJson, updatedAt: ctx.now }),
      ctx.db.ensureChanged(),
      audit(ctx.db, {
        event: 'connector.settings',
        actor: ctx.actor.userId,
        subject: row.id,
        before: { jiraMode: details.parse(row.publicJson).jiraMode ?? 'comment_only' },
        after: { provider: jira.id, jiraMode },
        at: ctx.now,
      }),
    ])
  } catch (error) {
    if (isGuardFailure(error)) throw new AppError('conflict', 'The connection was changed at the same time')
    throw error
  }
}

const BOTH = 'projectKey and summary are required'
export const issueInput = z.object({
  projectKey: text({ error: BOTH, max: 100 }),
  summary: text({ error: BOTH, max: 255, tooLong: 'summary must be at most 255 characters' }),
  description: optional(text({ error: 'Invalid description', min: 0, max: 30_000, trim: false })),
  issueType: optional(text({ error: 'Invalid issueType', max: 100 })),
  labels: optional(
    z
      .array(z.string({ error: 'Invalid labels' }).regex(/^\S{1,255}$/, 'Invalid labels'), {
        error: 'Invalid labels',
      })
      .max(20, 'Invalid labels'),
  ),
  parentKey: optional(issueKey('Invalid parentKey')),
})

/** @throws AppError forbidden, feature_disabled, insufficient_permission, not_connected, vendor refusals */
export function openIssue(ctx: Ctx, ports: Ports, input: z.output<typeof issueInput>) {
  const issue = {
    projectKey: input.projectKey,
    summary: input.summary,
    issueType: input.issueType ?? 'Task',
    description: input.description || null,
    labels: input.labels ?? [],
    parentKey: input.parentKey ?? null,
  }
  const target = { project: issue.projectKey, parent: issue.parentKey }
  return write(ctx, ports, { action: 'create_issue', target, mode: 'full' }, (site) =>
    createIssue(site, issue),
  )
}

export const commentInput = z.object({
  body: text({ error: 'body is required', max: 30_000, tooLong: 'body is too long', trim: false }),
})

/** @throws AppError as `openIssue`, validation_failed for what is no issue's key */
export async function commentOnIssue(
  ctx: Ctx,
  ports: Ports,
  key: string,
  comment: string,
): Promise<{ readonly id: string }> {
  if (!KEY.test(key)) throw new AppError('validation_failed', 'Invalid issue key')
  return write(ctx, ports, { action: 'add_comment', target: { issue: key }, mode: 'comment_only' }, (site) =>
    addComment(site, key, comment),
  )
}

const KEYS = 'inwardKey and outwardKey are required'
export const linkInput = z.object({
  inwardKey: issueKey(KEYS),
  outwardKey: issueKey(KEYS),
  linkType: optional(text({ error: 'Invalid linkType', max: 100 })),
})

/** @throws AppError as `openIssue` */
export function linkTwoIssues(ctx: Ctx, ports: Ports, input: z.output<typeof linkInput>): Promise<null> {
  const link = { ...input, linkType: input.linkType ?? 'Relates' }
  const target = { inward: link.inwardKey, outward: link.outwardKey }
  return write(ctx, ports, { action: 'link_issues', target, mode: 'full' }, (site) => linkIssues(site, link))
}

async function write<T>(
  ctx: Ctx,
  ports: Ports,
  it: {
    readonly action: string
    readonly target: Readonly<Record<string, string | null>>
    readonly mode: Mode
  },
  work: (site: JiraSession) => Promise<Outcome<T>>,
): Promise<T> {
  requireRole(ctx, 'editor')
  const row = await accountOf(ctx, jira, 'uniform')
  const known: Details = details.parse(row.publicJson)
  if (!known.canWrite) throw readOnly('Jira', 'jira_export')
  if (it.mode === 'full' && known.jiraMode !== 'full')
    throw new AppError('feature_disabled', 'Only comments may be written in Jira. Set jiraMode to full.')
  await recordWrite(ctx, row, it.action, it.target)
  return askAccount(ctx, ports, jira, 'uniform', (vendor, access) =>
    work({ ctx: vendor, access, details: known }),
  )
}
