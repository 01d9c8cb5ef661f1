/** Merging one incident into another: all its alerts move, in one batch that only the first of several rivals gets through. */
import * as z from 'zod'
import { worseOf } from '../../alerts/incident-lifecycle'
import { AppError, notFound } from '../../lib/errors'
import { parseId } from '../../lib/ids'
import { audit } from '../../store/audit'
import { cancelRun } from '../../store/cancellations'
import type { IncidentRow } from '../../store/correlation-rows'
import { isGuardFailure, isUniqueViolation, type Statement } from '../../store/db'
import { announce } from '../../store/feed'
import { changeIncident } from '../../store/incidents'
import { lifecycle } from '../../store/lifecycle'
import * as store from '../../store/merges'
import { settingsOf } from '../../store/settings'
import { incidentChanged } from '../announcements'
import { requireRole, type Ctx } from '../context'
import { shownSummary } from '../incident-summary'
import { preMergeState } from './state'

/** Any value is let through: what is no id has its own error code, which a field's rule could not give. */
export const mergeRequest = z.object({ sourceIncidentId: z.string().optional().catch(undefined) })

export interface Merged {
  readonly alertId: string
  readonly sourceId: string
  readonly movedAlertCount: number
}

const TRIES = 4
const THOUGHTS = 20
const MAX_SERVICES = 100
/** How the message about a merge begins. */
const MERGED_FROM = 'Merged from another incident:'

/** @throws AppError forbidden, invalid_id, invalid_state, not_found, conflict */
export async function mergeIncident(
  ctx: Ctx,
  targetId: string,
  { sourceIncidentId }: z.output<typeof mergeRequest>,
): Promise<Merged> {
  requireRole(ctx, 'editor')
  const sourceId = sourceIncidentId === undefined ? null : parseId(sourceIncidentId.trim())
  if (sourceId === null) throw new AppError('invalid_id', 'Invalid or missing sourceIncidentId')
  if (sourceId === targetId) throw new AppError('invalid_state', 'Cannot merge incident into itself')
  for (let attempt = 1; attempt <= TRIES; attempt++) {
    const found = await look(ctx, sourceId, targetId)
    try {
      await ctx.db.commit(writes(ctx, found))
    } catch (error) {
      if (isGuardFailure(error) || isUniqueViolation(error)) continue
      throw error
    }
    if (found.sourceRun !== null) {
      const { id: runId, sessionId } = found.sourceRun
      ctx.nudge.stopped({ sessionId, runId, lastSeq: found.session?.lastSeq ?? 0 })
    }
    ctx.nudge.feed(ctx.actor.orgId)
    return { alertId: found.alertId, sourceId, movedAlertCount: found.moved }
  }
  throw new AppError('conflict', 'Incident is being changed by others, try again')
}

type Found = Awaited<ReturnType<typeof look>>

/** Both incidents and what belongs to them, when they may be merged. */
async function look({ db }: Ctx, sourceId: string, targetId: string) {
  const [pair, [primary], [counted], runs, thoughts, [analysed], [settings]] = await db.batch([
    store.incidentPair(db, sourceId, targetId),
    store.primaryAlertOf(db, sourceId),
    store.countAlertsOf(db, sourceId),
    store.openInvestigationsOf(db, [sourceId, targetId]),
    store.lastThoughts(db, sourceId, THOUGHTS),
    store.anySucceeded(db, targetId),
    settingsOf(db),
  ])
  const source = pair.find(({ id }) => id === sourceId)
  const target = pair.find(({ id }) => id === targetId)
  if (source === undefined) throw notFound('Source incident not found')
  if (target === undefined) throw notFound('Target incident not found')
  if (source.status === 'merged')
    throw new AppError('invalid_state', 'Source incident is already merged into another incident')
  if (target.status === 'merged')
    throw new AppError('invalid_state', 'Cannot merge into an incident that is already merged')
  if (primary === undefined) throw notFound('Source incident has no primary alert')
  const [session] = await store.sessionOf(db, source.chatSessionId)
  return {
    source,
    target,
    session: session ?? null,
    alertId: primary.alertId,
    moved: counted?.n ?? 0,
    sourceRun: runs.find(({ incidentId }) => incidentId === sourceId) ?? null,
    targetRuns: runs.some(({ incidentId }) => incidentId === targetId),
    targetAnalysed: analysed !== undefined,
    thoughts: thoughts.map(({ content }) => content).toReversed(),
    settingsVersion: settings?.version ?? 1,
    topologyVersion: settings?.topologyVersion ?? 1,
  }
}

function writes(ctx: Ctx, found: Found): Statement[] {
  const { db, actor, now } = ctx
  const { source, target, session, sourceRun } = found
  const away: Partial<IncidentRow> = {
    status: 'merged',
    auroraStatus: 'complete',
    mergedIntoIncidentId: target.id,
    manualSummary: '',
    preMergeState: { ...preMergeState(source, session, sourceRun?.id ?? null) },
    correlatedAlertCount: 0,
    openAlertCount: 0,
    resolvedAt: null,
    updatedAt: now,
  }
  const grown: Partial<IncidentRow> = {
    correlatedAlertCount: target.correlatedAlertCount + found.moved,
    openAlertCount: target.openAlertCount + source.openAlertCount,
    affectedServices: [...new Set([...target.affectedServices, ...source.affectedServices])].slice(
      0,
      MAX_SERVICES,
    ),
    severity: worseOf(target.severity, source.severity),
    lastAlertAt: Math.max(target.lastAlertAt, source.lastAlertAt),
    updatedAt: now,
  }
  const row = (incidentId: string, event: string, details: Readonly<Record<string, unknown>>) =>
    lifecycle(db, { incidentId, actor: actor.userId, event, details, at: now })
  return [
    changeIncident(db, source, away),
    db.ensureChanged(),
    changeIncident(db, target, grown),
    db.ensureChanged(),
    ...store.moveAlerts(db, source.id, target.id, now),
    ...(sourceRun === null
      ? []
      : [
          ...cancelRun(db, sourceRun.id, 'incident_merged', now),
          row(source.id, 'rca_cancelled', { runId: sourceRun.id }),
        ]),
    ...(session === null ? [] : [store.closeSession(db, session.id, now)]),
    ...tellTarget(ctx, found),
    store.recordDecision(
      db,
      {
        alertId: found.alertId,
        incidentId: target.id,
        outcome: 'merged',
        reason: `merged from incident ${source.id}`,
        settingsVersion: found.settingsVersion,
        topologyVersion: found.topologyVersion,
      },
      now,
    ),
    row(source.id, 'merged', { into: target.id }),
    row(target.id, 'merged', { from: source.id, alerts: found.moved }),
    ...(grown.severity === target.severity
      ? []
      : [row(target.id, 'severity_changed', { severity: grown.severity })]),
    audit(db, {
      event: 'incident.merge',
      actor: actor.userId,
      subject: target.id,
      before: { status: source.status },
      after: { sourceIncidentId: source.id, movedAlertCount: found.moved },
      at: now,
    }),
    announce(db, [
      ...incidentChanged({ ...source, ...away }, 'merged', now),
      ...incidentChanged({ ...target, ...grown }, 'merged', now),
    ]),
  ]
}

/** A running investigation takes the source's story into account; a finished one gets it as a message of its thread, one for all merges of ten seconds. */
function tellTarget(
  { db, now }: Ctx,
  { source, target, targetRuns, targetAnalysed, thoughts }: Found,
): readonly Statement[] {
  const text = [
    `${MERGED_FROM} ${source.alertTitle}`,
    `Service: ${source.alertService ?? 'unknown'}. Severity: ${source.severity}.`,
    shownSummary(source),
    ...thoughts.map((thought) => `- ${thought}`),
  ]
    .join('\n')
    .slice(0, 20_000)
  if (targetRuns)
    return [store.tellOpenRun(db, { incidentId: target.id, kind: 'merged', text, alertId: null }, now)]
  return targetAnalysed
    ? store.tellThread(db, { sessionId: target.chatSessionId, begins: MERGED_FROM, text }, now)
    : []
}
