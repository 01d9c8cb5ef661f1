import { runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { describe, it, vi } from 'vitest'
import { newId } from '../../src/lib/ids'
import { DAY, MINUTE } from '../../src/lib/time'
import { sweep } from '../../src/jobs/sweep'
import { aCorrelation, anAlert } from '../support/alerts'
import { aDelivery } from '../support/deliveries'
import { narrowEvent, seedOrganization, tell } from '../support/seed'
import { deliveryBecomes, deliveryRow } from '../support/senders'

const sweeper = () => env.SWEEPER.getByName('sweeper')
const alarmOf = () => runInDurableObject(sweeper(), (_, state) => state.storage.getAlarm())

/** An organisation with an incident whose run nobody was told of. */
async function aForgottenRun() {
  const org = await aCorrelation()
  const now = Date.now()
  const { runIds } = await org.send({ eventTime: now, service: newId() }, now)
  const id = runIds[0]?.id ?? ''
  const state = async () =>
    (await env.DB.prepare('SELECT state FROM runs WHERE id = ?').bind(id).first<string>('state')) ?? ''
  return {
    org,
    id,
    state,
    becomes: (wanted: string) =>
      vi.waitUntil(async () => (await state()) === wanted, { timeout: 8000, interval: 20 }),
  }
}

describe('the sweep', () => {
  it('has nothing to do when nothing is under way, and then sets no alarm', async ({ expect }) => {
    await vi.waitUntil(async () => !(await sweep(env, Date.now())), { timeout: 2000, interval: 20 })
    // A request of another test may have wound up the clock: it runs down by itself.
    await runDurableObjectAlarm(sweeper())
    await sweeper().run()
    expect(await alarmOf()).toBeNull()
  })

  it('sends for a queued run that no message speaks of, and comes back while there is work', async ({
    expect,
  }) => {
    const run = await aForgottenRun()
    expect(await run.state()).toBe('queued')
    expect(await sweep(env, Date.now() + 2 * MINUTE)).toBe(true)
    await run.becomes('succeeded')
    const open = await run.org.rows(
      "SELECT kind FROM outbox WHERE org_id = ? AND done_at IS NULL AND kind = 'run'",
    )
    expect(open).toEqual([])
  })

  it('sends for a delivery that was stored and never processed, and for one whose consumer died', async ({
    expect,
  }) => {
    const now = Date.now()
    const body = () => ({ title: 'A', service: newId() })
    const [forgotten, dropped, fresh] = [
      await aDelivery(body(), 'generic', now - 2 * MINUTE),
      await aDelivery(body(), 'generic', now - 2 * MINUTE),
      await aDelivery(body(), 'generic', now),
    ]
    await env.DB.prepare(
      "UPDATE ingest_deliveries SET state = 'processing', lease_until = ?2, attempts = 1 WHERE id = ?1",
    )
      .bind(dropped.id, now - 1)
      .run()
    expect(await sweep(env, now)).toBe(true)
    await deliveryBecomes(forgotten.id, 'processed')
    await deliveryBecomes(dropped.id, 'processed')
    expect(await deliveryRow(fresh.id)).toMatchObject({ state: 'received' })
    await env.DB.prepare("UPDATE ingest_deliveries SET state = 'dead' WHERE id = ?").bind(fresh.id).run()
  })

  it('gives up a delivery that kills whoever takes it', async ({ expect }) => {
    const delivery = await aDelivery({ title: 'A' })
    await env.DB.prepare(
      "UPDATE ingest_deliveries SET state = 'processing', lease_until = 1, attempts = 20 WHERE id = ?",
    )
      .bind(delivery.id)
      .run()
    await sweep(env, Date.now())
    expect(await deliveryRow(delivery.id)).toMatchObject({ state: 'dead', reason: 'retries_exhausted' })
  })

  it('sends for a run whose holder died', async ({ expect }) => {
    const run = await aForgottenRun()
    await env.DB.prepare(
      "UPDATE runs SET state = 'running', lease_owner = 'gone', lease_epoch = 3, started_at = ?2, lease_expires_at = ?2, last_enqueued_at = ?2 WHERE id = ?1",
    )
      .bind(run.id, Date.now() - MINUTE)
      .run()
    await env.DB.prepare('UPDATE outbox SET done_at = 1 WHERE org_id = ?').bind(run.org.orgId).run()
    await sweep(env, Date.now())
    await run.becomes('succeeded')
    expect(
      await run.org.rows("SELECT ordinal FROM runs WHERE org_id = ? AND kind = 'investigation'"),
    ).toHaveLength(1)
  })

  it('leaves a run alone whose holder lives', async ({ expect }) => {
    const run = await aForgottenRun()
    const now = Date.now()
    await env.DB.prepare(
      "UPDATE runs SET state = 'running', lease_owner = 'alive', lease_epoch = 1, started_at = ?2, lease_expires_at = ?3, last_enqueued_at = 1 WHERE id = ?1",
    )
      .bind(run.id, now, now + MINUTE)
      .run()
    await env.DB.prepare('UPDATE outbox SET done_at = 1 WHERE org_id = ?').bind(run.org.orgId).run()
    await sweep(env, now)
    expect(
      await env.DB.prepare('SELECT last_enqueued_at FROM runs WHERE id = ?')
        .bind(run.id)
        .first('last_enqueued_at'),
    ).toBe(1)
    await env.DB.prepare("UPDATE runs SET state = 'failed' WHERE id = ?").bind(run.id).run()
  })

  it('forgets the effect of a run that is over', async ({ expect }) => {
    const run = await aForgottenRun()
    await env.DB.prepare("UPDATE runs SET state = 'failed' WHERE id = ?").bind(run.id).run()
    await sweep(env, Date.now() + 2 * MINUTE)
    await vi.waitUntil(
      async () =>
        (await run.org.rows('SELECT id FROM outbox WHERE org_id = ? AND done_at IS NULL')).length === 0,
      { timeout: 8000, interval: 20 },
    )
    expect(await run.state()).toBe('failed')
  })

  it('resolves alerts whose time ran out, more than one round of them', async ({ expect }) => {
    const org = await aCorrelation()
    const now = Date.now()
    for (let chunk = 0; chunk < 2; chunk++)
      await org.apply(
        {
          alerts: Array.from({ length: 40 }, (_, index) => ({
            deliveryId: newId(),
            idx: 0,
            integrationId: org.integrationId,
            receivedAt: now - MINUTE,
            authenticity: 'token' as const,
            settings: {
              investigate: false,
              minRunSeverity: 'unknown' as const,
              reopenWindowSeconds: 600,
              autoResolveSeconds: 30,
              startDelaySeconds: 0,
            },
            alert: anAlert({ dedupKey: `${chunk}-${index}`, eventTime: now - MINUTE }),
          })),
          changes: [],
          finished: [],
        },
        now - MINUTE,
      )
    await sweep(env, now)
    expect(await org.rows("SELECT id FROM alerts WHERE org_id = ? AND state <> 'resolved'")).toEqual([])
    expect(await org.rows('SELECT status FROM incidents WHERE org_id = ?')).toEqual([{ status: 'resolved' }])
  })

  it('forgets events of the streams after a day', async ({ expect }) => {
    const orgId = await seedOrganization()
    const incidentId = newId()
    await tell(orgId, [narrowEvent(incidentId, 1)], true)
    await env.DB.prepare('UPDATE feed_events SET created_at = ?2 WHERE org_id = ?1')
      .bind(orgId, Date.now() - DAY - 1000)
      .run()
    await tell(orgId, [narrowEvent(incidentId, 2)], true)
    await sweep(env, Date.now())
    const { results } = await env.DB.prepare(
      "SELECT json_extract(event, '$.n') AS n FROM feed_events WHERE org_id = ?",
    )
      .bind(orgId)
      .all()
    expect(results).toEqual([{ n: 2 }])
  })
})
