/** Rows written directly, for tests that do not care how they came to be. */
import { env } from 'cloudflare:workers'
import { chatSessions, incidents } from '../../drizzle/schema'
import { newId } from '../../src/lib/ids'
import { announce, type FeedRow } from '../../src/store/feed'
import { openTenant } from '../../src/store/tenant-db'

/** A bare organisation without members; answers its id. */
export async function seedOrganization(): Promise<string> {
  const id = newId()
  await env.DB.prepare('INSERT INTO organizations (id, name, slug, created_by) VALUES (?1, ?1, ?1, ?1)')
    .bind(id)
    .run()
  return id
}

/** An incident under investigation; answers its id. */
export async function seedIncident(orgId: string): Promise<string> {
  const id = newId()
  await openTenant(env.DB, orgId).insert(incidents, {
    id,
    sourceType: 'grafana',
    sourceAlertId: 'a1',
    severity: 'high',
    alertTitle: 'Checkout is slow',
    alertMetadata: {},
    primaryAlertId: newId(),
    chatSessionId: newId(),
    affectedServices: [],
    startedAt: Date.now(),
    lastAlertAt: Date.now(),
  })
  return id
}

type SessionChanges = Partial<Omit<typeof chatSessions.$inferInsert, 'id' | 'orgId'>>

/** A chat session, of nobody unless `userId` is given; answers its id. */
export async function seedSession(orgId: string, changes: SessionChanges = {}): Promise<string> {
  const id = newId()
  await openTenant(env.DB, orgId).insert(chatSessions, { id, title: 'Why?', uiState: {}, ...changes })
  return id
}

/** Writes events to the organisation's log, and tells the streams unless `quiet`. */
export async function tell(orgId: string, events: readonly FeedRow[], quiet = false): Promise<void> {
  await announce(openTenant(env.DB, orgId), events)
  if (!quiet) await env.FEED.getByName(orgId).publish()
}

/** An event of the organisation's stream. */
export const wideEvent = (incidentId: string, n: number): FeedRow => ({
  incidentId,
  wide: true,
  event: { type: 'incident_update', incident_id: incidentId, n },
})

/** An event of the incident's stream. */
export const narrowEvent = (incidentId: string, n: number, userId: string | null = null): FeedRow => ({
  incidentId,
  userId,
  event: { type: userId === null ? 'thought' : 'chat', n },
})
