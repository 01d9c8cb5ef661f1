import { env } from 'cloudflare:workers'
import { eq } from 'drizzle-orm'
import { describe, it } from 'vitest'
import { alertEvents, alerts, ingestBodies, ingestDeliveries } from '../../drizzle/schema'
import { idsInOrder, newId } from '../../src/lib/ids'
import { openTenant } from '../../src/store/tenant-db'
import { apiWith } from '../support/api'
import { anOrg, bearer, type Org } from '../support/org'
import { seedResources } from '../support/resources'
import { seedIncident } from '../support/seed'
import { seedStory } from '../support/stories'

const costOf = (answer: { readonly headers: Headers }) => {
  const [, trips, read] =
    /d1=(\d+);stmts=\d+;read=(\d+)/.exec(answer.headers.get('x-aurora-cost') ?? '') ?? []
  return { roundTrips: Number(trips), rowsRead: Number(read) }
}

const crowd = (orgId: string, size: number) =>
  env.DB.prepare(
    `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?2)
    INSERT INTO incidents (id, org_id, source_type, source_alert_id, status, severity, alert_title, alert_service, alert_metadata, primary_alert_id, chat_session_id, affected_services, started_at, last_alert_at)
    SELECT ?3 || substr('000000000000' || i, -12), ?1, 'generic', 'a', CASE i % 3 WHEN 0 THEN 'resolved' WHEN 1 THEN 'investigating' ELSE 'merged' END, 'high', 'Title ' || i, 'svc', '{}', ?3 || substr('100000000000' || i, -12), ?3 || substr('200000000000' || i, -12), '[]', ?4 + i, ?4 FROM n`,
  )
    .bind(orgId, size, newId().slice(0, 24), Date.now() - 100_000)
    .run()

describe('the list of incidents', () => {
  it('costs one round trip, and a row for each that it shows and one more', async ({ expect }) => {
    const org = await anOrg()
    await crowd(org.orgId, 600)
    const costs = apiWith({ DEBUG_COST: 'true' }, bearer(org.token))
    for (const path of [
      '/api/incidents',
      '/api/incidents?limit=7',
      '/api/incidents?status=resolved&limit=5',
      '/api/incidents?status=merged',
    ]) {
      const answer = await costs.get(path)
      const shown: number = answer.body.incidents.length
      const { roundTrips, rowsRead } = costOf(answer)
      expect(roundTrips, path).toBe(1)
      expect(rowsRead, path).toBeLessThanOrEqual(shown + 1)
    }
    const { body } = await org.get('/api/incidents')
    expect([body.incidents.length, body.total]).toEqual([100, 400])
  })
})

describe('one incident', () => {
  it('is read in one round trip, whatever else is stored', async ({ expect }) => {
    const org = await anOrg()
    const id = await seedIncident(org.orgId)
    const costs = apiWith({ DEBUG_COST: 'true' }, bearer(org.token))
    const before = costOf(await costs.get(`/api/incidents/${id}`))
    await crowd(org.orgId, 500)
    const after = costOf(await costs.get(`/api/incidents/${id}`))
    expect(after).toEqual(before)
    expect(after.roundTrips).toBe(1)
    expect(after.rowsRead).toBeLessThan(15)
  })

  it('names the one that it was merged into', async ({ expect }) => {
    const org = await anOrg()
    const [id, target] = [await seedIncident(org.orgId), await seedIncident(org.orgId)]
    await env.DB.prepare("UPDATE incidents SET status = 'merged', merged_into_incident_id = ?2 WHERE id = ?1")
      .bind(id, target)
      .run()
    const { body } = await org.get(`/api/incidents/${id}`)
    expect(body.incident).toMatchObject({ mergedIntoIncidentId: target, mergedIntoTitle: 'Checkout is slow' })
  })
})

const rowsOf = async (sql: string, id: string) => (await env.DB.prepare(sql).bind(id).all()).results

describe('changing an incident', () => {
  it('refuses what it does not know, in its own words', async ({ expect }) => {
    const org = await anOrg()
    const path = `/api/incidents/${await seedIncident(org.orgId)}`
    const cases: readonly (readonly [unknown, string])[] = [
      [undefined, 'Missing request body'],
      [{}, 'Missing request body'],
      [{ title: 'x' }, 'No valid fields to update'],
      [{ status: 'open' }, 'Invalid status. Must be one of: investigating, analyzed, merged, resolved'],
      [{ status: null }, 'Invalid status. Must be one of: investigating, analyzed, merged, resolved'],
      [{ auroraStatus: 'busy' }, 'Invalid auroraStatus. Must be one of: idle, running, complete, error'],
      [{ activeTab: 7 }, 'Invalid activeTab. Must be one of: thoughts, chat'],
      [{ summary: 7 }, 'Invalid summary'],
      [{ summary: 'x'.repeat(10_001) }, 'Summary too long (max 10000 characters)'],
    ]
    for (const [body, error] of cases) {
      const answer = await org.patch(path, body)
      expect(
        [answer.status, answer.body.error, answer.body.code],
        JSON.stringify(body)?.slice(0, 60),
      ).toEqual([400, error, 'validation_failed'])
    }
    expect((await org.patch(`/api/incidents/${newId()}`, { status: 'resolved' })).body.error).toBe(
      'Incident not found',
    )
    expect((await org.patch('/api/incidents/7', { status: 'resolved' })).body).toMatchObject({
      error: 'Invalid incident ID format',
      code: 'invalid_id',
    })
    expect((await (await org.member('viewer')).patch(path, { status: 'resolved' })).status).toBe(403)
  })

  it('is written down, counted and told', async ({ expect }) => {
    const org = await anOrg()
    const id = await seedIncident(org.orgId)
    const path = `/api/incidents/${id}`
    const read = async () => (await org.get(path)).body.incident
    expect((await org.patch(path, { status: 'resolved' })).body).toEqual({ success: true, id })
    const resolved = await read()
    expect(resolved.resolvedAt).not.toBeNull()
    expect(resolved.analyzedAt).toBe(resolved.resolvedAt)
    await org.patch(path, { status: 'investigating' })
    expect(await read()).toMatchObject({
      status: 'investigating',
      resolvedAt: null,
      analyzedAt: resolved.analyzedAt,
    })
    await org.patch(path, { summary: 'By hand', activeTab: 'chat', auroraStatus: 'error' })
    expect(await read()).toMatchObject({ summary: 'By hand', activeTab: 'chat', auroraStatus: 'error' })
    await org.patch(path, { summary: null })
    expect((await read()).summary).toBe('')
    await org.patch(path, { status: 'merged' })
    expect((await org.get('/api/incidents')).body).toMatchObject({ total: 0, incidents: [] })
    expect((await org.get('/api/incidents?status=merged')).body.total).toBe(1)
    await org.patch(path, { status: 'analyzed' })
    expect((await org.get('/api/incidents')).body.total).toBe(1)
    const events = await rowsOf(
      'SELECT event FROM lifecycle_events WHERE incident_id = ? ORDER BY at, rowid',
      id,
    )
    expect(events.map(({ event }) => event)).toEqual(['resolved', 'reopened', 'merged', 'unmerged'])
    expect(
      await rowsOf("SELECT id FROM audit_log WHERE subject = ? AND event = 'incident.update'", id),
    ).toHaveLength(6)
    const told = await rowsOf(
      "SELECT json_extract(event, '$.reason') AS reason FROM feed_events WHERE incident_id = ? AND wide = 1 ORDER BY seq",
      id,
    )
    expect(told.map(({ reason }) => reason)).toEqual([
      'status_changed',
      'status_changed',
      'updated',
      'updated',
      'status_changed',
      'status_changed',
    ])
  })

  it('of one that is merged into another is refused', async ({ expect }) => {
    const org = await anOrg()
    const [id, target] = [await seedIncident(org.orgId), await seedIncident(org.orgId)]
    await env.DB.prepare("UPDATE incidents SET status = 'merged', merged_into_incident_id = ?2 WHERE id = ?1")
      .bind(id, target)
      .run()
    const refused = await org.patch(`/api/incidents/${id}`, { status: 'investigating' })
    expect([refused.status, refused.body.error, refused.body.code]).toEqual([
      409,
      'Incident is merged into another incident',
      'incident_merged',
    ])
    expect((await org.patch(`/api/incidents/${id}`, { activeTab: 'chat' })).status).toBe(200)
  })

  it('at the same time by many resolves it once', async ({ expect }) => {
    const org: Org = await anOrg()
    const id = await seedIncident(org.orgId)
    const answers = await Promise.all(
      Array.from({ length: 8 }, (_, n) =>
        org.patch(`/api/incidents/${id}`, n % 2 === 0 ? { status: 'resolved' } : { summary: `${n}` }),
      ),
    )
    expect(answers.filter(({ status }) => status !== 200 && status !== 409)).toEqual([])
    expect((await org.get(`/api/incidents/${id}`)).body.incident.status).toBe('resolved')
    expect(
      await rowsOf("SELECT id FROM lifecycle_events WHERE incident_id = ? AND event = 'resolved'", id),
    ).toHaveLength(1)
    expect(
      await rowsOf("SELECT id FROM runs WHERE incident_id = ? AND kind = 'postmortem'", id),
    ).toHaveLength(1)
    const counts = await rowsOf(
      'SELECT investigating, resolved FROM incident_counts WHERE org_id = ?',
      org.orgId,
    )
    expect(counts).toEqual([{ investigating: 0, resolved: 1 }])
  })
})

describe('the raw payload of an incident', () => {
  /** An incident whose first alert was told of by these deliveries, oldest first; answers the payload that is shown. */
  async function payloadOf(sourceType: string, bodies: readonly string[]): Promise<string> {
    const org = await anOrg()
    const { id, alertIds } = await seedStory(org.orgId, { sourceType })
    const db = openTenant(env.DB, org.orgId)
    const { integrations: integrationId } = await seedResources(org)
    const nextId = idsInOrder(Date.now())
    const deliveries = bodies.map((body) => ({ deliveryId: nextId(), body }))
    await db.commit([
      db.update(alerts, { deliveryId: deliveries[0]?.deliveryId ?? '' }, eq(alerts.id, alertIds[0] ?? '')),
      db.insertMany(
        ingestDeliveries,
        deliveries.map(({ deliveryId: delivery }) => ({
          id: delivery,
          integrationId,
          source: sourceType,
          deliveryKey: delivery,
          state: 'processed' as const,
          authenticity: 'token' as const,
          receivedAt: 1,
          bytes: 2,
          bodySha256: delivery,
          headers: {},
        })),
      ),
      db.insertMany(ingestBodies, deliveries),
      db.insertMany(
        alertEvents,
        deliveries.map(({ deliveryId }) => ({
          alertId: alertIds[0] ?? '',
          deliveryId,
          idx: 0,
          effect: 'opened' as const,
          eventTime: 1,
        })),
      ),
    ])
    return (await org.get(`/api/incidents/${id}?include=rawPayload`)).body.incident.alert.rawPayload
  }

  it('is that of its first alert, readable', async ({ expect }) => {
    expect(await payloadOf('grafana', ['{"status":"firing"}', '{"status":"resolved"}'])).toBe(
      '{\n  "status": "firing"\n}',
    )
    expect(await payloadOf('generic', ['not: json'])).toBe('not: json')
  })

  it('is a list where PagerDuty told the story of one alert in several deliveries', async ({ expect }) => {
    expect(JSON.parse(await payloadOf('pagerduty', ['{"n":1}', '{"n":2}', '{"n":3}']))).toEqual([
      { n: 1 },
      { n: 2 },
      { n: 3 },
    ])
    expect(JSON.parse(await payloadOf('pagerduty', ['{"n":1}']))).toEqual({ n: 1 })
  })
})

describe('the open tab', () => {
  it('is changed by many at once, beside a change of the status, and nobody is refused', async ({
    expect,
  }) => {
    const org = await anOrg()
    const id = await seedIncident(org.orgId)
    const path = `/api/incidents/${id}`
    const tabs = Array.from({ length: 10 }, (_, n) => ({ activeTab: n % 2 === 0 ? 'chat' : 'thoughts' }))
    const answers = await Promise.all([...tabs, { status: 'resolved' }].map((body) => org.patch(path, body)))
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200))
    await org.patch(path, { activeTab: 'chat' })
    expect((await org.get(path)).body.incident).toMatchObject({ activeTab: 'chat', status: 'resolved' })
    expect((await org.patch(`/api/incidents/${newId()}`, { activeTab: 'chat' })).body.error).toBe(
      'Incident not found',
    )
  })
})
