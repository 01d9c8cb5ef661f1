/** Incidents with everything that belongs to them, written directly. */
import { env } from 'cloudflare:workers'
import { eq } from 'drizzle-orm'
import {
  alerts,
  chatSessions,
  evidence,
  incidentAlerts,
  incidents,
  incidentSuggestions,
  incidentThoughts,
  runs,
} from '../../drizzle/schema'
import { newId } from '../../src/lib/ids'
import { openTenant } from '../../src/store/tenant-db'

type Row<T extends { readonly $inferInsert: object }> = Partial<Omit<T['$inferInsert'], 'orgId'>>

export interface StoryAlert extends Row<typeof alerts> {
  readonly strategy?: 'primary' | 'topology' | 'time_window'
  readonly score?: number
}

/** An incident with its investigation session and its alerts, the first of them primary; answers their ids. */
export async function seedStory(
  orgId: string,
  changes: Row<typeof incidents> = {},
  others: readonly StoryAlert[] = [{}],
) {
  const db = openTenant(env.DB, orgId)
  const now = Date.now()
  const id = newId()
  const sessionId = newId()
  const alertIds = others.map(() => newId())
  const open = others.filter(({ state }) => state !== 'resolved').length
  await db.commit([
    db.insert(incidents, {
      id,
      sourceType: 'grafana',
      sourceAlertId: 'a1',
      severity: 'high',
      alertTitle: 'Checkout is slow',
      alertService: 'checkout',
      alertMetadata: {},
      primaryAlertId: alertIds[0] ?? newId(),
      chatSessionId: sessionId,
      affectedServices: [...new Set(others.map(({ service }) => service ?? 'checkout'))],
      alertSummary: 'Investigating Checkout is slow on checkout...',
      correlatedAlertCount: Math.max(0, others.length - 1),
      openAlertCount: open,
      startedAt: now,
      lastAlertAt: now,
      createdAt: now,
      updatedAt: now,
      ...changes,
    }),
    db.insert(chatSessions, { id: sessionId, incidentId: id, title: 'RCA', uiState: {}, status: 'active' }),
    ...others.flatMap(({ strategy, score, ...alert }, index) => [
      db.insert(alerts, {
        id: alertIds[index],
        integrationId: newId(),
        incidentId: id,
        deliveryId: newId(),
        source: 'grafana',
        sourceType: 'grafana',
        kind: 'alert',
        dedupKey: newId(),
        sourceAlertId: `a${index}`,
        state: 'firing',
        severity: 'high',
        title: 'Checkout is slow',
        service: 'checkout',
        startsAt: now,
        lastSeenAt: now,
        lastTransitionAt: now,
        authenticity: 'token',
        labels: {},
        metadata: {},
        ...alert,
      }),
      db.insert(incidentAlerts, {
        incidentId: id,
        originIncidentId: id,
        alertId: alertIds[index] ?? '',
        correlationStrategy: strategy ?? (index === 0 ? 'primary' : 'topology'),
        correlationScore: score ?? (index === 0 ? 1 : 0.74),
        correlationDetails: index === 0 ? {} : { topology: 0.8 },
        receivedAt: now + index,
      }),
    ]),
  ])
  return { id, sessionId, alertIds }
}

const FINDINGS = {
  verdict: 'likely',
  headline: 'The deployment broke the pool.',
  claims: [
    { section: 'root_cause', text: 'Deployment 42 lowered the pool size.', evidence: [1], origin: 'rules' },
    { section: 'impact', text: 'Checkout answers slowly.', evidence: [1], origin: 'rules' },
  ],
  ruledOut: [{ text: 'The database is idle.', evidence: [1], origin: 'rules' }],
  notChecked: ['Logs: no log source is connected.'],
}

/** An investigation of the incident; answers its id. */
export async function seedRun(
  orgId: string,
  story: { readonly id: string; readonly sessionId: string },
  changes: Row<typeof runs> = {},
): Promise<string> {
  const id = newId()
  const now = Date.now()
  await openTenant(env.DB, orgId).insert(runs, {
    id,
    kind: 'investigation',
    incidentId: story.id,
    sessionId: story.sessionId,
    trigger: 'opened',
    state: 'running',
    checkpoint: {},
    // Held by nobody who would do anything, so that no test races with a worker.
    leaseOwner: 'test',
    leaseEpoch: 1,
    leaseExpiresAt: now + 3_600_000,
    lastEnqueuedAt: now + 3_600_000,
    startedAt: now,
    ...changes,
  })
  return id
}

/** A finished investigation with a thought, a piece of cited evidence and a suggestion; answers the ids. */
export async function seedAnalysis(
  orgId: string,
  story: { readonly id: string; readonly sessionId: string },
  suggestion: Row<typeof incidentSuggestions> = {},
) {
  const db = openTenant(env.DB, orgId)
  const now = Date.now()
  const runId = await seedRun(orgId, story, {
    state: 'succeeded',
    verdict: 'likely',
    confidence: 0.6,
    mechanism: 'bad_change',
    rootCauseService: 'checkout',
    analyst: 'builtin',
    claims: FINDINGS,
    droppedClaims: [{ section: 'impact', text: 'The moon.', evidence: [9], reason: 'unknown_evidence' }],
    leaseExpiresAt: null,
    endedAt: now,
  })
  const suggestionId = newId()
  await db.commit([
    db.insert(incidentThoughts, {
      incidentId: story.id,
      runId,
      seq: 1,
      step: 'context',
      iteration: 0,
      ordinal: 0,
      timestamp: now,
      content: 'Latency rose after the deployment.',
      thoughtType: 'observation',
    }),
    db.insert(evidence, {
      incidentId: story.id,
      runId,
      number: 1,
      toolCallKey: 'context:0:0',
      tool: 'recent_changes',
      command: 'changes of checkout',
      output: `{"changes":[]}${' '.repeat(600)}`,
      outputSha256: 'x',
      status: 'success',
      trust: 'high',
      executedAt: now,
      citedAt: now,
    }),
    db.insert(incidentSuggestions, {
      id: suggestionId,
      incidentId: story.id,
      runId,
      ordinal: 0,
      title: 'Roll back checkout',
      description: 'Deploy the last good build.',
      type: 'mitigation',
      risk: 'low',
      evidence: [1],
      origin: 'rules',
      ...suggestion,
    }),
    db.update(
      incidents,
      { auroraStatus: 'complete', runSummary: 'The pool was exhausted [1].' },
      eq(incidents.id, story.id),
    ),
  ])
  return { runId, suggestionId }
}

export const storyRow = async (id: string) => {
  const row = await env.DB.prepare('SELECT * FROM incidents WHERE id = ?').bind(id).first()
  if (row === null) throw new Error('no such incident')
  return row
}

/** All rows of a query, as D1 gives them. */
// oxlint-disable typescript/no-explicit-any -- rows are read by name, as parsed JSON is
export const rowsOf = async (query: string, ...values: readonly unknown[]) =>
  (
    await env.DB.prepare(query)
      .bind(...values)
      .all<any>()
  ).results
