/** Two writers at once, for every change of state: exactly one wins, and the other is told so. */
import { env } from 'cloudflare:workers'
import { describe, it } from 'vitest'
import { ingestBodies, ingestDeliveries, postmortems } from '../../drizzle/schema'
import { newId } from '../../src/lib/ids'
import { appendMessage } from '../../src/store/chat-messages'
import { publishAnalysis } from '../../src/store/incidents'
import { openTenant } from '../../src/store/tenant-db'
import { apiWith } from '../support/api'
import { anOrg, bearer, PASSWORD, type Org } from '../support/org'
import { seedResources } from '../support/resources'
import { race } from '../support/rivals'
import { routes, UNLIMITED } from '../support/routes'
import { seedIncident, seedSession } from '../support/seed'
import { rowsOf, seedAnalysis, seedRun, seedStory } from '../support/stories'

interface Call {
  readonly method: string
  readonly path: string
  readonly body?: unknown
  /** Who calls, where it is not the organisation's admin. */
  readonly token?: string
}

interface Race {
  /** The routes that are raced, as `POST /api/tokens`. */
  readonly route: string
  readonly what: string
  readonly calls: (org: Org) => Promise<readonly [Call, Call]>
}

interface Won extends Race {
  readonly won: number
  readonly lost: readonly [status: number, error: string]
}

const twice = (call: Call): readonly [Call, Call] => [call, call]
const both = (method: string, path: string, one: unknown, two: unknown): readonly [Call, Call] => [
  { method, path, body: one },
  { method, path, body: two },
]

const send = (d1: D1Database, org: Org, { method, path, body, token = org.token }: Call) =>
  apiWith({ ...UNLIMITED, DB: d1 }, bearer(token)).call(method, path, body)

const run = async ({ calls }: Race) => {
  const org = await anOrg()
  const rivals = await calls(org)
  const answers = await race(rivals.map((call) => (d1: D1Database) => send(d1, org, call)))
  return { org, answers: answers.toSorted((a, b) => a.status - b.status) }
}

const incident = (id: string, rest = '') => `/api/incidents/${id}${rest}`
const session = (id: string, rest = '') => `/chat_api/sessions/${id}${rest}`
const resource =
  (method: string, path: (ids: Awaited<ReturnType<typeof seedResources>>) => string, body?: unknown) =>
  async (org: Org) =>
    twice({ method, path: path(await seedResources(org)), body })

/** Rows that a route does not make by itself. */
async function aFix(org: Org): Promise<string> {
  const story = await seedStory(org.orgId)
  return (await seedAnalysis(org.orgId, story, { type: 'fix', suggestedContent: 'pool: 100' })).suggestionId
}

async function aPostmortem(org: Org): Promise<string> {
  const id = await seedIncident(org.orgId)
  const db = openTenant(env.DB, org.orgId)
  await db.insert(postmortems, {
    incidentId: id,
    state: 'ready',
    requestedAt: 1,
    content: '# Postmortem',
    generatedAt: 1,
  })
  await org.patch(incident(id, '/postmortem'), { content: '# First' })
  return id
}

async function anInvitation(org: Org) {
  const guest = await anOrg()
  const { body } = await org.post('/api/invitations', { email: guest.email, role: 'viewer' })
  return { guest, id: String(body.id), token: String(body.token) }
}

async function aDelivery(org: Org, state: 'processed' | 'dead'): Promise<string> {
  const id = newId()
  const db = openTenant(env.DB, org.orgId)
  const { integrations } = await seedResources(org)
  await db.batch([
    db.insert(ingestDeliveries, {
      id,
      integrationId: integrations,
      source: 'generic',
      deliveryKey: newId(),
      state,
      authenticity: 'token',
      receivedAt: Date.now(),
      bytes: 2,
      bodySha256: newId(),
      headers: {},
    }),
    db.insert(ingestBodies, { deliveryId: id, body: '{}' }),
  ])
  return id
}

const merge = (target: string, source: string): Call => ({
  method: 'POST',
  path: incident(target, '/merge-alert'),
  body: { sourceIncidentId: source },
})

const answering = (confirmationId: string, decision: string) => ({
  confirmation_id: confirmationId,
  decision,
})

const WINDOW = {
  name: 'Upgrade',
  startsAt: '2030-01-01T00:00:00Z',
  endsAt: '2030-01-02T00:00:00Z',
  match: [{ field: 'service', op: 'eq', value: 'checkout' }],
}

const ANOTHER = 'was changed by another writer'

const ONE_WINS: readonly Won[] = [
  {
    route: 'POST /api/auth/register',
    what: 'with one address',
    calls: async () => {
      const email = `${newId()}@example.com`
      return twice({ method: 'POST', path: '/api/auth/register', body: { email, password: PASSWORD } })
    },
    won: 201,
    lost: [409, 'User with this email already exists'],
  },
  {
    route: 'POST /api/auth/change-password',
    what: 'from one password',
    calls: async () =>
      both(
        'POST',
        '/api/auth/change-password',
        { currentPassword: PASSWORD, newPassword: 'one good password' },
        { currentPassword: PASSWORD, newPassword: 'two good passwords' },
      ),
    won: 200,
    lost: [401, 'Current password is incorrect'],
  },
  {
    route: 'DELETE /api/tokens/:token_id',
    what: 'of one token',
    calls: resource('DELETE', ({ tokens }) => `/api/tokens/${tokens}`),
    won: 200,
    lost: [404, 'Token not found'],
  },
  {
    route: 'PATCH /api/orgs',
    what: 'with two names',
    calls: async () => both('PATCH', '/api/orgs', { name: 'One' }, { name: 'Two' }),
    won: 200,
    lost: [409, `Organization ${ANOTHER}`],
  },
  {
    route: 'POST /api/admin/users',
    what: 'with one address',
    calls: async () => {
      const email = `${newId()}@example.com`
      return twice({ method: 'POST', path: '/api/admin/users', body: { email, password: PASSWORD } })
    },
    won: 201,
    lost: [409, 'A user with this email already exists'],
  },
  {
    route: 'DELETE /api/admin/users/:user_id',
    what: 'of one member',
    calls: resource('DELETE', ({ users }) => `/api/admin/users/${users}`),
    won: 200,
    lost: [404, 'User not found in this organization'],
  },
  {
    route: 'POST /api/admin/users/:user_id/roles',
    what: 'with two roles',
    calls: async (org) => {
      const { userId } = await org.member('viewer')
      return both('POST', `/api/admin/users/${userId}/roles`, { role: 'editor' }, { role: 'admin' })
    },
    won: 200,
    lost: [409, `Role ${ANOTHER}`],
  },
  {
    route: 'DELETE /api/admin/users/:user_id/roles/:role',
    what: 'of the two last admins by each other',
    calls: async (org) => {
      const other = await org.member('admin')
      const path = (id: string) => `/api/admin/users/${id}/roles/admin`
      return [
        { method: 'DELETE', path: path(other.userId) },
        { method: 'DELETE', path: path(org.userId), token: other.token },
      ]
    },
    won: 200,
    lost: [409, 'Organization must keep at least one admin'],
  },
  {
    route: 'POST /api/invitations',
    what: 'with one address',
    calls: async () => {
      const email = `${newId()}@example.com`
      return twice({ method: 'POST', path: '/api/invitations', body: { email, role: 'viewer' } })
    },
    won: 201,
    lost: [409, 'This user is already invited to your organization'],
  },
  {
    route: 'DELETE /api/invitations/:invitation_id',
    what: 'of one invitation',
    calls: resource('DELETE', ({ invitations }) => `/api/invitations/${invitations}`),
    won: 200,
    lost: [409, 'Invitation was already cancelled'],
  },
  {
    route: 'POST /api/invitations/accept',
    what: 'of one invitation',
    calls: async (org) => {
      const { guest, token } = await anInvitation(org)
      return twice({
        method: 'POST',
        path: '/api/invitations/accept',
        body: { token },
        token: guest.token,
      })
    },
    won: 200,
    lost: [409, 'Invitation was already accepted'],
  },
  {
    route: 'POST /api/invitations/decline',
    what: 'of one invitation',
    calls: async (org) => {
      const { guest, token } = await anInvitation(org)
      return twice({
        method: 'POST',
        path: '/api/invitations/decline',
        body: { token },
        token: guest.token,
      })
    },
    won: 200,
    lost: [409, 'Invitation was already declined'],
  },
  {
    route: 'PATCH /api/incidents/:incident_id',
    what: 'into resolved',
    calls: async (org) =>
      twice({
        method: 'PATCH',
        path: incident(await seedIncident(org.orgId)),
        body: { status: 'resolved' },
      }),
    won: 200,
    lost: [409, `Incident status ${ANOTHER}`],
  },
  {
    route: 'PATCH /api/incidents/:incident_id',
    what: 'into two states',
    calls: async (org) =>
      both('PATCH', incident(await seedIncident(org.orgId)), { status: 'analyzed' }, { status: 'resolved' }),
    won: 200,
    lost: [409, `Incident status ${ANOTHER}`],
  },
  {
    route: 'POST /api/incidents/:incident_id/merge-alert',
    what: 'of A into B and B into A',
    calls: async (org) => {
      const [a, b] = [await seedStory(org.orgId), await seedStory(org.orgId)]
      return [merge(a.id, b.id), merge(b.id, a.id)]
    },
    won: 200,
    lost: [400, 'Cannot merge into an incident that is already merged'],
  },
  {
    route: 'POST /api/incidents/:incident_id/merge-alert',
    what: 'of one incident into two',
    calls: async (org) => {
      const [a, b, c] = [await seedStory(org.orgId), await seedStory(org.orgId), await seedStory(org.orgId)]
      return [merge(a.id, c.id), merge(b.id, c.id)]
    },
    won: 200,
    lost: [400, 'Source incident is already merged into another incident'],
  },
  {
    route: 'POST /api/incidents/:incident_id/unmerge',
    what: 'of one incident',
    calls: async (org) => {
      const [a, b] = [await seedStory(org.orgId), await seedStory(org.orgId)]
      await org.post(merge(a.id, b.id).path, merge(a.id, b.id).body)
      return twice({ method: 'POST', path: incident(b.id, '/unmerge') })
    },
    won: 200,
    lost: [400, 'Incident is not merged'],
  },
  {
    route: 'POST /api/incidents/:incident_id/split',
    what: 'of the same alerts',
    calls: async (org) => {
      const { id, alertIds } = await seedStory(org.orgId, {}, [{}, {}, {}])
      return twice({
        method: 'POST',
        path: incident(id, '/split'),
        body: { alertIds: alertIds.slice(1, 2) },
      })
    },
    won: 201,
    lost: [400, 'Alert is not in this incident'],
  },
  {
    route: 'POST /api/incidents/:incident_id/chat',
    what: 'in one session',
    calls: async (org) => {
      const id = await seedIncident(org.orgId)
      const thread = await seedSession(org.orgId, { userId: org.userId, incidentId: id })
      return both(
        'POST',
        incident(id, `/chat?session_id=${thread}`),
        { question: 'Why?' },
        { question: 'Why?' },
      )
    },
    won: 202,
    lost: [409, 'Session is already processing'],
  },
  {
    route: 'PATCH /api/incidents/suggestions/:suggestion_id',
    what: 'of one fix',
    calls: async (org) =>
      both(
        'PATCH',
        `/api/incidents/suggestions/${await aFix(org)}`,
        { userEditedContent: 'pool: 1' },
        { userEditedContent: 'pool: 2' },
      ),
    won: 200,
    lost: [409, `Suggestion ${ANOTHER}`],
  },
  {
    route: 'POST /api/incidents/:incident_id/feedback',
    what: 'of one user',
    calls: async (org) => {
      const story = await seedStory(org.orgId)
      await seedAnalysis(org.orgId, story)
      const path = incident(story.id, '/feedback')
      return both('POST', path, { feedback_type: 'helpful' }, { feedback_type: 'not_helpful' })
    },
    won: 201,
    lost: [409, 'Feedback already submitted for this incident. Feedback cannot be changed.'],
  },
  {
    route: 'PATCH /api/incidents/:incident_id/postmortem',
    what: 'of one text',
    calls: async (org) =>
      both(
        'PATCH',
        incident(await aPostmortem(org), '/postmortem'),
        { content: '# One' },
        { content: '# Two' },
      ),
    won: 200,
    lost: [409, `Postmortem ${ANOTHER}`],
  },
  {
    route: 'POST /api/incidents/:incident_id/postmortem/versions/:version/restore',
    what: 'of one text',
    calls: async (org) =>
      twice({
        method: 'POST',
        path: incident(await aPostmortem(org), '/postmortem/versions/1/restore'),
      }),
    won: 200,
    lost: [409, `Postmortem ${ANOTHER}`],
  },
  {
    route: 'POST /api/incidents/:incident_id/postmortem/regenerate',
    what: 'of one incident',
    calls: async (org) =>
      twice({ method: 'POST', path: incident(await aPostmortem(org), '/postmortem/regenerate') }),
    won: 202,
    lost: [409, 'Generation already in progress'],
  },
  {
    route: 'POST /api/incidents/:incident_id/investigate',
    what: 'of one incident',
    calls: async (org) =>
      twice({
        method: 'POST',
        path: incident((await seedStory(org.orgId)).id, '/investigate'),
        body: {},
      }),
    won: 202,
    lost: [409, 'Investigation already in progress'],
  },
  {
    route: 'POST /api/incidents/:incident_id/runs/:run_id/cancel',
    what: 'of one run',
    calls: async (org) => {
      const story = await seedStory(org.orgId)
      const runId = await seedRun(org.orgId, story)
      return twice({ method: 'POST', path: incident(story.id, `/runs/${runId}/cancel`) })
    },
    won: 202,
    lost: [409, 'Run already finished'],
  },
  {
    route: 'PUT /api/settings/investigation',
    what: 'of two settings',
    calls: async () => both('PUT', '/api/settings/investigation', { enabled: false }, { maxModelTurns: 3 }),
    won: 200,
    lost: [409, `Settings were changed by another writer`],
  },
  {
    route: 'PUT /api/settings/ingest',
    what: 'of two settings',
    calls: async () =>
      both('PUT', '/api/settings/ingest', { bodyRetentionDays: 7 }, { bodyRetentionDays: 60 }),
    won: 200,
    lost: [409, `Settings were changed by another writer`],
  },
  {
    route: 'PUT /api/settings/llm',
    what: 'of two choices',
    calls: async () =>
      both('PUT', '/api/settings/llm', { enabled: false }, { toolMode: 'json', enabled: false }),
    won: 200,
    lost: [409, 'Settings were changed by another writer'],
  },
  {
    route: 'DELETE /api/settings/llm',
    what: 'of one choice',
    calls: async (org) => {
      await org.put('/api/settings/llm', { enabled: false })
      return twice({ method: 'DELETE', path: '/api/settings/llm' })
    },
    won: 200,
    lost: [409, 'Settings were changed by another writer'],
  },
  {
    route: 'PUT /api/correlation/settings',
    what: 'of two settings',
    calls: async () =>
      both('PUT', '/api/correlation/settings', { autoExtend: false }, { autoResolveIncidents: false }),
    won: 200,
    lost: [409, `Settings were changed by another writer`],
  },
  {
    route: 'POST /api/correlation/rules',
    what: 'with one name',
    calls: async () =>
      twice({
        method: 'POST',
        path: '/api/correlation/rules',
        body: { name: 'Ours', groupBy: ['service'] },
      }),
    won: 201,
    lost: [409, 'Rule name already exists'],
  },
  {
    route: 'PATCH /api/correlation/rules/:rule_id',
    what: 'of one rule',
    calls: resource('PATCH', ({ rules }) => `/api/correlation/rules/${rules}`, { enabled: false }),
    won: 200,
    lost: [409, `Rule ${ANOTHER}`],
  },
  {
    route: 'DELETE /api/correlation/rules/:rule_id',
    what: 'of one rule',
    calls: resource('DELETE', ({ rules }) => `/api/correlation/rules/${rules}`),
    won: 200,
    lost: [404, 'Rule not found'],
  },
  {
    route: 'PUT /api/correlation/config',
    what: 'with two documents',
    calls: async () =>
      both(
        'PUT',
        '/api/correlation/config',
        { rules: [{ name: 'One', groupBy: ['service'] }] },
        { rules: [{ name: 'Two', groupBy: ['service'] }] },
      ),
    won: 200,
    lost: [409, 'Rules are being changed by others, try again'],
  },
  {
    route: 'PATCH /api/maintenance-windows/:window_id',
    what: 'of one window',
    calls: resource('PATCH', (ids) => `/api/maintenance-windows/${ids['maintenance-windows']}`, {
      reason: 'Longer',
    }),
    won: 200,
    lost: [409, `Maintenance window ${ANOTHER}`],
  },
  {
    route: 'DELETE /api/maintenance-windows/:window_id',
    what: 'of one window',
    calls: resource('DELETE', (ids) => `/api/maintenance-windows/${ids['maintenance-windows']}`),
    won: 200,
    lost: [404, 'Maintenance window not found'],
  },
  {
    route: 'POST /api/integrations',
    what: 'with one name',
    calls: async () =>
      twice({
        method: 'POST',
        path: '/api/integrations',
        body: { source: 'generic', name: 'Ours' },
      }),
    won: 201,
    lost: [409, 'Integration name already exists'],
  },
  {
    route: 'PATCH /api/integrations/:integration_id',
    what: 'of one sender',
    calls: resource('PATCH', ({ integrations }) => `/api/integrations/${integrations}`, {
      settings: { investigate: false },
    }),
    won: 200,
    lost: [409, `Integration ${ANOTHER}`],
  },
  {
    route: 'POST /api/integrations/:integration_id/rotate-token',
    what: 'of one sender',
    calls: resource('POST', ({ integrations }) => `/api/integrations/${integrations}/rotate-token`),
    won: 200,
    lost: [409, `Integration ${ANOTHER}`],
  },
  {
    route: 'PUT /api/integrations/:integration_id/signing-secret',
    what: 'of one sender',
    calls: async (org) => {
      const { body } = await org.post('/api/integrations', { source: 'cloudevents', name: 'Ours' })
      return twice({
        method: 'PUT',
        path: `/api/integrations/${body.integration.id}/signing-secret`,
        body: {},
      })
    },
    won: 200,
    lost: [409, `Integration ${ANOTHER}`],
  },
  {
    route: 'DELETE /api/integrations/:integration_id',
    what: 'of one sender',
    calls: resource('DELETE', ({ integrations }) => `/api/integrations/${integrations}`),
    won: 200,
    lost: [404, 'Integration not found'],
  },
  {
    route: 'POST /api/ingest/deliveries/:delivery_id/redrive',
    what: 'of one delivery',
    calls: async (org) =>
      twice({
        method: 'POST',
        path: `/api/ingest/deliveries/${await aDelivery(org, 'processed')}/redrive`,
        body: {},
      }),
    won: 202,
    lost: [409, 'Delivery is being processed'],
  },
  {
    route: 'PUT /chat_api/sessions/:session_id',
    what: 'with two titles',
    calls: async (org) =>
      both(
        'PUT',
        session(await seedSession(org.orgId, { userId: org.userId })),
        { title: 'One' },
        { title: 'Two' },
      ),
    won: 200,
    lost: [409, 'Session was changed by another writer'],
  },
  {
    route: 'DELETE /chat_api/sessions/:session_id',
    what: 'of one session',
    calls: async (org) =>
      twice({
        method: 'DELETE',
        path: session(await seedSession(org.orgId, { userId: org.userId })),
      }),
    won: 200,
    lost: [404, 'Chat session not found'],
  },
  {
    route: 'POST /chat_api/sessions/:session_id/messages',
    what: 'in one session',
    calls: async (org) =>
      both(
        'POST',
        session(await seedSession(org.orgId, { userId: org.userId }), '/messages'),
        { message: 'What is open?' },
        { message: 'What is open?' },
      ),
    won: 202,
    lost: [409, 'Session is already processing'],
  },
  {
    route: 'POST /chat_api/sessions/:session_id/confirm',
    what: 'of one confirmation',
    calls: async (org) => {
      const pendingTurn = { confirmation_id: 'c1', expires_at: '2999-01-01T00:00:00.000Z' }
      const id = await seedSession(org.orgId, { userId: org.userId, pendingTurn })
      return both('POST', session(id, '/confirm'), answering('c1', 'execute'), answering('c1', 'cancel'))
    },
    won: 200,
    lost: [404, 'Confirmation not found'],
  },
  {
    route: 'PUT /api/org/command-policies/:policy_id',
    what: 'of one rule',
    calls: resource('PUT', (ids) => `/api/org/command-policies/${ids['command-policies']}`, {
      enabled: false,
    }),
    won: 200,
    lost: [409, `Rule ${ANOTHER}`],
  },
  {
    route: 'DELETE /api/org/command-policies/:policy_id',
    what: 'of one rule',
    calls: resource('DELETE', (ids) => `/api/org/command-policies/${ids['command-policies']}`),
    won: 200,
    lost: [409, `Rule ${ANOTHER}`],
  },
  {
    route: 'POST /api/approvals/:approval_id/approve',
    what: 'of one use',
    calls: resource('POST', ({ approvals }) => `/api/approvals/${approvals}/approve`),
    won: 200,
    lost: [409, 'Approval was already decided'],
  },
  {
    route: 'POST /api/approvals/:approval_id/deny',
    what: 'and its approval',
    calls: async (org) => {
      const { approvals } = await seedResources(org)
      const path = (verb: string) => `/api/approvals/${approvals}/${verb}`
      return [
        { method: 'POST', path: path('approve') },
        { method: 'POST', path: path('deny') },
      ]
    },
    won: 200,
    lost: [409, 'Approval was already decided'],
  },
]

interface Peaceful extends Race {
  /** Why both may succeed. */
  readonly because: string
  readonly answered: number
}

const NOBODY_LOSES: readonly Peaceful[] = [
  {
    route: 'POST /api/auth/logout',
    what: 'of one session',
    because: 'both ask for the same end',
    calls: async () => twice({ method: 'POST', path: '/api/auth/logout' }),
    answered: 204,
  },
  {
    route: 'POST /api/auth/login',
    what: 'of one user',
    because: 'a user may have many sessions',
    calls: async (org) =>
      twice({
        method: 'POST',
        path: '/api/auth/login',
        body: { email: org.email, password: org.password },
      }),
    answered: 200,
  },
  {
    route: 'POST /api/tokens',
    what: 'with one name',
    because: 'each is a token of its own',
    calls: async () => twice({ method: 'POST', path: '/api/tokens', body: { name: 'Script' } }),
    answered: 201,
  },
  {
    route: 'POST /api/user-preferences',
    what: 'of one key',
    because: 'the last state of a page counts',
    calls: async () =>
      both(
        'POST',
        '/api/user-preferences',
        { key: 'theme', value: 'dark' },
        { key: 'theme', value: 'light' },
      ),
    answered: 200,
  },
  {
    route: 'POST /api/user-preferences/batch',
    what: 'of one key',
    because: 'the last state of a page counts',
    calls: async () =>
      twice({
        method: 'POST',
        path: '/api/user-preferences/batch',
        body: { preferences: { theme: 'dark' } },
      }),
    answered: 200,
  },
  {
    route: 'PUT /api/user/preferences/aurora-learn',
    what: 'of one user',
    because: 'the last state of a page counts',
    calls: async () =>
      both('PUT', '/api/user/preferences/aurora-learn', { enabled: true }, { enabled: false }),
    answered: 200,
  },
  {
    route: 'PATCH /api/incidents/:incident_id',
    what: 'of the open tab',
    because: 'the last state of a page counts',
    calls: async (org) =>
      both(
        'PATCH',
        incident(await seedIncident(org.orgId)),
        { activeTab: 'chat' },
        { activeTab: 'thoughts' },
      ),
    answered: 200,
  },
  {
    route: 'PATCH /api/incidents/:incident_id',
    what: 'of the open tab and of the status',
    because: 'neither is about the other',
    calls: async (org) =>
      both('PATCH', incident(await seedIncident(org.orgId)), { activeTab: 'chat' }, { status: 'resolved' }),
    answered: 200,
  },
  {
    route: 'PUT /chat_api/sessions/:session_id',
    what: 'of the state of a page',
    because: 'the last state of a page counts',
    calls: async (org) =>
      both(
        'PUT',
        session(await seedSession(org.orgId, { userId: org.userId })),
        { ui_state: { tab: 1 } },
        { ui_state: { tab: 2 } },
      ),
    answered: 200,
  },
  {
    route: 'POST /chat_api/sessions',
    what: 'with one title',
    because: 'each is a session of its own',
    calls: async () => twice({ method: 'POST', path: '/chat_api/sessions', body: { title: 'Why?' } }),
    answered: 201,
  },
  {
    route: 'DELETE /chat_api/sessions/bulk-delete',
    what: 'of all sessions',
    because: 'the second one finds none, and says so',
    calls: async (org) => {
      await seedSession(org.orgId, { userId: org.userId })
      return twice({ method: 'DELETE', path: '/chat_api/sessions/bulk-delete' })
    },
    answered: 200,
  },
  {
    route: 'POST /chat_api/sessions/:session_id/cancel',
    what: 'of one run',
    because: 'the second one finds the session idle, and says so',
    calls: async (org) => {
      const story = await seedStory(org.orgId)
      await seedRun(org.orgId, story)
      return twice({ method: 'POST', path: session(story.sessionId, '/cancel') })
    },
    answered: 202,
  },
  {
    route: 'POST /api/incidents/:incident_id/runs/:run_id/messages',
    what: 'to one run',
    because: 'each is a message of its own',
    calls: async (org) => {
      const story = await seedStory(org.orgId)
      const path = incident(story.id, `/runs/${await seedRun(org.orgId, story)}/messages`)
      return twice({ method: 'POST', path, body: { message: 'Look at the pool' } })
    },
    answered: 202,
  },
  {
    route: 'POST /api/incidents/trigger-rca',
    what: 'in the same words',
    because: 'each is a report of its own; an Idempotency-Key makes them one',
    calls: async () =>
      twice({
        method: 'POST',
        path: '/api/incidents/trigger-rca',
        body: { issue_description: 'The shop is slow' },
      }),
    answered: 200,
  },
  {
    route: 'POST /api/incidents/suggestions/:suggestion_id/mark-executed',
    what: 'of one suggestion',
    because: 'marking it again changes nothing, as documented',
    calls: resource('POST', ({ suggestions }) => `/api/incidents/suggestions/${suggestions}/mark-executed`),
    answered: 200,
  },
  {
    route: 'PUT /api/org/tool-permissions/:tool',
    what: 'of one tool',
    because: 'the last decision counts',
    calls: async (org) => {
      const path = `/api/org/tool-permissions/${(await seedResources(org))['tool-permissions']}`
      return both('PUT', path, { enabled: false }, { enabled: true })
    },
    answered: 200,
  },
  {
    route: 'POST /api/org/command-policies',
    what: 'in the same words',
    because: 'each is a rule of its own; an Idempotency-Key makes them one',
    calls: async () =>
      twice({ method: 'POST', path: '/api/org/command-policies', body: { mode: 'deny', pattern: '^dd ' } }),
    answered: 201,
  },
  {
    route: 'PUT /api/org/command-policy-toggle',
    what: 'of both lists',
    because: 'neither is about the other',
    calls: async () =>
      both(
        'PUT',
        '/api/org/command-policy-toggle',
        { list: 'denylist', enabled: true },
        { list: 'allowlist', enabled: true },
      ),
    answered: 200,
  },
  {
    route: 'POST /api/org/command-policy-templates/apply',
    what: 'of two templates',
    because: 'the last one counts, whole',
    calls: async () =>
      both(
        'POST',
        '/api/org/command-policy-templates/apply',
        { template_id: 'read_only' },
        { template_id: 'no_destruction' },
      ),
    answered: 200,
  },
  {
    route: 'DELETE /api/org/command-policy-templates/active',
    what: 'of one template',
    because: 'both ask for the same end',
    calls: async () => twice({ method: 'DELETE', path: '/api/org/command-policy-templates/active' }),
    answered: 200,
  },
  {
    route: 'POST /api/approvals',
    what: 'in the same words',
    because: 'each is a request of its own; an Idempotency-Key makes them one',
    calls: async (org) => {
      const incidentId = await seedIncident(org.orgId)
      await seedResources(org)
      const args = { repository: 'acme/shop', filePath: 'a.yaml', content: 'a: 1', title: 'A', body: 'B' }
      const body = { incidentId, tool: 'github_open_pull_request', args, reason: 'Try it' }
      return twice({ method: 'POST', path: '/api/approvals', body })
    },
    answered: 201,
  },
  {
    route: 'POST /api/changes',
    what: 'of one build',
    because: 'both are answered with the one change',
    calls: async () =>
      twice({
        method: 'POST',
        path: '/api/changes',
        body: { service: 'checkout', job: 'deploy', build: 7 },
      }),
    answered: 201,
  },
  ...['/api/topology/edges', '/api/topology'].map((path) => ({
    route: `PUT ${path}`,
    what: 'of two edges',
    because: 'edges are added',
    calls: async () =>
      both('PUT', path, { edges: [{ from: 'a', to: 'b' }] }, { edges: [{ from: 'b', to: 'c' }] }),
    answered: 200,
  })),
  {
    route: 'DELETE /api/topology/edges',
    what: 'of all edges',
    because: 'both ask for the same end',
    calls: async () => twice({ method: 'DELETE', path: '/api/topology/edges' }),
    answered: 200,
  },
  {
    route: 'POST /api/maintenance-windows',
    what: 'with one name',
    because: 'each is a window of its own',
    calls: async () => twice({ method: 'POST', path: '/api/maintenance-windows', body: WINDOW }),
    answered: 201,
  },
  {
    route: 'POST /api/integrations/:integration_id/subscriptions/:subscription_id/confirm',
    what: 'of one topic',
    because: 'a topic is allowed or it is not',
    calls: resource(
      'POST',
      ({ integrations, subscriptions }) =>
        `/api/integrations/${integrations}/subscriptions/${subscriptions}/confirm`,
    ),
    answered: 202,
  },
  {
    route: 'POST /api/ingest/dead-letters/redrive',
    what: 'of all dead letters',
    because: 'each delivery is sent again by one of them',
    calls: async (org) => {
      await aDelivery(org, 'dead')
      return twice({ method: 'POST', path: '/api/ingest/dead-letters/redrive', body: {} })
    },
    answered: 202,
  },
]

/** The families of the core; deliveries are told apart by their senders' keys, and accounts at other systems have their own. */
const CORE =
  /^\/(chat_api|api\/(approvals|auth|tokens|orgs?|admin|invitations|incidents|user-preferences|user\/preferences|settings|correlation|maintenance-windows|integrations|ingest|changes|topology))\b/

/** What changes nothing; and without a connection to a code host or to Confluence nobody wins. */
const ELSEWHERE = /\/(dry-run|preview|test|apply|confluence)$/

describe('of two writers at once', () => {
  it.for(ONE_WINS)('$route $what: one wins, and the other is told so', async (raced, { expect }) => {
    const { answers } = await run(raced)
    const [lost, refusal] = raced.lost
    expect(answers.map(({ status, body }) => (status === lost ? [status, body.error] : status))).toEqual([
      raced.won,
      [lost, refusal],
    ])
  })

  it.for(NOBODY_LOSES)('$route $what: both succeed, since $because', async (raced, { expect }) => {
    const { answers } = await run(raced)
    expect(answers.map(({ status }) => status)).toEqual([raced.answered, raced.answered])
  })

  it('every change of state of the core is raced here', ({ expect }) => {
    const raced = new Set([...ONE_WINS, ...NOBODY_LOSES].map(({ route }) => route))
    const missing = routes.filter(
      ({ method, path, spec }) =>
        spec !== null &&
        method !== 'GET' &&
        CORE.test(path) &&
        !ELSEWHERE.test(path) &&
        !raced.has(`${method} ${path}`),
    )
    expect(
      missing.map(({ name }) => name),
      'Each wants its rivals above',
    ).toEqual([])
  })
})

describe('what two writers leave behind', () => {
  it('is one postmortem job of an incident that both resolve', async ({ expect }) => {
    const org = await anOrg()
    const { id } = await seedStory(org.orgId)
    const resolve = { method: 'PATCH', path: incident(id), body: { status: 'resolved' } }
    await race(twice(resolve).map((call) => (d1: D1Database) => send(d1, org, call)))
    expect(
      await rowsOf("SELECT id FROM runs WHERE incident_id = ? AND kind = 'postmortem'", id),
    ).toHaveLength(1)
    // Whoever asks afterwards is not racing: it is resolved, as it was asked for.
    expect((await org.patch(incident(id), { status: 'resolved' })).status).toBe(200)
    expect(
      await rowsOf("SELECT id FROM runs WHERE incident_id = ? AND kind = 'postmortem'", id),
    ).toHaveLength(1)
  })

  it('is the token of the one who rotated it', async ({ expect }) => {
    const org = await anOrg()
    const { body } = await org.post('/api/integrations', { source: 'generic', name: 'Ours' })
    const rotate = { method: 'POST', path: `/api/integrations/${body.integration.id}/rotate-token`, body: {} }
    const answers = await race(twice(rotate).map((call) => (d1: D1Database) => send(d1, org, call)))
    const winner = answers.find(({ status }) => status === 200)
    for (const url of [body.webhookUrl, winner?.body.webhookUrl])
      expect((await org.post(new URL(url).pathname, { title: 'x', severity: 'low' })).status).toBeLessThan(
        300,
      )
  })

  it('is one answer to an invitation that is accepted, declined and cancelled', async ({ expect }) => {
    const org = await anOrg()
    const { guest, id, token } = await anInvitation(org)
    const own = { method: 'POST', body: { token }, token: guest.token }
    const answers = await race(
      [
        { ...own, path: '/api/invitations/accept' },
        { ...own, path: '/api/invitations/decline' },
        { method: 'DELETE', path: `/api/invitations/${id}` },
      ].map((call) => (d1: D1Database) => send(d1, org, call)),
    )
    const winner = answers.findIndex(({ status }) => status === 200)
    const outcome = ['accepted', 'declined', 'cancelled'][winner]
    expect(
      answers.filter((_, index) => index !== winner).map(({ status, body }) => [status, body.error]),
    ).toEqual([
      [409, `Invitation was already ${outcome}`],
      [409, `Invitation was already ${outcome}`],
    ])
    expect(await rowsOf('SELECT state FROM invitations WHERE id = ?', id)).toEqual([{ state: outcome }])
    expect(
      await rowsOf('SELECT org_id = ? AS moved FROM users WHERE id = ?', org.orgId, guest.userId),
    ).toEqual([{ moved: outcome === 'accepted' ? 1 : 0 }])
  })

  it('is both settings, when the loser asks again', async ({ expect }) => {
    const org = await anOrg()
    const path = '/api/settings/investigation'
    const changes = both('PUT', path, { enabled: false }, { maxModelTurns: 3 })
    const answers = await race(changes.map((call) => (d1: D1Database) => send(d1, org, call)))
    const lost = changes[answers.findIndex(({ status }) => status === 409)]
    expect((await org.put(path, lost?.body)).body).toMatchObject({ enabled: false, maxModelTurns: 3 })
  })

  it('is a status that a run that ended meanwhile does not stand in the way of', async ({ expect }) => {
    const org = await anOrg()
    const story = await seedStory(org.orgId)
    const resolve = { method: 'PATCH', path: incident(story.id), body: { status: 'resolved' } }
    const [answer] = await race([
      (d1: D1Database) => send(d1, org, resolve),
      async (d1: D1Database) => {
        await d1.prepare('SELECT 1').first()
        await publishAnalysis(
          openTenant(d1, org.orgId),
          story.id,
          { summary: 'x', severity: 'high' },
          Date.now(),
        )
        return null
      },
    ])
    expect(answer?.status).toBe(200)
    expect((await org.get(incident(story.id))).body.incident.status).toBe('resolved')
  })

  it('is a title that a run at work does not stand in the way of', async ({ expect }) => {
    const org = await anOrg()
    const id = await seedSession(org.orgId, { userId: org.userId, status: 'in_progress' })
    const renamed = { method: 'PUT', path: session(id), body: { title: 'Another title' } }
    const [answer] = await race([
      (d1: D1Database) => send(d1, org, renamed),
      async (d1: D1Database) => {
        const said = {
          sessionId: id,
          sender: 'assistant',
          text: 'So far',
          runId: null,
          createdAt: 1,
        } as const
        await openTenant(d1, org.orgId).commit(appendMessage(openTenant(d1, org.orgId), said))
        return null
      },
    ])
    expect(answer?.status).toBe(200)
    expect((await org.get(session(id))).body).toMatchObject({
      title: 'Another title',
      messages: [{ text: 'So far' }],
    })
  })

  it('is no question in a session that was deleted', async ({ expect }) => {
    const org = await anOrg()
    const id = await seedSession(org.orgId, { userId: org.userId })
    const asked = { method: 'POST', path: session(id, '/messages'), body: { message: 'What is open?' } }
    const deleted = { method: 'DELETE', path: session(id) }
    const [question, deletion] = await race(
      [asked, deleted].map((call) => (d1: D1Database) => send(d1, org, call)),
    )
    expect(deletion?.status).toBe(200)
    // Asked before, it is cancelled with the session; asked after, there is none.
    expect([202, 404]).toContain(question?.status)
    if (question?.status === 404) expect(question.body.error).toBe('session not found')
    expect(await rowsOf("SELECT id FROM runs WHERE session_id = ? AND state <> 'cancelled'", id)).toEqual([])
  })
})
