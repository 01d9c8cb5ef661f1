/** Incidents: reading one, and what people change by hand. */
import * as z from 'zod'
import { AppError, notFound } from '../lib/errors'
import { newId } from '../lib/ids'
import { audit } from '../store/audit'
import type { IncidentRow } from '../store/correlation-rows'
import { isGuardFailure } from '../store/db'
import { announce, cursorNow } from '../store/feed'
import * as store from '../store/incidents'
import { queuePositionOf, usageOfIncident } from '../store/investigations'
import { lifecycle } from '../store/lifecycle'
import { queuePostmortem, type PostmortemJob } from '../store/postmortems'
import { settingsOf } from '../store/settings'
import { incidentChanged } from './announcements'
import { requireRole, type Ctx } from './context'
import { investigationFrom } from './investigation-settings'
import { preMergeState } from './merges/state'

const PARTS = [
  'rawPayload',
  'correlatedAlerts',
  'suggestions',
  'streamingThoughts',
  'citations',
  'chatSessions',
  'tokenUsage',
] as const
type Part = (typeof PARTS)[number]

export const detailQuery = z.object({
  /** Comma list of the added members that are wanted; all without it. Unknown names are ignored. */
  include: z
    .string()
    .optional()
    .transform((text): readonly Part[] => {
      if (text === undefined) return PARTS
      const names = new Set(text.split(',').map((name) => name.trim()))
      return PARTS.filter((part) => names.has(part))
    }),
  thoughtsAfter: z.string().optional(),
})

export type IncidentDetail = Awaited<ReturnType<typeof readIncident>>

/** Everything about one incident, as of one moment. One round trip. @throws AppError not_found */
export async function readIncident(
  ctx: Ctx,
  id: string,
  { include, thoughtsAfter }: z.output<typeof detailQuery>,
) {
  const { db, actor } = ctx
  // A part that nobody asked for is limited to no rows, and then none is read.
  const upTo = (part: Part, most: number): number => (include.includes(part) ? most : 0)
  const [
    incidents,
    runs,
    cursor,
    alerts,
    suggestions,
    thoughts,
    citations,
    sessions,
    messages,
    payloads,
    usage,
    [queued],
  ] = await db.batch([
    store.incidentById(db, id),
    store.newestInvestigation(db, id),
    cursorNow(db),
    store.alertsOfIncident(db, id, upTo('correlatedAlerts', 1000)),
    store.suggestionsOf(db, id, upTo('suggestions', 500)),
    store.thoughtsOf(db, id, thoughtsAfter ?? null, upTo('streamingThoughts', 2000)),
    store.citationsOf(db, id, upTo('citations', 500)),
    store.threadsOf(db, id, actor.userId, upTo('chatSessions', 50)),
    store.threadMessagesOf(db, id, actor.userId, upTo('chatSessions', 10_000)),
    store.rawPayloadOf(db, id, upTo('rawPayload', 1)),
    usageOfIncident(db, id, include.includes('tokenUsage')),
    queuePositionOf(db, id, ctx.now),
  ])
  const [incident] = incidents
  if (incident === undefined) throw notFound('Incident not found')
  return {
    incident,
    include,
    run: runs[0] ?? null,
    streamCursor: cursor[0]?.head ?? 0,
    correlatedAlerts: alerts,
    suggestions,
    thoughts: thoughts.toReversed(),
    citations,
    chatSessions: sessions.map((session) => ({
      session,
      messages: messages.filter(({ sessionId }) => sessionId === session.id),
    })),
    rawPayload: prettyPayload(payloads[0]?.body ?? ''),
    usage,
    queuePosition: queued?.position ?? null,
  }
}

const LONGEST_PAYLOAD = 200_000

function prettyPayload(text: string): string {
  let pretty = text
  try {
    pretty = JSON.stringify(JSON.parse(text), null, 2)
  } catch {
    // Kept as it came: what is no JSON is shown as it is.
  }
  return pretty.length <= LONGEST_PAYLOAD
    ? pretty
    : `${pretty.slice(0, LONGEST_PAYLOAD)}\n… cut here: the payload is longer`
}

const oneOf = <const V extends readonly [string, ...string[]]>(name: string, values: V) =>
  z.enum(values, { error: `Invalid ${name}. Must be one of: ${values.join(', ')}` })

const LONGEST_SUMMARY = 10_000

export const incidentPatch = z
  .object({
    status: oneOf('status', ['investigating', 'analyzed', 'merged', 'resolved']).optional(),
    auroraStatus: oneOf('auroraStatus', ['idle', 'running', 'complete', 'error']).optional(),
    activeTab: oneOf('activeTab', ['thoughts', 'chat']).optional(),
    summary: z
      .union([z.null().transform(() => ''), z.string({ error: 'Invalid summary' })], {
        error: 'Invalid summary',
      })
      .refine((text) => !text.includes('\u0000'), 'Invalid summary')
      .refine(
        (text) => Array.from(text).length <= LONGEST_SUMMARY,
        `Summary too long (max ${LONGEST_SUMMARY} characters)`,
      )
      .optional(),
  })
  .refine((patch) => Object.keys(patch).length > 0, 'No valid fields to update')

const TRIES = 4

/**
 * A person's change of an incident. It is written only onto the row that was read, so two racing changes never mix.
 * @throws AppError forbidden, not_found, incident_merged, conflict
 */
export async function updateIncident(
  ctx: Ctx,
  id: string,
  patch: z.output<typeof incidentPatch>,
): Promise<void> {
  requireRole(ctx, 'editor')
  for (let attempt = 1; attempt <= TRIES; attempt++) {
    const [[before], [settings]] = await ctx.db.batch([store.wholeIncident(ctx.db, id), settingsOf(ctx.db)])
    if (before === undefined) throw notFound('Incident not found')
    if (patch.status !== undefined && before.mergedIntoIncidentId !== null)
      throw new AppError('incident_merged', 'Incident is merged into another incident')
    const job = postmortemAfter(before, patch, settings?.investigation, ctx.now)
    try {
      await writePatch(ctx, before, patch, job)
    } catch (error) {
      if (isGuardFailure(error)) continue
      throw error
    }
    if (job !== null) ctx.nudge.run(job.runId)
    ctx.nudge.feed(ctx.actor.orgId)
    return
  }
  throw new AppError('conflict', 'Incident is being changed by others, try again')
}

async function writePatch(
  ctx: Ctx,
  before: IncidentRow,
  patch: z.output<typeof incidentPatch>,
  job: PostmortemJob | null,
): Promise<void> {
  const { db, actor, now } = ctx
  const changes = changesOf(before, patch, now)
  const after = { ...before, ...changes }
  const statusChanged = before.status !== after.status
  await db.commit([
    store.changeIncident(db, before, changes),
    db.ensureChanged(),
    audit(db, {
      event: 'incident.update',
      actor: actor.userId,
      subject: before.id,
      before: { status: before.status, auroraStatus: before.auroraStatus, activeTab: before.activeTab },
      after: { status: after.status, auroraStatus: after.auroraStatus, activeTab: after.activeTab },
      at: now,
    }),
    ...(statusChanged
      ? [
          lifecycle(db, {
            incidentId: before.id,
            actor: actor.userId,
            event: eventOf(before, after),
            at: now,
          }),
        ]
      : []),
    ...(job === null ? [] : queuePostmortem(db, job, { trigger: 'resolved', userId: null }, now)),
    announce(db, incidentChanged(after, statusChanged ? 'status_changed' : 'updated', now)),
  ])
}

/** The postmortem that a change into `resolved` asks for: with the version guard of the batch, once however many resolve. */
function postmortemAfter(
  before: IncidentRow,
  { status }: z.output<typeof incidentPatch>,
  settings: unknown,
  now: number,
): PostmortemJob | null {
  if (status !== 'resolved' || before.status === 'resolved') return null
  return investigationFrom(settings).postmortem.auto ? { incidentId: before.id, runId: newId(now) } : null
}

function changesOf(
  before: IncidentRow,
  patch: z.output<typeof incidentPatch>,
  now: number,
): Partial<IncidentRow> {
  const { status = before.status } = patch
  const entersResolved = status === 'resolved' && before.status !== 'resolved'
  const done = status === 'resolved' || status === 'analyzed'
  return {
    status,
    ...(patch.auroraStatus === undefined ? {} : { auroraStatus: patch.auroraStatus }),
    ...(patch.activeTab === undefined ? {} : { activeTab: patch.activeTab }),
    ...(patch.summary === undefined ? {} : { manualSummary: patch.summary }),
    preMergeState: stateBeforeMerge(before, status),
    resolvedAt: entersResolved ? now : status === 'resolved' ? before.resolvedAt : null,
    analyzedAt: before.analyzedAt ?? (done ? now : null),
    updatedAt: now,
  }
}

/** What a hand-made merge is undone to; kept while the incident is merged. */
function stateBeforeMerge(before: IncidentRow, status: IncidentRow['status']): IncidentRow['preMergeState'] {
  if (status !== 'merged') return null
  return before.status === 'merged' ? before.preMergeState : { ...preMergeState(before) }
}

/** The lifecycle's name for a change of status. */
function eventOf(before: IncidentRow, after: IncidentRow): string {
  if (after.status === 'resolved') return 'resolved'
  if (after.status === 'merged') return 'merged'
  return before.status === 'merged' ? 'unmerged' : before.status === 'resolved' ? 'reopened' : 'updated'
}
