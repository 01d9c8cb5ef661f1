import { createExecutionContext, createMessageBatch, getQueueResult } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { describe, it } from 'vitest'
import { newId } from '../../src/lib/ids'
import { consumeIngest } from '../../src/jobs/ingest'
import { Dispatch } from '../../src/store/dispatch'
import { faultsOf, faultyDatabase } from '../support/faulty-db'
import { aDelivery } from '../support/deliveries'
import { deliveryRow } from '../support/senders'

async function consume(ids: readonly string[], database: D1Database = env.DB) {
  const batch = createMessageBatch(
    'aurora-ingest',
    ids.map((deliveryId) => ({
      id: newId(),
      timestamp: new Date(),
      attempts: 1,
      body: { v: 1, deliveryId },
    })),
  )
  await consumeIngest(batch, { ...env, DB: database })
  return getQueueResult(batch, createExecutionContext())
}

/** What a minute or two, and the sweep in them, do to a delivery that got stuck. */
async function laterOn(id: string) {
  await new Dispatch(env.DB).stuckDeliveries(Date.now() + 120_000, 100)
  await env.DB.prepare('UPDATE ingest_deliveries SET not_before = NULL WHERE id = ?').bind(id).run()
}

const twoAlerts = () => [
  { title: 'A', service: 'one', dedupKey: newId() },
  { title: 'B', service: 'two', dedupKey: newId() },
]

describe('a delivery', () => {
  it('takes effect once, whichever query of its consumer fails', async ({ expect }) => {
    const probe = faultyDatabase(env.DB, null)
    await consume([(await aDelivery(twoAlerts())).id], probe.db)
    for (const fault of faultsOf(probe.queries() + 1)) {
      const delivery = await aDelivery(twoAlerts())
      await consume([delivery.id], faultyDatabase(env.DB, fault).db)
      await laterOn(delivery.id)
      await consume([delivery.id])
      expect(await deliveryRow(delivery.id), JSON.stringify(fault)).toMatchObject({
        state: 'processed',
        outcome: '{"opened":2,"changes":0}',
      })
      expect([await delivery.count('alert_events'), await delivery.count('incidents')]).toEqual([2, 2])
    }
  })

  it('is processed by one of many consumers', async ({ expect }) => {
    const delivery = await aDelivery(twoAlerts())
    await Promise.all(Array.from({ length: 5 }, () => consume([delivery.id, delivery.id])))
    expect(await deliveryRow(delivery.id)).toMatchObject({ state: 'processed', attempts: 1 })
    expect(await delivery.count('alert_events')).toBe(2)
  })

  it('is dead at once when it can never be read, and does not hold up its neighbours', async ({ expect }) => {
    const [bad, good] = [await aDelivery('not json'), await aDelivery(twoAlerts())]
    const result = await consume([bad.id, good.id, 'no such delivery'])
    expect(result.retryMessages).toEqual([])
    expect(await deliveryRow(bad.id)).toMatchObject({ state: 'dead', reason: 'unprocessable' })
    expect(await deliveryRow(good.id)).toMatchObject({ state: 'processed' })
  })

  it('keeps its good items when others are bad', async ({ expect }) => {
    const delivery = await aDelivery([
      { title: 'A', service: 'one' },
      { service: 'two' },
      7,
      { title: 'C', service: 'three' },
    ])
    await consume([delivery.id])
    const row = await env.DB.prepare('SELECT * FROM ingest_deliveries WHERE id = ?').bind(delivery.id).first()
    expect(row).toMatchObject({ state: 'processed', partial: 1 })
    expect(JSON.parse(String(row?.['errors'])).map(({ index }: { index: number }) => index)).toEqual([1, 2])
    expect(await delivery.count('alerts')).toBe(2)
  })

  it('waits 5, 15, 45, 135 and 405 seconds, and is dead after the sixth try', async ({ expect }) => {
    const delivery = await aDelivery(twoAlerts())
    // The correlator's own writes fail for a row that it cannot store.
    await env.DB.prepare(
      `CREATE TRIGGER refuse BEFORE INSERT ON alert_events WHEN NEW.org_id = '${delivery.orgId}' BEGIN SELECT RAISE(ABORT, 'disk full'); END`,
    ).run()
    const waits: number[] = []
    for (let attempt = 1; attempt <= 6; attempt++) {
      const before = Date.now()
      await consume([delivery.id])
      const notBefore = await env.DB.prepare('SELECT not_before FROM ingest_deliveries WHERE id = ?')
        .bind(delivery.id)
        .first<number>('not_before')
      // The clock goes on between the two.
      waits.push(Math.floor(((notBefore ?? before) - before) / 5000) * 5)
      await env.DB.prepare('UPDATE ingest_deliveries SET not_before = NULL WHERE id = ?')
        .bind(delivery.id)
        .run()
    }
    await env.DB.prepare('DROP TRIGGER refuse').run()
    expect(waits).toEqual([5, 15, 45, 135, 405, 0])
    expect(await deliveryRow(delivery.id)).toMatchObject({ state: 'dead', reason: 'retries_exhausted' })
    expect(await delivery.count('alerts')).toBe(0)
  })

  it('that cannot be stored holds up its neighbours once, and then only itself', async ({ expect }) => {
    const poison = await aDelivery([{ title: 'Poison', service: 'one', dedupKey: newId() }])
    const good = newId()
    await env.DB.batch([
      env.DB.prepare(
        `INSERT INTO ingest_deliveries (id, org_id, integration_id, source, delivery_key, state, authenticity, received_at, bytes, body_sha256, headers)
          SELECT ?1, org_id, integration_id, source, ?1, 'received', authenticity, received_at, bytes, 'x', headers FROM ingest_deliveries WHERE id = ?2`,
      ).bind(good, poison.id),
      env.DB.prepare('INSERT INTO ingest_bodies (delivery_id, org_id, body) VALUES (?, ?, ?)').bind(
        good,
        poison.orgId,
        JSON.stringify(twoAlerts()),
      ),
      env.DB.prepare(
        `CREATE TRIGGER refuse_poison BEFORE INSERT ON alerts WHEN NEW.title = 'Poison' BEGIN SELECT RAISE(ABORT, 'disk full'); END`,
      ),
    ])
    await consume([poison.id, good])
    expect([await deliveryRow(good), await deliveryRow(poison.id)]).toMatchObject([
      { state: 'received' },
      { state: 'received' },
    ])
    await Promise.all([laterOn(good), laterOn(poison.id)])
    await consume([poison.id, good])
    await env.DB.prepare('DROP TRIGGER refuse_poison').run()
    expect([await deliveryRow(good), await deliveryRow(poison.id)]).toMatchObject([
      { state: 'processed', attempts: 2 },
      { state: 'received', attempts: 2 },
    ])
  })

  it('may hold more alerts than one chunk, and very long ones', async ({ expect }) => {
    const labels = Object.fromEntries(Array.from({ length: 40 }, (_, n) => [`label${n}`, 'x'.repeat(900)]))
    const alerts = Array.from({ length: 120 }, () => ({
      status: 'firing',
      fingerprint: newId(),
      labels: { alertname: 'A', service: 'one' },
    }))
    const delivery = await aDelivery({ commonLabels: labels, alerts }, 'grafana')
    await consume([delivery.id])
    expect(await deliveryRow(delivery.id)).toMatchObject({
      state: 'processed',
      outcome: '{"opened":120,"changes":0}',
    })
    expect(await delivery.count('incidents')).toBe(1)
  })

  it('that reports a deployment leaves a change, once', async ({ expect }) => {
    const body = {
      kind: 'deployment',
      job: 'deploy/checkout',
      build: '1042',
      result: 'SUCCESS',
      service: 'checkout',
    }
    const delivery = await aDelivery(body)
    await consume([delivery.id])
    expect(await deliveryRow(delivery.id)).toMatchObject({ state: 'processed', outcome: '{"changes":1}' })
    expect(await delivery.count('change_events')).toBe(1)
  })
})
