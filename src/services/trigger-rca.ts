/** A person reports what no alert did: an incident opens with their words as its alert, and its investigation is queued. */
import * as z from 'zod'
import { optional, text } from '../lib/fields'
import { newId } from '../lib/ids'
import { audit } from '../store/audit'
import { writeDecisions } from '../store/correlation'
import type { AlertRow } from '../store/correlation-rows'
import { runEffect } from '../store/runs'
import { incidentChanged } from './announcements'
import { requireRole, type Ctx } from './context'
import { openedFrom, writeOpening } from './correlation/open-incident'
import { noWrites } from './correlation/world'

const LONGEST = 4000
const TITLE_FROM = 80

export const rcaRequest = z.object({
  issue_description: text({
    error: 'issue_description is required',
    max: LONGEST,
    tooLong: `issue_description too long (max ${LONGEST} chars)`,
  }),
  title: optional(text({ error: 'Invalid title', max: 200 })),
  service: optional(text({ error: 'Invalid service', max: 200 })),
  severity: optional(
    z.enum(['critical', 'high', 'low', 'medium'], {
      error: 'Invalid severity. Must be one of: critical, high, low, medium',
    }),
  ),
})

/** The integration of alerts that people wrote: no sender can have this id. */
const BY_HAND = 'chat'

/** @throws AppError forbidden */
export async function triggerRca(
  ctx: Ctx,
  input: z.output<typeof rcaRequest>,
): Promise<{ readonly incidentId: string; readonly sessionId: string }> {
  requireRole(ctx, 'editor')
  const { db, actor, now } = ctx
  const alert = alertOf(ctx, input)
  const incident = openedFrom(alert, {
    orgId: actor.orgId,
    newId: () => newId(now),
    now,
    receivedAt: now,
    firedAt: null,
  })
  const runId = newId(now)
  const writes = noWrites([])
  writes.newAlerts.push(alert)
  writeOpening(writes, incident, {
    newId: () => newId(now),
    now,
    receivedAt: now,
    actor: actor.userId,
  })
  writes.runs.push({
    id: runId,
    kind: 'investigation',
    incidentId: incident.id,
    sessionId: incident.chatSessionId,
    userId: actor.userId,
    trigger: 'manual',
    checkpoint: {},
    services: [],
    lastEnqueuedAt: now,
    createdAt: now,
  })
  writes.outbox.push({ id: newId(now), ...runEffect(runId, now) })
  writes.feed.push(...incidentChanged(incident, 'created', now))
  const recorded = audit(db, {
    event: 'incident.trigger',
    actor: actor.userId,
    subject: incident.id,
    at: now,
  })
  await writeDecisions(db, writes, now, [recorded])
  ctx.nudge.run(runId)
  ctx.nudge.feed(actor.orgId)
  return { incidentId: incident.id, sessionId: incident.chatSessionId }
}

function alertOf({ actor, now }: Ctx, input: z.output<typeof rcaRequest>): AlertRow {
  const id = newId(now)
  return {
    id,
    orgId: actor.orgId,
    integrationId: BY_HAND,
    incidentId: newId(now),
    deliveryId: id,
    source: 'chat',
    sourceType: 'chat',
    kind: 'alert',
    dedupKey: id,
    sourceAlertId: id,
    state: 'firing',
    severity: input.severity ?? 'medium',
    severityRaw: null,
    title: input.title ?? `User-reported: ${firstOf(input.issue_description)}`,
    description: input.issue_description,
    service: input.service ?? null,
    environment: null,
    host: null,
    startsAt: now,
    lastSeenAt: now,
    lastTransitionAt: now,
    acknowledgedAt: null,
    resolvedAt: null,
    expiresAt: null,
    occurrences: 1,
    flaps: 0,
    repeatPace: null,
    authenticity: 'session',
    sourceUrl: null,
    dashboardUrl: null,
    runbookUrl: null,
    labels: {},
    metadata: { description: input.issue_description },
    createdAt: now,
    updatedAt: now,
  }
}

const firstOf = (text: string): string =>
  Array.from(text.replaceAll(/\s+/g, ' ')).slice(0, TITLE_FROM).join('')
