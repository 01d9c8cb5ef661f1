/** Incidents: reading one, and what people change by hand. */
import * as z from 'zod'
import { AppError, notFound } from '../lib/errors'
import { newId } from '../lib/ids'
import { audit } from '../store/audit'
import type { IncidentRow } from '../store/correlation-rows'
import { isGuardFailure } from '../store/db'
import { announce, announceIncident } from '../store/feed'
import * as detail from '../store/incident-detail'
import * as store from '../store/incidents'
import { queuePositionOf } from '../store/investigations'
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
    alerts,
    suggestions,
    thoughts,
    citations,
    sessions,
    messages,
    payloads,
    usage,
    [queued],
  ] = await db.together([
    detail.incidentById(db, id),
    detail.shownInvestigation(db, id),
    detail.alertsOfIncident(db, id, upTo('correlatedAlerts', 1000)),
    detail.suggestionsOf(db, id, upTo('suggestions', 500)),
    detail.thoughtsOf(db, id, thoughtsAfter ?? null, upTo('streamingThoughts', 2000)),
    detail.citationsOf(db, id, upTo('citations', 500)),
    detail.threadsOf(db, id, actor.userId, upTo('chatSessions', 50)),
    detail.threadMessagesOf(db, id, actor.userId, upTo('chatSessions', 10_000)),
    detail.rawPayloadOf(db, id, upTo('rawPayload', 50)),
    detail.usageOfIncident(db, id, upTo('tokenUsage', 100)),
    queuePositionOf(db, id, ctx.now),
  ])
  const [incident] = incidents
  if (incident === undefined) throw notFound('Incident not found')
  return {
    incident,
    include,
    run: runs[0] ?? null,
    streamCursor: incident.streamHead,
    correlatedAlerts: alerts,
    suggestions,
    thoughts: thoughts.toReversed(),
    citations,
    chatSessions: sessions.map((session) => ({
      session,
      messages: messages.filter(({ sessionId }) => sessionId === session.id),
    })),
    rawPayload: prettyPayload(payloads.map(({ body }) => body)),
    usage,
    queuePosition: queued?.position ?? null,
  }
}

const LONGEST_PAYLOAD = 200_000

/** One payload as it is, several as a list. */
function prettyPayload(texts: readonly string[]): string {
  const [first = '', ...more] = texts
  let pretty = first
  try {
    pretty = JSON.stringify(
      more.length === 0 ? JSON.parse(first) : texts.map((text): unknown => JSON.parse(text)),
      null,
      2,
    )
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
 * A person's change of an incident. It is written only onto the row that was read, so two racing changes never mix; of two
 * that change the status at once the second is refused. The open tab alone is no such change: the last one stays.
 * @throws AppError forbidden, not_found, incident_merged, conflict
 */
export async function updateIncident(
  ctx: Ctx,
  id: string,
  patch: z.output<typeof incidentPatch>,
): Promise<void> {
  requireRole(ctx, 'editor')
  const { activeTab, ...more } = patch
  if (activeTab !== undefined && Object.keys(more).length === 0) return openTab(ctx, id, activeTab)
  let first: IncidentRow | null = null
  for (let attempt = 1; attempt <= TRIES; attempt++) {
    const [[before], [settings]] = await ctx.db.batch([store.wholeIncident(ctx.db, id), settingsOf(ctx.db)])
    if (before === undefined) throw notFound('Incident not found')
    first ??= before
    if (patch.status !== undefined) {
      if (lostRace(ctx, first, before, patch.status))
        throw new AppError('conflict', 'Incident status was changed by another writer')
      if (before.mergedIntoIncidentId !== null)
        throw new AppError('incident_merged', 'Incident is merged into another incident')
    }
    // The moment of the decision, not of the request: whoever asked before it and sees its outcome raced with it.
    const decided = { ...ctx, now: Math.max(ctx.now, Date.now()) }
    const job = postmortemAfter(before, patch, settings?.investigation, decided.now)
    try {
      await writePatch(decided, before, patch, job)
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

/** Whether another writer changed the status while this request was at it. The end of an analysis is no rival. */
function lostRace(
  { now }: Ctx,
  first: IncidentRow,
  before: IncidentRow,
  wanted: IncidentRow['status'],
): boolean {
  if (first.status === before.status)
    return wanted === 'resolved' && before.status === wanted && (before.resolvedAt ?? 0) > now
  const analysed =
    before.status === 'analyzed' && before.auroraStatus === 'complete' && first.auroraStatus !== 'complete'
  return !analysed
}

/** What a page shows is nobody's to lose: no version is asked for and none made. @throws AppError not_found */
async function openTab(ctx: Ctx, id: string, activeTab: IncidentRow['activeTab']): Promise<void> {
  const { db, actor, now } = ctx
  try {
    await db.commit([
      store.showTab(db, id, activeTab, now),
      db.ensureChanged(),
      audit(db, {
        event: 'incident.update',
        actor: actor.userId,
        subject: id,
        after: { activeTab },
        at: now,
      }),
      announceIncident(db, id, 'updated', now),
    ])
  } catch (error) {
    if (isGuardFailure(error)) throw notFound('Incident not found')
    throw error
  }
  ctx.nudge.feed(actor.orgId)
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
