/** Undoing a merge: every alert that it took goes home as it was, and the incident is what it was before. */
import { correlationSettings } from '../../alerts/correlation-settings'
import { resolveIncident } from '../../alerts/incident-lifecycle'
import { AppError, notFound } from '../../lib/errors'
import { newId } from '../../lib/ids'
import { audit } from '../../store/audit'
import { activateRuns } from '../../store/session-runs'
import type { IncidentRow } from '../../store/correlation-rows'
import { isGuardFailure, isUniqueViolation, type Statement } from '../../store/db'
import { announce } from '../../store/feed'
import { changeIncident, wholeIncident } from '../../store/incidents'
import { lifecycle } from '../../store/lifecycle'
import * as store from '../../store/merges'
import { queuePostmortem } from '../../store/postmortems'
import { insertRun } from '../../store/runs'
import { settingsOf } from '../../store/settings'
import { incidentChanged } from '../announcements'
import { requireRole, type Ctx } from '../context'
import { investigationFrom } from '../investigation-settings'
import { stateBefore, tallyAlerts } from './state'

export interface Unmerged {
  /** Null for an incident that was only declared merged. */
  readonly targetId: string | null
  readonly movedAlertCount: number
}

const TRIES = 4

/** @throws AppError forbidden, not_found, invalid_state, conflict */
export async function unmergeIncident(ctx: Ctx, incidentId: string): Promise<Unmerged> {
  requireRole(ctx, 'editor')
  for (let attempt = 1; attempt <= TRIES; attempt++) {
    const found = await look(ctx, incidentId)
    const { statements, runIds } = writes(ctx, found)
    try {
      await ctx.db.commit(statements)
    } catch (error) {
      if (isGuardFailure(error) || isUniqueViolation(error)) continue
      throw error
    }
    for (const runId of runIds) ctx.nudge.run(runId)
    ctx.nudge.feed(ctx.actor.orgId)
    return { targetId: found.incident.mergedIntoIncidentId, movedAlertCount: found.returning.alerts }
  }
  throw new AppError('conflict', 'Incident is being changed by others, try again')
}

type Found = Awaited<ReturnType<typeof look>>

async function look({ db }: Ctx, incidentId: string) {
  const [[incident], [end], [settings], [ordinal]] = await db.batch([
    wholeIncident(db, incidentId),
    store.whereAlertsLie(db, incidentId),
    settingsOf(db),
    store.newestOrdinal(db, incidentId),
  ])
  if (incident === undefined) throw notFound('Incident not found')
  if (incident.status !== 'merged') throw new AppError('invalid_state', 'Incident is not merged')
  const holderId = end?.id ?? incidentId
  const [[holder], groups] = await db.batch([
    wholeIncident(db, holderId),
    store.alertGroups(db, incidentId, holderId),
  ])
  const moves = holder !== undefined && holderId !== incidentId
  const correlation = correlationSettings.partial().safeParse(settings?.correlation ?? {})
  return {
    incident,
    before: stateBefore(incident),
    /** Where the alerts lie; null when they never left. */
    holder: moves ? holder : null,
    returning: tallyAlerts(moves ? groups.filter(({ returns }) => returns === 1) : []),
    staying: tallyAlerts(moves ? groups.filter(({ returns }) => returns === 0) : []),
    ordinal: ordinal?.n ?? 0,
    autoResolve: (correlation.success ? correlation.data.autoResolveIncidents : undefined) ?? true,
    autoPostmortem: investigationFrom(settings?.investigation).postmortem.auto,
    settingsVersion: settings?.version ?? 1,
    topologyVersion: settings?.topologyVersion ?? 1,
  }
}

function writes(
  ctx: Ctx,
  found: Found,
): { readonly statements: Statement[]; readonly runIds: readonly string[] } {
  const { db, actor, now } = ctx
  const { incident, before, holder, returning } = found
  const requeued = before.cancelledRunId === null ? null : newId(now)
  const home = settled(ctx, found, before.openAlertCount, {
    ...incident,
    status: before.status,
    auroraStatus: requeued === null ? before.auroraStatus : 'idle',
    // A merge that was only declared had hidden no summary.
    manualSummary: incident.mergedIntoIncidentId === null ? incident.manualSummary : before.manualSummary,
    resolvedAt: before.resolvedAt,
    mergedIntoIncidentId: null,
    preMergeState: null,
    updatedAt: now,
    ...(holder === null ? {} : ownAlerts(returning, before.lastAlertAt, incident)),
  })
  const rest =
    holder === null
      ? null
      : settled(ctx, found, holder.openAlertCount, {
          ...holder,
          ...ownAlerts(found.staying, 0, holder),
          updatedAt: now,
        })
  const row = (incidentId: string, event: string, details: Readonly<Record<string, unknown>> = {}) =>
    lifecycle(db, { incidentId, actor: actor.userId, event, details, at: now })
  const jobs = [home.job, rest?.job ?? null].filter((job) => job !== null)
  const statements: Statement[] = [
    change(db, incident, home.row),
    db.ensureChanged(),
    ...(holder === null || rest === null
      ? []
      : [
          change(db, holder, rest.row),
          db.ensureChanged(),
          ...store.returnAlerts(db, incident.id, holder.id, now),
          row(holder.id, 'unmerged', { incident: incident.id, alerts: returning.alerts }),
          ...(rest.resolved ? [row(holder.id, 'resolved')] : []),
        ]),
    ...threadAgain(ctx, found, requeued),
    row(incident.id, 'unmerged', { from: holder?.id ?? null }),
    ...(home.resolved ? [row(incident.id, 'resolved')] : []),
    ...jobs.flatMap((job) => queuePostmortem(db, job, { trigger: 'resolved', userId: null }, now)),
    store.recordDecision(
      db,
      {
        alertId: incident.primaryAlertId,
        incidentId: incident.id,
        outcome: 'unmerged',
        reason: holder === null ? 'declared merged by hand' : `unmerged from incident ${holder.id}`,
        settingsVersion: found.settingsVersion,
        topologyVersion: found.topologyVersion,
      },
      now,
    ),
    audit(db, {
      event: 'incident.unmerge',
      actor: actor.userId,
      subject: incident.id,
      before: { mergedIntoIncidentId: incident.mergedIntoIncidentId },
      after: { status: home.row.status, movedAlertCount: returning.alerts },
      at: now,
    }),
    announce(db, [
      ...incidentChanged(home.row, 'unmerged', now),
      ...(rest === null ? [] : incidentChanged(rest.row, 'unmerged', now)),
    ]),
  ]
  return {
    statements,
    runIds: [...jobs.map(({ runId }) => runId), ...(requeued === null ? [] : [requeued])],
  }
}

function change(db: Ctx['db'], read: IncidentRow, row: IncidentRow): Statement {
  const { id: _, orgId: __, version: ___, ...changes } = row
  return changeIncident(db, read, changes)
}

const ownAlerts = (
  own: ReturnType<typeof tallyAlerts>,
  atLeast: number,
  incident: IncidentRow,
): Partial<IncidentRow> => ({
  correlatedAlertCount: Math.max(0, own.alerts - 1),
  openAlertCount: own.openAlertCount,
  affectedServices: own.affectedServices,
  severity: own.severity === 'unknown' ? incident.severity : own.severity,
  lastAlertAt: Math.max(own.lastAlertAt, atLeast) || incident.lastAlertAt,
})

/** An open incident whose last open alert went, or resolved meanwhile, is resolved by the general rule. */
function settled({ now }: Ctx, found: Found, openBefore: number, row: IncidentRow) {
  const lost = found.autoResolve && openBefore > 0 && row.openAlertCount === 0
  const step = lost ? resolveIncident(row, now) : null
  const resolved = step?.changes.status === 'resolved'
  const changed: IncidentRow = resolved ? { ...row, ...step.changes, analyzedAt: row.analyzedAt ?? now } : row
  const job = resolved && found.autoPostmortem ? { incidentId: row.id, runId: newId(now) } : null
  return { row: changed, resolved, job }
}

/** The investigation session is open again; an investigation that the merge cancelled is queued anew. */
function threadAgain(
  { db, now }: Ctx,
  { incident, before, ordinal }: Found,
  runId: string | null,
): Statement[] {
  if (before.sessionStatus === null) return []
  const status =
    before.sessionStatus === 'in_progress' ? (before.sessionPriorStatus ?? 'active') : before.sessionStatus
  const reopened = store.reopenSession(
    db,
    incident.chatSessionId,
    { status: status === 'in_progress' ? 'active' : status, priorStatus: before.sessionPriorStatus },
    now,
  )
  if (runId === null) return [reopened]
  return [
    reopened,
    ...insertRun(db, {
      id: runId,
      kind: 'investigation',
      incidentId: incident.id,
      sessionId: incident.chatSessionId,
      trigger: 'retry',
      ordinal: ordinal + 1,
      checkpoint: {},
      services: [],
      lastEnqueuedAt: now,
      createdAt: now,
    }),
    activateRuns(db, [{ id: runId, sessionId: incident.chatSessionId }], now),
  ]
}
