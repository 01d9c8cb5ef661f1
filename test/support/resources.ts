/** One of everything that a path can name, so that walks over all routes reach the rows behind them. */
import { env } from 'cloudflare:workers'
import { alerts, incidentSuggestions, ingestDeliveries, integrations, runs } from '../../drizzle/schema'
import { newId } from '../../src/lib/ids'
import { openTenant } from '../../src/store/tenant-db'
import { PASSWORD, type Org } from './org'
import { seedIncident, seedSession } from './seed'

/**
 * Ids by the collection that a path parameter stands in: `incidents` is for `/api/incidents/:incident_id/…`.
 * A new collection with ids in its paths needs its row here. The chat session is private to the organisation's admin.
 */
export async function seedResources({ orgId, userId }: Pick<Org, 'orgId' | 'userId'>) {
  const db = openTenant(env.DB, orgId)
  const now = Date.now()
  const incidentId = await seedIncident(orgId)
  const sessionId = await seedSession(orgId, { userId })
  const ids = {
    incidents: incidentId,
    sessions: sessionId,
    suggestions: newId(),
    integrations: newId(),
    deliveries: newId(),
    alerts: newId(),
    runs: newId(),
  }
  await db.commit([
    db.insert(integrations, {
      id: ids.integrations,
      source: 'generic',
      name: 'Monitoring',
      verification: 'token_only',
      ingestTokenHash: newId(),
      tokenSuffix: 'abcd',
      createdBy: userId,
    }),
    db.insert(ingestDeliveries, {
      id: ids.deliveries,
      integrationId: ids.integrations,
      source: 'generic',
      deliveryKey: newId(),
      state: 'processed',
      authenticity: 'token',
      receivedAt: now,
      bytes: 2,
      bodySha256: newId(),
      headers: {},
    }),
    db.insert(alerts, {
      id: ids.alerts,
      integrationId: ids.integrations,
      incidentId,
      deliveryId: ids.deliveries,
      source: 'generic',
      sourceType: 'generic',
      kind: 'alert',
      dedupKey: newId(),
      sourceAlertId: 'a1',
      state: 'firing',
      severity: 'high',
      title: 'Checkout is slow',
      startsAt: now,
      lastSeenAt: now,
      lastTransitionAt: now,
      authenticity: 'token',
      labels: {},
      metadata: {},
    }),
    db.insert(runs, {
      id: ids.runs,
      kind: 'investigation',
      incidentId,
      sessionId,
      trigger: 'opened',
      state: 'succeeded',
      checkpoint: {},
    }),
    db.insert(incidentSuggestions, {
      id: ids.suggestions,
      incidentId,
      runId: ids.runs,
      ordinal: 1,
      title: 'Roll back',
      description: 'Roll checkout back',
      type: 'mitigation',
      risk: 'low',
      evidence: [],
      origin: 'analyst',
    }),
  ])
  return ids
}

/**
 * A valid body by route: with it, the refusal of a foreign id is about the id, and one bad field stands out.
 * A new route with ids in its path may need one.
 */
export const validBodies: Readonly<Record<string, unknown>> = {
  'POST /api/auth/login': { email: 'nobody@example.com', password: PASSWORD },
  'POST /api/auth/register': { email: 'somebody@example.com', password: PASSWORD },
  'POST /api/auth/change-password': { currentPassword: PASSWORD, newPassword: 'another good password' },
  'PATCH /api/incidents/:incident_id': { status: 'resolved' },
  'POST /api/incidents/:incident_id/chat': { question: 'What happened?' },
  'PUT /chat_api/sessions/:session_id': { title: 'Another title' },
  'PATCH /api/integrations/:integration_id': { name: 'Another name' },
  'POST /api/integrations/:integration_id/preview': { payload: {} },
}
