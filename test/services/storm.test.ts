import { runDurableObjectAlarm } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { describe, it } from 'vitest'
import { EMPTY_GRAPH } from '../../src/alerts/service-graph'
import { newId, timeOfId } from '../../src/lib/ids'
import { applyAlerts } from '../../src/services/correlation/apply'
import { flushJoins } from '../../src/services/correlation/flush-joins'
import { resultsOf } from '../../src/store/deliveries'
import { Dispatch } from '../../src/store/dispatch'
import { countedToReplay } from '../../src/store/replay'
import { openTenant } from '../../src/store/tenant-db'
import { aCorrelation, anAlert, at, chunkOf, incoming } from '../support/alerts'
import { faultsOf, faultyDatabase } from '../support/faulty-db'

type Org = Awaited<ReturnType<typeof aCorrelation>>

/** Alerts with keys of their own, all of one moment, in chunks of 50. */
async function storm(org: Org, count: number, service: (n: number) => string) {
  const { integrationId } = org
  for (let done = 0; done < count; done += 50) {
    const alerts = Array.from({ length: 50 }, (_, n) =>
      incoming(anAlert({ dedupKey: newId(), service: service(done + n), eventTime: at(1) }), {
        integrationId,
      }),
    )
    await org.apply(chunkOf(...alerts), at(1))
  }
}

const sumOf = (rows: readonly { readonly n: number }[]) => rows.reduce((sum, { n }) => sum + n, 0)

/** How many joins people were told of: over the organisation's stream, the incident's, and in the records. */
const toldOf = async (org: Org) =>
  Promise.all(
    [
      "SELECT coalesce(event ->> '$.count', 1) AS n FROM feed_events WHERE org_id = ? AND event ->> '$.type' = 'alert_correlated'",
      "SELECT coalesce(event ->> '$.count', 1) AS n FROM feed_events WHERE org_id = ? AND event ->> '$.type' = 'alert'",
      "SELECT coalesce(details ->> '$.count', 1) AS n FROM lifecycle_events WHERE org_id = ? AND event = 'alert_correlated'",
    ].map(async (query) => sumOf(await org.rows<{ n: number }>(query))),
  )

const DUE = 'SELECT joins_due_at AS due FROM incidents WHERE org_id = ?'
const CACHE = () => ({ version: null, graph: EMPTY_GRAPH })

describe('a storm', () => {
  it('on one service is one incident with one run, told in few words', async ({ expect }) => {
    const org = await aCorrelation()
    await storm(org, 500, () => 'checkout')
    expect(
      await org.rows(
        'SELECT correlated_alert_count AS n, open_alert_count AS open FROM incidents WHERE org_id = ?',
      ),
    ).toEqual([{ n: 499, open: 500 }])
    expect(await org.rows("SELECT id FROM runs WHERE org_id = ? AND kind = 'investigation'")).toHaveLength(1)
    expect(await org.rows('SELECT id FROM alerts WHERE org_id = ?')).toHaveLength(500)
    expect(await org.rows('SELECT id FROM incident_alerts WHERE org_id = ?')).toHaveLength(500)
    expect(await toldOf(org)).toEqual([60, 60, 60])
    expect(await org.rows(DUE)).toEqual([{ due: at(3) }])
    // The burst is over: what nobody heard of is told, to the streams first, and only once.
    const flush = (seconds: number) => flushJoins(org.db, CACHE(), () => at(seconds))
    expect(await flush(2)).toMatchObject({ told: false, joinsDueAt: at(3) })
    expect(await flush(3)).toMatchObject({ told: true, joinsDueAt: at(11) })
    expect(await toldOf(org)).toEqual([499, 499, 60])
    expect(await flush(12)).toMatchObject({ joinsDueAt: null })
    expect(await flush(30)).toMatchObject({ told: false, joinsDueAt: null })
    expect(await toldOf(org)).toEqual([499, 499, 499])
    expect(await org.rows(DUE)).toEqual([{ due: null }])
  })

  it('is told to its end by the alarm of the correlator, and by the sweep when that is lost', async ({
    expect,
  }) => {
    const org = await aCorrelation()
    const correlator = env.CORRELATOR.getByName(org.orgId)
    const now = Date.now()
    const alerts = Array.from({ length: 100 }, () =>
      incoming(anAlert({ dedupKey: newId(), eventTime: now }), { integrationId: org.integrationId }),
    )
    await correlator.apply(org.orgId, chunkOf(...alerts))
    const [, , noted] = await toldOf(org)
    expect(noted).toBeLessThan(99)
    const makeDue = () =>
      env.DB.prepare(
        `UPDATE incidents SET joins_due_at = 1, join_pace = json_set(join_pace, '$.streamAt', 0, '$.notedAt', 0) WHERE org_id = ?`,
      )
        .bind(org.orgId)
        .run()
    await makeDue()
    expect(await new Dispatch(env.DB).organisationsWithJoinsDue(now)).toContain(org.orgId)
    expect(await runDurableObjectAlarm(correlator)).toBe(true)
    expect(await toldOf(org)).toEqual([99, 99, 99])
    expect(await new Dispatch(env.DB).organisationsWithJoinsDue(now)).not.toContain(org.orgId)
  })

  it('of many incidents is noticed once', async ({ expect }) => {
    const org = await aCorrelation()
    await storm(org, 100, (n) => `service-${n}`)
    expect(await org.rows('SELECT storm_until AS until FROM organization_settings WHERE org_id = ?')).toEqual(
      [{ until: at(601) }],
    )
    expect(
      await org.rows("SELECT id FROM audit_log WHERE org_id = ? AND event = 'storm.begin'"),
    ).toHaveLength(1)
    expect(await org.rows('SELECT id FROM incidents WHERE org_id = ?')).toHaveLength(100)
    // Each waits for its investigation: a storm defers them and drops none.
    expect(
      await org.rows("SELECT id FROM runs WHERE org_id = ? AND kind = 'investigation' AND state = 'queued'"),
    ).toHaveLength(100)
  })
})

/** Deliveries as a consumer holds them, each with one more word of the same alert. */
async function repeats(org: Org, count: number) {
  const { integrationId, orgId } = org
  const ids = Array.from({ length: count }, () => newId())
  await env.DB.batch([
    env.DB.prepare(
      `INSERT OR IGNORE INTO integrations (id, org_id, source, name, verification, ingest_token_hash, token_suffix, settings, created_by)
        VALUES (?1, ?2, 'generic', 'Monitoring', 'token_only', ?1, 'x', '{}', 'x')`,
    ).bind(integrationId, orgId),
    env.DB.prepare(
      `INSERT INTO ingest_deliveries (id, org_id, integration_id, source, delivery_key, state, authenticity, received_at, bytes, body_sha256, headers)
        SELECT value, ?2, ?3, 'generic', value, 'processing', 'token', ?4, 1, 'x', '{}' FROM json_each(?1)`,
    ).bind(JSON.stringify(ids), orgId, integrationId, at(1)),
  ])
  const alerts = ids.map((deliveryId) =>
    incoming(anAlert({}), { deliveryId, integrationId, receivedAt: at(1) }),
  )
  return { ids, chunk: { ...chunkOf(...alerts), finished: ids.map(finish) } }
}

const finish = (deliveryId: string) => ({ deliveryId, changes: 0, errors: [] })

const countsOf = async (org: Org) => ({
  alerts: await org.rows('SELECT occurrences, last_seen_at AS seen FROM alerts WHERE org_id = ?'),
  rows: (await org.rows('SELECT id FROM alert_events WHERE org_id = ?')).length,
  counted: sumOf(
    await org.rows<{ n: number }>(
      'SELECT json_array_length(counted) AS n FROM ingest_deliveries WHERE org_id = ? AND counted IS NOT NULL',
    ),
  ),
  outcomes: await org.rows(
    'SELECT outcome, count(*) AS n FROM ingest_deliveries WHERE org_id = ? GROUP BY outcome ORDER BY outcome',
  ),
})

/** One opening, ten repeats with rows, and thirty that are only counted. */
const FORTY_ONE = {
  alerts: [{ occurrences: 41, seen: at(1) }],
  rows: 11,
  counted: 30,
  outcomes: [
    { outcome: '{"opened":1,"changes":0}', n: 1 },
    { outcome: '{"repeat":1,"changes":0}', n: 40 },
  ],
}

describe('identical repeats past their rate', () => {
  it('are counted instead of stored as rows, and count once however often they come', async ({ expect }) => {
    const org = await aCorrelation()
    const { ids, chunk } = await repeats(org, 41)
    await org.apply(chunk, at(1))
    expect(await countsOf(org)).toEqual(FORTY_ONE)
    // Each of them still says which alert it was about, and when.
    const [alert] = await org.rows<{ id: string }>('SELECT id FROM alerts WHERE org_id = ?')
    expect(await resultsOf(org.db, ids[40] ?? '')).toMatchObject([{ alertId: alert?.id }])
    const replayed = await countedToReplay(org.db, at(0), at(60), 100)
    expect(replayed).toHaveLength(30)
    expect(replayed.every((one) => one.alertId === alert?.id && timeOfId(one.id) === at(1))).toBe(true)
    // A redrive: everything is processed once more and changes nothing.
    await env.DB.prepare("UPDATE ingest_deliveries SET state = 'processing' WHERE org_id = ?")
      .bind(org.orgId)
      .run()
    await org.apply(chunk, at(2))
    expect(await countsOf(org)).toEqual(FORTY_ONE)
    // A worse one is no repetition: it has its row.
    const worse = incoming(anAlert({ severity: 'critical', eventTime: at(3) }), {
      deliveryId: ids[40] ?? '',
      idx: 1,
      integrationId: org.integrationId,
    })
    await org.apply(chunkOf(worse), at(3))
    expect(await countsOf(org)).toMatchObject({ rows: 12, counted: 30 })
  })

  it('count once, whichever query fails', async ({ expect }) => {
    const probe = faultyDatabase(env.DB, null)
    const probed = await aCorrelation()
    const first = await repeats(probed, 41)
    await applyAlerts(openTenant(probe.db, probed.orgId), CACHE(), first.chunk, () => at(1))
    for (const fault of faultsOf(probe.queries())) {
      const org = await aCorrelation()
      const { chunk } = await repeats(org, 41)
      const cache = CACHE()
      const faulty = openTenant(faultyDatabase(env.DB, fault).db, org.orgId)
      await expect(applyAlerts(faulty, cache, chunk, () => at(1))).rejects.toThrow()
      await applyAlerts(faulty, cache, chunk, () => at(1))
      expect(await countsOf(org), JSON.stringify(fault)).toEqual(FORTY_ONE)
    }
  })

  it('are not counted twice by two instances at once', async ({ expect }) => {
    const org = await aCorrelation()
    const { chunk } = await repeats(org, 41)
    await Promise.all([1, 2, 3].map(() => applyAlerts(org.db, CACHE(), chunk, () => at(1))))
    expect(await countsOf(org)).toEqual(FORTY_ONE)
  })
})
