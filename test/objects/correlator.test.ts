import { evictDurableObject } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { describe, it } from 'vitest'
import { newId } from '../../src/lib/ids'
import { aCorrelation, anAlert, chunkOf, incoming } from '../support/alerts'

describe('the correlator of an organisation', () => {
  it('decides one after another, however many ask at once', async ({ expect }) => {
    const { orgId, rows, integrationId } = await aCorrelation()
    const now = Date.now()
    const chunk = chunkOf(incoming(anAlert({ eventTime: now }), { integrationId }))
    const outcomes = await Promise.all([
      ...Array.from({ length: 5 }, () => env.CORRELATOR.getByName(orgId).apply(orgId, chunk)),
      ...Array.from({ length: 15 }, () =>
        env.CORRELATOR.getByName(orgId).apply(
          orgId,
          chunkOf(incoming(anAlert({ dedupKey: newId(), eventTime: now }), { integrationId })),
        ),
      ),
    ])
    expect(new Set(outcomes.map(({ ok }) => ok))).toEqual(new Set([true]))
    expect(await rows('SELECT correlated_alert_count FROM incidents WHERE org_id = ?')).toEqual([
      { correlated_alert_count: 15 },
    ])
    expect(await rows('SELECT id FROM alert_events WHERE org_id = ?')).toHaveLength(16)
  })

  it('knows after an eviction what it knew before', async ({ expect }) => {
    const { orgId, rows, integrationId } = await aCorrelation()
    const now = Date.now()
    const chunk = chunkOf(incoming(anAlert({ eventTime: now }), { integrationId }))
    await env.CORRELATOR.getByName(orgId).apply(orgId, chunk)
    await evictDurableObject(env.CORRELATOR.getByName(orgId))
    await env.CORRELATOR.getByName(orgId).apply(orgId, chunk)
    await env.CORRELATOR.getByName(orgId).apply(
      orgId,
      chunkOf(incoming(anAlert({ state: 'resolved', eventTime: now + 1 }), { integrationId })),
    )
    await evictDurableObject(env.CORRELATOR.getByName(orgId))
    await env.CORRELATOR.getByName(orgId).apply(
      orgId,
      chunkOf(incoming(anAlert({ eventTime: now + 2 }), { integrationId })),
    )
    expect(await rows('SELECT status FROM incidents WHERE org_id = ?')).toEqual([{ status: 'investigating' }])
    expect(await rows('SELECT state, flaps FROM alerts WHERE org_id = ?')).toEqual([
      { state: 'firing', flaps: 1 },
    ])
  })

  it('uses new edges of the topology for the next alert', async ({ expect }) => {
    const { orgId, rows, integrationId } = await aCorrelation()
    const now = Date.now()
    const send = (service: string) =>
      env.CORRELATOR.getByName(orgId).apply(
        orgId,
        chunkOf(
          incoming(anAlert({ dedupKey: newId(), service, title: `Errors of ${service}`, eventTime: now }), {
            integrationId,
          }),
        ),
      )
    await send('checkout')
    await send('billing')
    expect(await rows('SELECT id FROM incidents WHERE org_id = ?')).toHaveLength(2)
    await env.DB.batch([
      env.DB.prepare(
        "INSERT INTO service_edges (org_id, from_service, to_service) VALUES (?, 'web', 'checkout')",
      ).bind(orgId),
      env.DB.prepare(
        'INSERT INTO organization_settings (org_id, topology_version) VALUES (?, 2) ON CONFLICT (org_id) DO UPDATE SET topology_version = 2',
      ).bind(orgId),
    ])
    await send('web')
    expect(await rows('SELECT id FROM incidents WHERE org_id = ?')).toHaveLength(2)
  })

  it('answers with the problem when it cannot write', async ({ expect }) => {
    const chunk = chunkOf(incoming(anAlert()))
    const orgId = newId()
    expect(await env.CORRELATOR.getByName(orgId).apply(orgId, chunk)).toEqual({
      ok: false,
      problem: expect.any(String),
    })
  })
})
