/** The tools that write at other systems. No run has them: people ask for each use, and people decide. */
import * as z from 'zod'
import { redact } from '../../agent/redact'
import { cloudflare } from '../../connectors/cloudflare'
import { purgeCache } from '../../connectors/cloudflare/purge'
import { github } from '../../connectors/github'
import { incidentio } from '../../connectors/incidentio'
import { postUpdate } from '../../connectors/incidentio/updates'
import { jira } from '../../connectors/jira'
import { opsgenie } from '../../connectors/opsgenie'
import { details as opsgenieDetails } from '../../connectors/opsgenie/details'
import { addNote as addOpsgenieNote } from '../../connectors/opsgenie/notes'
import { pagerduty } from '../../connectors/pagerduty'
import { addNote as addPagerdutyNote } from '../../connectors/pagerduty/notes'
import { slack } from '../../connectors/slack'
import { postMessage } from '../../connectors/slack/post'
import { codePoints, optional, text } from '../../lib/fields'
import { commentOnIssue, issueKey } from '../connectors/jira'
import { proposeFix } from '../connectors/propose-fix'
import { writeAt, writeTool, type WriteTool } from './write-tool'

const MOST_FILES = 30
const LONGEST_FILE = 60_000

/** What people will read elsewhere: a secret that was pasted into it stays here. */
const words = (name: string, max: number) =>
  text({ error: `Invalid ${name}`, trim: false })
    .transform((value) => redact(value))
    .refine((value) => codePoints(value) <= max, `Invalid ${name}`)

const matching = (name: string, pattern: RegExp) =>
  z.string({ error: `Invalid ${name}` }).regex(pattern, `Invalid ${name}`)

const path = matching('filePath', /^(?!\/)(?!.*(?:^|\/)\.{1,2}(?:\/|$))[^\0\\]{1,500}$/)
const repository = matching('repository', /^(?!\.+\/)[\w.-]{1,100}\/(?!\.+$)[\w.-]{1,100}$/)
const content = text({ error: 'Invalid content', max: LONGEST_FILE, min: 0, trim: false })

export const writeTools: readonly WriteTool[] = [
  writeTool({
    name: 'pagerduty_add_note',
    connector: pagerduty,
    description:
      'A note on an incident in PagerDuty. With a key of the whole account, `from` is the e-mail of the user who writes it.',
    input: z.strictObject({
      incidentId: matching('incidentId', /^[A-Z0-9]{1,32}$/),
      note: words('note', 25_000),
      from: optional(matching('from', /^[^\s<>"@,;]{1,200}@[^\s<>"@,;]{1,200}$/)),
    }),
    risk: 'low',
    carryOut: async (ctx, ports, { incidentId, note, from }) => ({
      noteId: await writeAt(ctx, ports, pagerduty, (vendor, access) =>
        addPagerdutyNote(vendor, access, { incidentId, content: note, from: from ?? null }),
      ),
    }),
  }),
  writeTool({
    name: 'opsgenie_add_note',
    connector: opsgenie,
    description: 'A note on an alert in Opsgenie, or in the operations of Jira Service Management.',
    input: z.strictObject({
      alertId: matching('alertId', /^[A-Za-z0-9_-]{1,100}$/),
      note: words('note', 25_000),
    }),
    risk: 'low',
    carryOut: async (ctx, ports, input) => ({
      requestId: await writeAt(ctx, ports, opsgenie, (vendor, access, { publicJson }) =>
        addOpsgenieNote(vendor, access, opsgenieDetails.parse(publicJson), input),
      ),
    }),
  }),
  writeTool({
    name: 'incidentio_post_update',
    connector: incidentio,
    description: 'An update of an incident in incident.io.',
    input: z.strictObject({
      incidentId: matching('incidentId', /^[A-Za-z0-9_-]{1,64}$/),
      message: words('message', 10_000),
    }),
    risk: 'low',
    carryOut: async (ctx, ports, input) => ({
      updateId: await writeAt(ctx, ports, incidentio, (vendor, access) => postUpdate(vendor, access, input)),
    }),
  }),
  writeTool({
    name: 'jira_add_comment',
    connector: jira,
    description: 'A comment on an issue in Jira.',
    input: z.strictObject({ issueKey: issueKey('Invalid issueKey'), body: words('body', 30_000) }),
    risk: 'low',
    carryOut: async (ctx, ports, { issueKey, body }) => ({
      commentId: (await commentOnIssue(ctx, ports, issueKey, body)).id,
    }),
  }),
  writeTool({
    name: 'slack_post_message',
    connector: slack,
    description: 'A message in a channel of Slack, in a thread where one is named.',
    input: z.strictObject({
      channel: matching('channel', /^[CGD][A-Z0-9]{2,30}$/),
      text: words('text', 3900),
      thread: optional(matching('thread', /^\d{1,12}\.\d{1,8}$/)),
    }),
    risk: 'medium',
    carryOut: async (ctx, ports, { channel, text, thread }) => ({
      ts: await writeAt(ctx, ports, slack, (vendor, access) =>
        postMessage(vendor, access, { channel, thread: thread ?? null, text }),
      ),
    }),
  }),
  writeTool({
    name: 'cloudflare_purge_cache',
    connector: cloudflare,
    description: "A purge of a zone's cache at Cloudflare: of these addresses, or of everything.",
    input: z
      .strictObject({
        zoneId: matching('zoneId', /^[a-f0-9]{32}$/),
        files: optional(
          z
            .array(z.url({ protocol: /^https?$/, error: 'Invalid files' }).max(2000, 'Invalid files'), {
              error: 'Invalid files',
            })
            .min(1, 'Invalid files')
            .max(MOST_FILES, 'Invalid files'),
        ),
        everything: optional(z.literal(true, { error: 'Invalid everything' })),
      })
      .refine(
        ({ files, everything }) => (files === undefined) === (everything === true),
        'Either files or everything is required',
      ),
    risk: ({ everything }) => (everything === true ? 'high' : 'medium'),
    carryOut: async (ctx, ports, { zoneId, files }) => ({
      purgeId: await writeAt(ctx, ports, cloudflare, (vendor, access) =>
        purgeCache(vendor, access, { zoneId, files: files ?? null }),
      ),
    }),
  }),
  writeTool({
    name: 'github_open_pull_request',
    connector: github,
    description:
      'A pull request that changes one file at GitHub. The file must still be as it was at `baseCommit`, or read `originalContent`; without both it must be new.',
    input: z.strictObject({
      repository,
      filePath: path,
      content,
      baseCommit: optional(matching('baseCommit', /^[0-9a-f]{7,40}$/)),
      originalContent: optional(content),
      targetBranch: optional(text({ error: 'Invalid targetBranch', max: 255 })),
      title: words('title', 200),
      body: words('body', 10_000),
    }),
    risk: 'medium',
    carryOut: async (ctx, ports, { targetBranch, baseCommit, originalContent, ...change }, id) => {
      const { url, number } = await proposeFix(ctx, ports, {
        ...change,
        target: targetBranch ?? null,
        baseCommit: baseCommit ?? null,
        originalContent: originalContent ?? null,
        // Named by the approval: whatever a lost attempt left is found again under it.
        branch: `aurora/approval-${id}`,
      })
      return { url, number }
    },
  }),
]

export const findWriteTool = (name: string): WriteTool | null =>
  writeTools.find((tool) => tool.name === name) ?? null
