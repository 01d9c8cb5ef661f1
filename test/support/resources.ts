/** One of everything that a path can name, so that walks over all routes reach the rows behind them. */
import { env } from 'cloudflare:workers'
import {
  accessTokens,
  alerts,
  correlationRules,
  connectorJobs,
  incidentSuggestions,
  ingestDeliveries,
  integrations,
  invitations,
  maintenanceWindows,
  runs,
  users,
  snsSubscriptions,
  workspaces,
} from '../../drizzle/schema'
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
    rules: newId(),
    'maintenance-windows': newId(),
    subscriptions: newId(),
    runs: newId(),
    users: newId(),
    /** No id: the role that everybody has at least. */
    roles: 'viewer',
    tokens: newId(),
    jobs: newId(),
    /** The setup after a login at Google: a job as well. */
    status: newId(),
    workspaces: crypto.randomUUID(),
    /** No id of ours: the number of an AWS account. */
    accounts: '123456789012',
    /** No id: the name of a provider. */
    connectors: 'datadog',
    'connected-accounts': userId,
    invitations: newId(),
    /** No ids: the name of a finding, and the number of a postmortem's version. */
    findings: `agent-${newId()}`,
    versions: String(100_000_000 + Math.floor(Math.random() * 800_000_000)),
  }
  await db.commit([
    db.insert(users, {
      id: ids.users,
      email: `${ids.users}@example.com`,
      passwordHash: 'none',
      role: 'viewer',
    }),
    db.insert(connectorJobs, {
      id: ids.jobs,
      userId,
      provider: 'datadog',
      kind: 'revalidate',
      state: 'SUCCESS',
    }),
    db.insert(connectorJobs, {
      id: ids.status,
      userId,
      provider: 'gcp',
      kind: 'setup',
      state: 'SUCCESS',
    }),
    db.insert(workspaces, {
      id: ids.workspaces,
      userId,
      name: 'default',
      awsExternalId: crypto.randomUUID(),
    }),
    db.insert(accessTokens, {
      id: ids.tokens,
      userId,
      name: 'Script',
      scope: 'read',
      tokenHash: newId(),
      tokenSuffix: 'abcd',
    }),
    db.insert(invitations, {
      id: ids.invitations,
      email: `${newId()}@example.com`,
      role: 'viewer',
      tokenHash: newId(),
      invitedBy: userId,
      expiresAt: now + 60_000,
    }),
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
    db.insert(snsSubscriptions, {
      id: ids.subscriptions,
      integrationId: ids.integrations,
      topicArn: 'arn:aws:sns:eu-west-1:123456789012:aurora-alarms',
      state: 'pending',
      deliveryId: ids.deliveries,
      requestedAt: now,
    }),
    db.insert(correlationRules, {
      id: ids.rules,
      name: 'By service',
      priority: 1,
      match: [],
      groupBy: ['service'],
      windowSeconds: 600,
      createdBy: userId,
    }),
    db.insert(maintenanceWindows, {
      id: ids['maintenance-windows'],
      name: 'Upgrade',
      startsAt: now,
      endsAt: now + 60_000,
      match: [{ field: 'service', op: 'eq', value: 'none' }],
      createdBy: userId,
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
  'POST /api/tokens': { name: 'Script' },
  'PATCH /api/orgs': { name: 'Another name' },
  'POST /api/admin/users': { email: 'new@example.com', password: PASSWORD },
  'POST /api/admin/users/:user_id/roles': { role: 'editor' },
  'POST /api/invitations': { email: 'invited@example.com', role: 'viewer' },
  'POST /api/invitations/accept': { token: 'none' },
  'POST /api/invitations/decline': { token: 'none' },
  'POST /api/user-preferences': { key: 'theme', value: 'dark' },
  'POST /api/user-preferences/batch': { preferences: { theme: 'dark' } },
  'PUT /api/user/preferences/aurora-learn': { enabled: true },
  'POST /api/auth/login': { email: 'nobody@example.com', password: PASSWORD },
  'POST /api/auth/register': { email: 'somebody@example.com', password: PASSWORD },
  'POST /api/auth/change-password': { currentPassword: PASSWORD, newPassword: 'another good password' },
  'PATCH /api/incidents/:incident_id': { status: 'resolved' },
  'POST /api/incidents/:incident_id/merge-alert': { sourceIncidentId: newId() },
  'POST /api/incidents/:incident_id/split': { alertIds: [newId()] },
  'POST /api/incidents/:incident_id/feedback': { feedback_type: 'not_helpful' },
  'POST /api/incidents/trigger-rca': { issue_description: 'The shop is slow' },
  'PATCH /api/incidents/suggestions/:suggestion_id': { userEditedContent: 'pool: 100' },
  'PATCH /api/incidents/:incident_id/postmortem': { content: '# Postmortem' },
  'POST /api/incidents/:incident_id/postmortem/export/confluence': { spaceKey: 'OPS' },
  'PUT /api/settings/investigation': { enabled: true },
  'POST /api/incidents/:incident_id/chat': { question: 'What happened?' },
  'PUT /chat_api/sessions/:session_id': { title: 'Another title' },
  'POST /chat_api/sessions/:session_id/messages': { message: 'What is open?' },
  'POST /chat_api/sessions/:session_id/confirm': { confirmation_id: 'c1', decision: 'cancel' },
  'PUT /api/correlation/settings': { autoExtend: true },
  'POST /api/correlation/rules': { name: 'Another rule', groupBy: ['service'] },
  'POST /api/correlation/dry-run': { from: 0, to: 60_000 },
  'POST /api/maintenance-windows': {
    name: 'Upgrade',
    startsAt: '2030-01-01T00:00:00Z',
    endsAt: '2030-01-02T00:00:00Z',
    match: [{ field: 'service', op: 'eq', value: 'checkout' }],
  },
  'PATCH /api/maintenance-windows/:window_id': { reason: 'Longer' },
  'PATCH /api/correlation/rules/:rule_id': { enabled: false },
  'PATCH /api/integrations/:integration_id': { name: 'Another name' },
  'POST /api/integrations/:integration_id/preview': { payload: {} },
}
