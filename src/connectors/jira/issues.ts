/** Writing in Jira: an issue, a comment, a link between issues. */
import * as z from 'zod'
import type { Schema } from '../../lib/schema'
import { headersOf, type Access } from '../access'
import { readAs, type Judgement } from '../ask'
import { isCloud } from '../atlassian/site'
import type { VendorCtx } from '../vendor-ctx'
import { mapOk, ok, type Outcome } from '../outcome'
import { restOf, type Details } from './details'
import { documentOf } from './document'

/** A site with what authorises calls to it. */
export interface JiraSession {
  readonly ctx: VendorCtx
  readonly access: Access
  readonly details: Details
}

const refused = (text: string): Judgement => ({
  400: { kind: 'no_resources', text },
  401: { kind: 'expired' },
  404: { kind: 'no_resources', text },
})

async function post<T>(
  { ctx, access, details }: JiraSession,
  path: string,
  body: object,
  schema: Schema<T>,
  judgement: Judgement,
): Promise<Outcome<T>> {
  const answer = await ctx.fetch(`${restOf(details)}/${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/json', ...headersOf(access) },
    body: JSON.stringify(body),
  })
  if (answer.kind !== 'ok') return answer
  return readAs({ ...answer.value, text: answer.value.text || '{}' }, schema, judgement)
}

/** Servers take the text as it is, the cloud takes a document. */
const written = ({ details }: JiraSession, text: string): unknown =>
  isCloud(details) ? documentOf(text) : text

export interface NewIssue {
  readonly projectKey: string
  readonly summary: string
  readonly issueType: string
  readonly description: string | null
  readonly labels: readonly string[]
  readonly parentKey: string | null
}

const created = z.object({ id: z.coerce.string(), key: z.string() })

/** @returns the issue with the address that people read it at */
export async function createIssue(
  site: JiraSession,
  issue: NewIssue,
): Promise<Outcome<z.infer<typeof created> & { readonly url: string }>> {
  const fields = {
    project: { key: issue.projectKey },
    summary: issue.summary,
    issuetype: { name: issue.issueType },
    ...(issue.description === null ? {} : { description: written(site, issue.description) }),
    ...(issue.labels.length === 0 ? {} : { labels: issue.labels }),
    ...(issue.parentKey === null ? {} : { parent: { key: issue.parentKey } }),
  }
  const answer = await post(site, 'issue', { fields }, created, refused('Jira does not accept this issue'))
  return mapOk(answer, ({ id, key }) => ({
    id,
    key,
    url: `${site.details.baseUrl}/browse/${encodeURIComponent(key)}`,
  }))
}

const commented = z.object({ id: z.coerce.string() })

export const addComment = (
  site: JiraSession,
  key: string,
  text: string,
): Promise<Outcome<z.infer<typeof commented>>> =>
  post(
    site,
    `issue/${encodeURIComponent(key)}/comment`,
    { body: written(site, text) },
    commented,
    refused('Issue not found in Jira'),
  )

export async function linkIssues(
  site: JiraSession,
  link: { readonly inwardKey: string; readonly outwardKey: string; readonly linkType: string },
): Promise<Outcome<null>> {
  const body = {
    type: { name: link.linkType },
    inwardIssue: { key: link.inwardKey },
    outwardIssue: { key: link.outwardKey },
  }
  const answer = await post(site, 'issueLink', body, z.object({}), refused('Jira does not accept this link'))
  return answer.kind === 'ok' ? ok(null) : answer
}
