/** Splitting by hand: some alerts of an incident get one of their own. */
import * as z from 'zod'
import { resolveIncident } from '../alerts/incident-lifecycle'
import { rankOf } from '../alerts/severity'
import { AppError, notFound } from '../lib/errors'
import { uuid } from '../lib/fields'
import { newId } from '../lib/ids'
import { membersOf, splitOff } from '../store/alerts'
import { audit } from '../store/audit'
import { writeDecisions } from '../store/correlation'
import type { AlertRow, CorrelationWrites, IncidentRow } from '../store/correlation-rows'
import { isGuardFailure, isUniqueViolation } from '../store/db'
import { wholeIncident } from '../store/incidents'
import { runEffect } from '../store/runs'
import { settingsOf } from '../store/settings'
import { incidentChanged } from './announcements'
import { requireRole, type Ctx } from './context'
import { investigationSession, openedFrom } from './correlation/open-incident'
import { settingsFrom } from './correlation/settings'
import { noWrites } from './correlation/world'
import { investigationFrom } from './investigation-settings'

export const splitRequest = z.object({
  alertIds: z
    .array(uuid('Invalid alertIds'), { error: 'Invalid alertIds' })
    .min(1, 'Invalid alertIds')
    .max(1000, 'Invalid alertIds')
    .transform((ids) => [...new Set(ids)]),
})

const TRIES = 4

/**
 * Opens a new incident from these alerts; answers its id. The alert that opened the old one stays there.
 * @throws AppError forbidden, not_found, validation_failed, invalid_state, conflict
 */
export async function splitIncident(
  ctx: Ctx,
  incidentId: string,
  { alertIds }: z.output<typeof splitRequest>,
): Promise<string> {
  requireRole(ctx, 'editor')
  for (let attempt = 1; attempt <= TRIES; attempt++) {
    const found = await look(ctx, incidentId, alertIds)
    const { id, writes } = plan(ctx, found)
    try {
      await writeDecisions(ctx.db, writes, ctx.now, [
        ...splitOff(
          ctx.db,
          { from: incidentId, to: id, alertIds: found.moving.map((alert) => alert.id) },
          ctx.now,
        ),
        audit(ctx.db, {
          event: 'incident.split',
          actor: ctx.actor.userId,
          subject: incidentId,
          after: { incidentId: id, alertIds },
          at: ctx.now,
        }),
      ])
    } catch (error) {
      if (isGuardFailure(error) || isUniqueViolation(error)) continue
      throw error
    }
    for (const run of writes.runs) ctx.nudge.run(run.id)
    ctx.nudge.feed(ctx.actor.orgId)
    return id
  }
  throw new AppError('conflict', 'Incident is being changed by others, try again')
}

type Found = Awaited<ReturnType<typeof look>>

async function look({ db }: Ctx, incidentId: string, alertIds: readonly string[]) {
  const [[incident], members, [settings]] = await db.batch([
    wholeIncident(db, incidentId),
    membersOf(db, incidentId),
    settingsOf(db),
  ])
  if (incident === undefined) throw notFound('Incident not found')
  if (incident.status === 'merged') throw new AppError('invalid_state', 'Incident is merged')
  const wanted = new Set(alertIds)
  const moving = members.filter(({ alert }) => wanted.has(alert.id)).map(({ alert }) => alert)
  const staying = members.filter(({ alert }) => !wanted.has(alert.id)).map(({ alert }) => alert)
  if (moving.length < wanted.size) throw new AppError('validation_failed', 'Alert is not in this incident')
  if (staying.length === 0) throw new AppError('validation_failed', 'Cannot split off all alerts')
  if (wanted.has(incident.primaryAlertId))
    throw new AppError('validation_failed', 'The alert that opened the incident cannot be split off')
  return { incident, moving, staying, settings: settings ?? null }
}

function plan(ctx: Ctx, { incident, moving, staying, settings }: Found) {
  const { now, actor } = ctx
  const writes = noWrites([])
  const [primary] = moving
  if (primary === undefined) throw new AppError('validation_failed', 'Invalid alertIds')
  const { autoResolveIncidents } = settingsFrom(settings?.correlation)
  const { enabled } = investigationFrom(settings?.investigation)
  const settle = (row: IncidentRow): IncidentRow => {
    const step = autoResolveIncidents && row.openAlertCount === 0 ? resolveIncident(row, now) : null
    return step?.changes.status === 'resolved'
      ? { ...row, ...step.changes, analyzedAt: row.analyzedAt ?? now }
      : row
  }
  const id = newId(now)
  const fresh = settle({
    ...openedFrom(
      { ...primary, incidentId: id },
      { orgId: actor.orgId, newId: () => newId(now), now, receivedAt: now, firedAt: null },
    ),
    ...standing(moving),
  })
  const rest = settle({ ...incident, ...standing(staying), updatedAt: now })
  writes.newIncidents.push(fresh)
  writes.changedIncidents.set(rest.id, {
    row: { ...rest, version: incident.version + 1 },
    readVersion: incident.version,
  })
  tell(ctx, writes, { incident, fresh, rest, moving })
  for (const alert of moving)
    writes.decisions.push({
      id: newId(now),
      alertId: alert.id,
      incidentId: id,
      at: now,
      level: 1,
      outcome: 'opened',
      strategy: 'manual',
      score: 1,
      reason: `split by hand from incident ${incident.id}`,
      threshold: 0,
      windowSeconds: 0,
      settingsVersion: settings?.version ?? 1,
      topologyVersion: settings?.topologyVersion ?? 1,
      candidates: [],
    })
  if (enabled && fresh.status === 'investigating') queueRun(writes, fresh, now)
  return { id, writes }
}

/** What an incident shows of its alerts. */
function standing(alerts: readonly AlertRow[]) {
  const services = new Set(alerts.flatMap(({ service }) => service ?? []))
  return {
    correlatedAlertCount: alerts.length - 1,
    openAlertCount: alerts.filter(({ state }) => state !== 'resolved').length,
    affectedServices: [...services].slice(0, 100),
    severity: alerts.reduce(
      (worst, { severity }) => (rankOf(severity) > rankOf(worst.severity) ? { severity } : worst),
      {
        severity: alerts[0]?.severity ?? 'unknown',
      },
    ).severity,
    lastAlertAt: Math.max(
      ...alerts.map(({ startsAt, lastTransitionAt }) => Math.max(startsAt, lastTransitionAt)),
    ),
  } satisfies Partial<IncidentRow>
}

function tell(
  { now, actor }: Ctx,
  writes: CorrelationWrites,
  {
    incident,
    fresh,
    rest,
    moving,
  }: {
    readonly incident: IncidentRow
    readonly fresh: IncidentRow
    readonly rest: IncidentRow
    readonly moving: readonly AlertRow[]
  },
): void {
  const row = (incidentId: string, event: string, details: Readonly<Record<string, unknown>> = {}) =>
    writes.lifecycle.push({ id: newId(now), incidentId, actor: actor.userId, event, details, at: now })
  row(fresh.id, 'created', { splitFrom: incident.id, alerts: moving.length })
  row(incident.id, 'split', { into: fresh.id, alerts: moving.length })
  for (const changed of [fresh, rest])
    if (changed.status === 'resolved' && (changed === fresh || incident.status !== 'resolved'))
      row(changed.id, 'resolved')
  writes.sessions.push(investigationSession(fresh, now))
  writes.feed.push(...incidentChanged(fresh, 'created', now), ...incidentChanged(rest, 'updated', now))
}

function queueRun(
  writes: CorrelationWrites,
  { id: incidentId, chatSessionId }: IncidentRow,
  now: number,
): void {
  const id = newId(now)
  writes.runs.push({
    id,
    kind: 'investigation',
    incidentId,
    sessionId: chatSessionId,
    trigger: 'opened',
    ordinal: 1,
    checkpoint: {},
    services: [],
    lastEnqueuedAt: now,
    createdAt: now,
  })
  writes.outbox.push({ id: newId(now), ...runEffect(id, now) })
}
