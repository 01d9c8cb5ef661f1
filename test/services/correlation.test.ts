import { env } from 'cloudflare:workers'
import { describe, it } from 'vitest'
import { EMPTY_GRAPH } from '../../src/alerts/service-graph'
import { newId } from '../../src/lib/ids'
import { noCost } from '../../src/lib/cost'
import { applyAlerts } from '../../src/services/correlation/apply'
import { CHUNK_SIZE } from '../../src/services/correlation/chunk'
import { meterDatabase } from '../../src/store/metered'
import { openTenant } from '../../src/store/tenant-db'
import { aCorrelation, anAlert, at, chunkOf, incoming, T } from '../support/alerts'
import { faultsOf, faultyDatabase } from '../support/faulty-db'

interface IncidentRow {
  status: string
  severity: string
  resolved_at: number | null
  analyzed_at: number | null
  acknowledged_at: number | null
  correlated_alert_count: number
  open_alert_count: number
  affected_services: string
  last_alert_at: number
  updated_at: number
  version: number
}
interface AlertRow {
  id: string
  state: string
  severity: string
  occurrences: number
  flaps: number
  incident_id: string
  last_seen_at: number
}

const INCIDENT = 'SELECT * FROM incidents WHERE org_id = ?'
const ALERTS = 'SELECT * FROM alerts WHERE org_id = ? ORDER BY created_at'
const EFFECTS = 'SELECT effect FROM alert_events WHERE org_id = ? ORDER BY at, id'
const LIFECYCLE = 'SELECT event FROM lifecycle_events WHERE org_id = ? ORDER BY at, id'

describe('one alert', () => {
  it('opens an incident with its session, its run and what has to be told', async ({ expect }) => {
    const org = await aCorrelation()
    const { runIds, told } = await org.send({})
    expect(runIds).toHaveLength(1)
    expect(told).toBe(true)
    const incident = await org.one<IncidentRow & { chat_session_id: string; alert_summary: string }>(INCIDENT)
    expect(incident).toMatchObject({
      status: 'investigating',
      severity: 'high',
      open_alert_count: 1,
      correlated_alert_count: 0,
      affected_services: '["checkout"]',
      alert_summary: 'Investigating High latency on checkout on checkout...',
    })
    const session = await org.one<{ id: string; user_id: null; active_run_id: string }>(
      'SELECT * FROM chat_sessions WHERE org_id = ?',
    )
    expect(session).toMatchObject({
      id: incident.chat_session_id,
      user_id: null,
      active_run_id: runIds[0]?.id,
    })
    expect(
      await org.rows('SELECT correlation_strategy, correlation_score FROM incident_alerts WHERE org_id = ?'),
    ).toEqual([{ correlation_strategy: 'primary', correlation_score: 1 }])
    expect(await org.rows(LIFECYCLE)).toEqual([{ event: 'created' }])
    expect(await org.rows('SELECT outcome, reason FROM correlation_decisions WHERE org_id = ?')).toEqual([
      { outcome: 'opened', reason: 'no_candidate' },
    ])
    expect(await org.rows('SELECT kind, done_at FROM outbox WHERE org_id = ?')).toEqual([
      { kind: 'run', done_at: null },
    ])
    expect(await org.rows('SELECT investigating, resolved FROM incident_counts WHERE org_id = ?')).toEqual([
      { investigating: 1, resolved: 0 },
    ])
  })

  it('goes through fire, repeat, escalation, acknowledgement, resolution and back within the window', async ({
    expect,
  }) => {
    const org = await aCorrelation()
    await org.send({})
    await org.send({}, at(30))
    expect(await org.rows<AlertRow>(ALERTS)).toMatchObject([
      { occurrences: 2, state: 'firing', last_seen_at: at(30) },
    ])
    expect(await org.one<IncidentRow>(INCIDENT)).toMatchObject({ last_alert_at: at(30) })

    await org.send({ severity: 'critical', eventTime: at(60) })
    expect(await org.one<IncidentRow>(INCIDENT)).toMatchObject({
      severity: 'critical',
      last_alert_at: at(60),
    })

    await org.send({ state: 'acknowledged', eventTime: at(90) })
    expect(await org.rows<AlertRow>(ALERTS)).toMatchObject([{ state: 'acknowledged' }])
    expect(await org.one<IncidentRow>(INCIDENT)).toMatchObject({
      status: 'investigating',
      acknowledged_at: at(90),
    })

    await org.send({ state: 'resolved', eventTime: at(120) })
    expect(await org.one<IncidentRow>(INCIDENT)).toMatchObject({
      status: 'resolved',
      resolved_at: at(120),
      analyzed_at: at(120),
      open_alert_count: 0,
    })

    await org.send({ severity: 'critical', eventTime: at(200) })
    expect(await org.rows<AlertRow>(ALERTS)).toMatchObject([{ state: 'firing', flaps: 1, occurrences: 4 }])
    expect(await org.one<IncidentRow>(INCIDENT)).toMatchObject({
      status: 'investigating',
      resolved_at: null,
      analyzed_at: at(120),
      open_alert_count: 1,
    })
    expect((await org.rows<{ effect: string }>(EFFECTS)).map(({ effect }) => effect)).toEqual([
      'opened',
      'repeat',
      'escalated',
      'acknowledged',
      'resolved',
      'reopened',
    ])
    expect((await org.rows<{ event: string }>(LIFECYCLE)).map(({ event }) => event)).toEqual([
      'created',
      'severity_changed',
      'acknowledged',
      'alert_resolved',
      'resolved',
      'reopened',
    ])
    expect(await org.rows("SELECT id FROM runs WHERE org_id = ? AND kind = 'investigation'")).toHaveLength(1)
    expect(await org.rows('SELECT investigating, resolved FROM incident_counts WHERE org_id = ?')).toEqual([
      { investigating: 1, resolved: 0 },
    ])
  })

  it('opens anew when it fires after the window', async ({ expect }) => {
    const org = await aCorrelation()
    await org.send({})
    await org.send({ state: 'resolved', eventTime: at(60) })
    await org.send({ eventTime: at(660) })
    const alerts = await org.rows<AlertRow>(ALERTS)
    expect(alerts.map(({ state }) => state)).toEqual(['resolved', 'firing'])
    expect(new Set(alerts.map(({ incident_id }) => incident_id)).size).toBe(2)
  })

  it('is not changed by what comes too late, nor is its incident', async ({ expect }) => {
    const org = await aCorrelation()
    await org.send({ eventTime: at(100) })
    await org.send({ state: 'resolved', eventTime: at(200) })
    const before = await org.one<IncidentRow>(INCIDENT)
    await org.send({ eventTime: at(150) }, at(300))
    await org.send({ state: 'acknowledged', eventTime: at(190) }, at(310))
    await org.send({ state: 'resolved', eventTime: at(210) }, at(320))
    await org.send({ state: 'info', eventTime: at(210) }, at(330))
    expect(await org.one<IncidentRow>(INCIDENT)).toEqual(before)
    expect((await org.rows<{ effect: string }>(EFFECTS)).map(({ effect }) => effect)).toEqual([
      'opened',
      'resolved',
      'stale',
      'stale',
      'ignored',
      'info',
    ])
  })

  it('opens nothing when it was never seen firing', async ({ expect }) => {
    const org = await aCorrelation()
    await org.send({ state: 'resolved' })
    await org.send({ state: 'acknowledged' })
    expect(await org.rows(INCIDENT)).toEqual([])
    expect(await org.rows(ALERTS)).toEqual([])
    expect(await org.rows(EFFECTS)).toHaveLength(2)
  })

  it('resolves by itself when nobody sees it for long enough, once', async ({ expect }) => {
    const org = await aCorrelation()
    await org.send({}, T, { autoResolveSeconds: 300 })
    await org.send({}, at(100), { autoResolveSeconds: 300 })
    await org.expire(at(399))
    expect(await org.rows<AlertRow>(ALERTS)).toMatchObject([{ state: 'firing' }])
    await org.expire(at(401))
    await org.expire(at(402))
    expect(await org.rows<AlertRow>(ALERTS)).toMatchObject([{ state: 'resolved' }])
    expect(await org.one<IncidentRow>(INCIDENT)).toMatchObject({ status: 'resolved', resolved_at: at(401) })
    expect((await org.rows<{ effect: string }>(EFFECTS)).map(({ effect }) => effect)).toEqual([
      'opened',
      'repeat',
      'auto_resolved',
    ])
    expect(await org.rows('SELECT kind FROM run_context_updates WHERE org_id = ?')).toEqual([
      { kind: 'auto_resolved' },
    ])
  })
})

describe('several alerts', () => {
  it('join by service, and the incident ends with the last of them', async ({ expect }) => {
    const org = await aCorrelation()
    await org.send({})
    await org.send({
      dedupKey: 'b',
      title: 'Error rate high for checkout',
      severity: 'critical',
      eventTime: at(30),
    })
    expect(await org.one<IncidentRow>(INCIDENT)).toMatchObject({
      correlated_alert_count: 1,
      open_alert_count: 2,
      severity: 'critical',
    })
    expect(
      await org.rows(
        "SELECT correlation_strategy, correlation_score FROM incident_alerts WHERE org_id = ? AND correlation_strategy <> 'primary'",
      ),
    ).toEqual([{ correlation_strategy: 'topology', correlation_score: 0.886 }])
    await org.send({ state: 'resolved', eventTime: at(60) })
    expect(await org.one<IncidentRow>(INCIDENT)).toMatchObject({
      status: 'investigating',
      open_alert_count: 1,
    })
    await org.send({ dedupKey: 'b', state: 'resolved', eventTime: at(90) })
    expect(await org.one<IncidentRow>(INCIDENT)).toMatchObject({
      status: 'resolved',
      resolved_at: at(90),
      open_alert_count: 0,
    })
  })

  it('of another service or another environment open their own', async ({ expect }) => {
    const org = await aCorrelation()
    await org.send({})
    await org.send({ dedupKey: 'b', service: 'billing' })
    await org.send({ dedupKey: 'c', environment: 'staging' })
    expect(await org.rows(INCIDENT)).toHaveLength(3)
  })

  it('in one chunk see each other', async ({ expect }) => {
    const org = await aCorrelation()
    const one = (changed: Parameters<typeof anAlert>[0]) =>
      incoming(anAlert(changed), { integrationId: org.integrationId })
    const chunk = chunkOf(
      one({}),
      one({ dedupKey: 'b', eventTime: at(1) }),
      one({ eventTime: at(2) }),
      one({ state: 'resolved', eventTime: at(3) }),
      one({ dedupKey: 'b', state: 'resolved', eventTime: at(4) }),
    )
    await org.apply(chunk, at(5))
    expect(await org.one<IncidentRow>(INCIDENT)).toMatchObject({
      status: 'resolved',
      resolved_at: at(4),
      correlated_alert_count: 1,
      open_alert_count: 0,
      version: 1,
    })
    expect(await org.rows('SELECT resolved, investigating FROM incident_counts WHERE org_id = ?')).toEqual([
      { resolved: 1, investigating: 0 },
    ])
  })

  it('of a storm are one incident with one run, told in few words', async ({ expect }) => {
    const org = await aCorrelation()
    for (let chunk = 0; chunk < 6; chunk++)
      await org.apply(
        chunkOf(
          ...Array.from({ length: CHUNK_SIZE }, (_, index) =>
            incoming(anAlert({ dedupKey: `${chunk}-${index}`, eventTime: at(chunk) })),
          ),
        ),
        at(chunk),
      )
    expect(await org.rows<IncidentRow>(INCIDENT)).toMatchObject([
      { correlated_alert_count: 6 * CHUNK_SIZE - 1, open_alert_count: 6 * CHUNK_SIZE },
    ])
    expect(await org.rows("SELECT id FROM runs WHERE org_id = ? AND kind = 'investigation'")).toHaveLength(1)
    expect(await org.rows('SELECT seq FROM run_context_updates WHERE org_id = ? ORDER BY seq')).toEqual(
      // The first sixty of the minute come in two chunks; the others are told together later.
      [1, 2].map((seq) => ({ seq })),
    )
  })
})

describe('an investigation', () => {
  it('is skipped with its reason where switched off, and for less than the wanted severity', async ({
    expect,
  }) => {
    const org = await aCorrelation()
    const off = await org.send({}, T, { investigate: false })
    const low = { dedupKey: 'b', service: 'b', severity: 'low' } as const
    const minor = await org.send(low, T, { minRunSeverity: 'medium' })
    expect([off.runIds, minor.runIds]).toEqual([[], []])
    const skipped = { state: 'cancelled', ordinal: 1, started_at: null, ended_at: T }
    expect(
      await org.rows('SELECT state, error_code, ordinal, started_at, ended_at FROM runs WHERE org_id = ?'),
    ).toEqual([
      { ...skipped, error_code: 'disabled' },
      { ...skipped, error_code: 'below_min_severity' },
    ])
    expect(await org.rows("SELECT id FROM outbox WHERE org_id = ? AND kind = 'run'")).toEqual([])
    expect(
      await org.rows('SELECT id FROM chat_sessions WHERE org_id = ? AND active_run_id IS NULL'),
    ).toHaveLength(2)
    expect(await org.rows('SELECT aurora_status FROM incidents WHERE org_id = ?')).toEqual([
      { aurora_status: 'idle' },
      { aurora_status: 'idle' },
    ])
    await org.send({ ...low, severity: 'critical', eventTime: at(10) }, at(10), { minRunSeverity: 'medium' })
    expect(await org.rows("SELECT ordinal, trigger FROM runs WHERE org_id = ? AND state = 'queued'")).toEqual(
      [{ ordinal: 2, trigger: 'escalated' }],
    )
  })

  it('starts again when the incident comes back after one that was skipped', async ({ expect }) => {
    const org = await aCorrelation()
    await org.send({}, T, { startDelaySeconds: 60 })
    await env.DB.prepare("UPDATE runs SET state = 'cancelled', ended_at = ?2 WHERE org_id = ?1")
      .bind(org.orgId, at(30))
      .run()
    await org.send({ state: 'resolved', eventTime: at(20) })
    const { runIds } = await org.send({ eventTime: at(100) })
    expect(runIds).toHaveLength(1)
    expect(
      await org.rows(
        "SELECT ordinal, trigger FROM runs WHERE org_id = ? AND kind = 'investigation' ORDER BY ordinal",
      ),
    ).toEqual([
      { ordinal: 1, trigger: 'opened' },
      { ordinal: 2, trigger: 'reopened' },
    ])
  })
})

/** Everything that a chunk may have written, without the ids. */
const TABLES = [
  'alerts',
  'alert_events',
  'incidents',
  'incident_alerts',
  'correlation_decisions',
  'lifecycle_events',
  'chat_sessions',
  'runs',
  'outbox',
  'run_context_updates',
  'feed_events',
]
const countsOf = async (org: Awaited<ReturnType<typeof aCorrelation>>) =>
  Object.fromEntries(
    await Promise.all(
      TABLES.map(async (table) => [
        table,
        (await org.one<{ n: number }>(`SELECT count(*) AS n FROM ${table} WHERE org_id = ?`)).n,
      ]),
    ),
  )

describe('a chunk', () => {
  const aChunk = () => {
    const integrationId = newId()
    const one = (changed: Parameters<typeof anAlert>[0]) => incoming(anAlert(changed), { integrationId })
    return chunkOf(
      one({}),
      one({ dedupKey: 'b', eventTime: at(1) }),
      one({ severity: 'critical', eventTime: at(2) }),
      one({ dedupKey: 'c', service: 'billing', eventTime: at(3) }),
      one({ dedupKey: 'c', service: 'billing', state: 'resolved', eventTime: at(4) }),
    )
  }

  it('applied again changes nothing', async ({ expect }) => {
    const org = await aCorrelation()
    const chunk = aChunk()
    await org.apply(chunk, at(5))
    const counts = await countsOf(org)
    const rows = [await org.rows(ALERTS), await org.rows(INCIDENT)]
    expect(await org.apply(chunk, at(60))).toMatchObject({ runIds: [], told: false })
    expect(await countsOf(org)).toEqual(counts)
    expect([await org.rows(ALERTS), await org.rows(INCIDENT)]).toEqual(rows)
  })

  it('takes effect once, whichever query fails', async ({ expect }) => {
    const reference = await aCorrelation()
    await reference.apply(aChunk(), at(5))
    const expected = await countsOf(reference)
    const probe = faultyDatabase(env.DB, null)
    const probed = await aCorrelation()
    await applyAlerts(
      openTenant(probe.db, probed.orgId),
      { version: null, graph: EMPTY_GRAPH },
      aChunk(),
      () => at(5),
    )
    for (const fault of faultsOf(probe.queries())) {
      const org = await aCorrelation()
      const chunk = aChunk()
      const faulty = openTenant(faultyDatabase(env.DB, fault).db, org.orgId)
      const cache = { version: null, graph: EMPTY_GRAPH }
      await expect(applyAlerts(faulty, cache, chunk, () => at(5))).rejects.toThrow()
      await applyAlerts(faulty, cache, chunk, () => at(6))
      expect(await countsOf(org), JSON.stringify(fault)).toEqual(expected)
    }
  })

  it('is decided again when somebody changed the incident meanwhile', async ({ expect }) => {
    const org = await aCorrelation()
    await org.send({})
    let raced = false
    const racing = new Proxy(env.DB, {
      get(target, key) {
        if (key === 'prepare') return (query: string) => target.prepare(query)
        if (key !== 'batch') return Reflect.get(target, key)
        return async (statements: D1PreparedStatement[]) => {
          const results = await target.batch(statements)
          if (!raced) {
            raced = true
            await target
              .prepare(
                "UPDATE incidents SET status = 'resolved', resolved_at = 1, version = version + 1 WHERE org_id = ?",
              )
              .bind(org.orgId)
              .run()
          }
          return results
        }
      },
    })
    await applyAlerts(
      openTenant(racing, org.orgId),
      { version: null, graph: EMPTY_GRAPH },
      chunkOf(incoming(anAlert({ dedupKey: 'b', eventTime: at(1) }))),
      () => at(1),
    )
    expect(await org.rows('SELECT status FROM incidents WHERE org_id = ? ORDER BY created_at, id')).toEqual([
      { status: 'resolved' },
      { status: 'investigating' },
    ])
  })
})

describe('the cost of an alert', () => {
  const crowd = async (orgId: string, size: number) => {
    await env.DB.batch([
      env.DB.prepare(
        `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?2)
        INSERT INTO incidents (id, org_id, source_type, source_alert_id, status, severity, alert_title, alert_service, alert_metadata, primary_alert_id, chat_session_id, affected_services, open_alert_count, started_at, last_alert_at)
        SELECT ?1 || i, ?1, 'generic', 'a', CASE i % 2 WHEN 0 THEN 'investigating' ELSE 'resolved' END, 'high', 'Some title', 'svc' || i, '{}', 'alert' || ?1 || i, 'session' || ?1 || i, '["svc' || i || '"]', 1 - i % 2, ?3 - i, ?3 - i FROM n`,
      ).bind(orgId, size, T),
      env.DB.prepare(
        `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?2)
        INSERT INTO alerts (id, org_id, integration_id, incident_id, delivery_id, source, source_type, kind, dedup_key, source_alert_id, state, severity, title, service, starts_at, last_seen_at, last_transition_at, authenticity, labels, metadata)
        SELECT 'alert' || ?1 || i, ?1, 'integration-1', ?1 || i, 'd', 'generic', 'generic', 'alert', ?1 || i, 'a', CASE i % 2 WHEN 0 THEN 'firing' ELSE 'resolved' END, 'high', 'Some title', 'svc' || i, ?3, ?3, ?3, 'token', '{}', '{}' FROM n`,
      ).bind(orgId, size, T),
    ])
  }
  const costOf = async (size: number) => {
    const org = await aCorrelation()
    await crowd(org.orgId, size)
    const cost = noCost()
    const cache = { version: 1, graph: EMPTY_GRAPH }
    const chunk = () => chunkOf(incoming(anAlert({ dedupKey: newId(), service: 'svc2' })))
    // The first alert after a start also reads rules and topology.
    await applyAlerts(org.db, cache, chunk(), () => T)
    await applyAlerts(openTenant(meterDatabase(env.DB, cost), org.orgId), cache, chunk(), () => T)
    return cost
  }

  it('does not grow with the alerts and incidents that are stored', async ({ expect }) => {
    const few = await costOf(200)
    const many = await costOf(3000)
    expect(many.roundTrips).toBe(2)
    expect(many.rowsRead).toBeLessThanOrEqual(few.rowsRead + 5)
    expect(many.rowsWritten).toBe(few.rowsWritten)
  })

  it('does not grow with the alerts of its delivery and of its incident', async ({ expect }) => {
    const org = await aCorrelation()
    const deliveryId = newId()
    const chunk = (from: number) =>
      chunkOf(
        ...Array.from({ length: CHUNK_SIZE }, (_, index) =>
          incoming(anAlert({ dedupKey: `k${from + index}` }), { deliveryId, idx: from + index }),
        ),
      )
    const read: number[] = []
    const cache = { version: 1, graph: EMPTY_GRAPH }
    for (let from = 0; from < 8 * CHUNK_SIZE; from += CHUNK_SIZE) {
      const cost = noCost()
      const db = openTenant(meterDatabase(env.DB, cost), org.orgId)
      await applyAlerts(db, cache, chunk(from), () => T)
      read.push(cost.rowsRead)
    }
    expect(Math.max(...read.slice(2))).toBeLessThanOrEqual((read[1] ?? 0) + 10)
  })
})
