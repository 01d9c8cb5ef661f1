/** Incidents: listing, reading and what people change by hand. They open through alerts only. */
import * as z from 'zod'
import { AppError, notFound } from '../lib/errors'
import { queryInteger } from '../lib/fields'
import { audit } from '../store/audit'
import type { IncidentRow } from '../store/correlation-rows'
import { isGuardFailure } from '../store/db'
import { announce, cursorNow } from '../store/feed'
import * as store from '../store/incidents'
import { lifecycle } from '../store/lifecycle'
import { incidentChanged } from './announcements'
import { requireRole, type Ctx } from './context'

export const listQuery = z.object({
  status: z
    .enum(['investigating', 'analyzed', 'merged', 'resolved'], {
      error: 'Invalid status. Must be one of: investigating, analyzed, merged, resolved',
    })
    .optional(),
  limit: queryInteger({ error: 'Invalid limit', min: 1, max: 100, fallback: 100 }),
  offset: queryInteger({ error: 'Invalid offset', min: 0, max: 999_999_999, fallback: 0 }),
})

export type ListedIncident = Awaited<ReturnType<typeof listIncidents>>['incidents'][number]

/** A page of the organisation's incidents and how many there are. One round trip. */
export async function listIncidents(ctx: Ctx, { status, limit, offset }: z.output<typeof listQuery>) {
  const [incidents, [counts]] = await ctx.db.batch([
    store.pageOfIncidents(ctx.db, { status: status ?? null, limit, offset }),
    store.countsOfIncidents(ctx.db),
  ])
  const total =
    counts === undefined
      ? 0
      : status === undefined
        ? counts.investigating + counts.analyzed + counts.resolved
        : counts[status]
  return { incidents, total, limit, offset }
}

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
  const [incidents, runs, cursor, alerts, suggestions, thoughts, citations, sessions, messages, payloads] =
    await db.batch([
      store.incidentById(db, id),
      store.newestInvestigation(db, id),
      cursorNow(db),
      store.alertsOfIncident(db, id),
      store.suggestionsOf(db, id),
      store.thoughtsOf(db, id, thoughtsAfter ?? null),
      store.citationsOf(db, id),
      store.threadsOf(db, id, actor.userId),
      store.threadMessagesOf(db, id, actor.userId),
      store.rawPayloadOf(db, id),
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
    const [before] = await store.wholeIncident(ctx.db, id)
    if (before === undefined) throw notFound('Incident not found')
    if (patch.status !== undefined && before.mergedIntoIncidentId !== null)
      throw new AppError('incident_merged', 'Incident is merged into another incident')
    try {
      await writePatch(ctx, before, patch)
    } catch (error) {
      if (isGuardFailure(error)) continue
      throw error
    }
    ctx.nudge.feed(ctx.actor.orgId)
    return
  }
  throw new AppError('conflict', 'Incident is being changed by others, try again')
}

async function writePatch(
  ctx: Ctx,
  before: IncidentRow,
  patch: z.output<typeof incidentPatch>,
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
    announce(db, incidentChanged(after, statusChanged ? 'status_changed' : 'updated', now)),
  ])
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
    resolvedAt: entersResolved ? now : status === 'resolved' ? before.resolvedAt : null,
    analyzedAt: before.analyzedAt ?? (done ? now : null),
    updatedAt: now,
  }
}

/** The lifecycle's name for a change of status. */
function eventOf(before: IncidentRow, after: IncidentRow): string {
  if (after.status === 'resolved') return 'resolved'
  if (after.status === 'merged') return 'merged'
  return before.status === 'merged' ? 'unmerged' : before.status === 'resolved' ? 'reopened' : 'updated'
}
