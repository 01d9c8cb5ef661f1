/** What people change of incidents by hand. */
import type * as z from 'zod'
import { AppError, notFound } from '../lib/errors'
import { newId } from '../lib/ids'
import { audit } from '../store/audit'
import type { IncidentRow } from '../store/correlation-rows'
import { isGuardFailure } from '../store/db'
import { announce, announceIncident } from '../store/feed'
import * as store from '../store/incidents'
import { lifecycle } from '../store/lifecycle'
import { queuePostmortem, type PostmortemJob } from '../store/postmortems'
import { settingsOf } from '../store/settings'
import { incidentChanged } from './announcements'
import { requireRole, type Ctx } from './context'
import { changesOf, eventOf, type incidentPatch } from './incident-patch'
import { investigationFrom } from './investigation-settings'

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
