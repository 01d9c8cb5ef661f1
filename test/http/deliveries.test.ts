import { env } from 'cloudflare:workers'
import { describe, it } from 'vitest'
import { forgetOld } from '../../src/jobs/retention'
import { newId } from '../../src/lib/ids'
import { DAY } from '../../src/lib/time'
import { anOrg, type Org } from '../support/org'
import { processed } from '../support/processed'

const ALERT = { title: 'Checkout is slow', service: 'checkout', severity: 'high', dedupKey: 'checkout/slow' }

/** An organisation with a sender of generic JSON. */
async function aSender(org?: Org) {
  const owner = org ?? (await anOrg())
  const { body } = await owner.post('/api/integrations', {
    source: 'generic',
    name: newId(),
    settings: { investigate: false },
  })
  const integrationId: string = body.integration.id
  const send = async (payload: unknown = ALERT): Promise<string> => {
    const answer = await owner.call('POST', `/api/webhooks/generic/${body.ingestToken}`, payload)
    const deliveryId: string = answer.body.deliveryId
    await processed(deliveryId)
    return deliveryId
  }
  return { org: owner, integrationId, send }
}

const kill = (id: string) =>
  env.DB.prepare(
    "UPDATE ingest_deliveries SET state = 'dead', reason = 'retries_exhausted', last_error = 'storage timeout' WHERE id = ?",
  )
    .bind(id)
    .run()

const effectsOf = async (org: Org) =>
  (
    await env.DB.prepare('SELECT effect FROM alert_events WHERE org_id = ? ORDER BY at, id')
      .bind(org.orgId)
      .all<{ effect: string }>()
  ).results.map(({ effect }) => effect)

describe('deliveries', () => {
  it('are listed newest first, page by page, by sender and state', async ({ expect }) => {
    const { org, integrationId, send } = await aSender()
    const first = await send()
    const second = await send({ ...ALERT, dedupKey: 'other' })
    const other = await (await aSender(org)).send()
    const page = await org.get(`/api/ingest/deliveries?integrationId=${integrationId}&limit=1`)
    expect(page.body.deliveries).toMatchObject([
      {
        id: second,
        integrationId,
        source: 'generic',
        state: 'processed',
        outcome: { opened: 1, changes: 0 },
      },
    ])
    const next = await org.get(
      `/api/ingest/deliveries?integrationId=${integrationId}&limit=1&cursor=${page.body.nextCursor}`,
    )
    expect(next.body.deliveries.map(({ id }: { id: string }) => id)).toEqual([first])
    const all = await org.get('/api/ingest/deliveries?state=processed&source=generic')
    expect(all.body.deliveries.map(({ id }: { id: string }) => id)).toEqual([other, second, first])
    expect((await org.get('/api/ingest/deliveries?state=dead')).body.deliveries).toEqual([])
    expect((await org.get('/api/ingest/deliveries?state=lost')).body.error).toContain('Invalid state.')
  })

  it('show editors the exact body, and viewers the body without secrets', async ({ expect }) => {
    const { org, send } = await aSender()
    const secret = `ghp_${'a1B2'.repeat(10)}`
    const id = await send({ ...ALERT, description: `token ${secret}` })
    const shown = (await org.get(`/api/ingest/deliveries/${id}`)).body.delivery
    expect(shown.body).toContain(secret)
    expect(shown.alertIds).toHaveLength(1)
    expect(shown.incidentIds).toHaveLength(1)
    const viewer = await org.member('viewer')
    const forViewer = (await viewer.get(`/api/ingest/deliveries/${id}`)).body.delivery
    expect(forViewer.body).not.toContain(secret)
    expect(forViewer.body).toContain('Checkout is slow')
    expect((await viewer.post(`/api/ingest/deliveries/${id}/redrive`)).status).toBe(403)
  })

  it('that took effect change nothing when they are processed again, unless an admin forces it', async ({
    expect,
  }) => {
    const { org, send } = await aSender()
    const id = await send()
    const again = await org.post(`/api/ingest/deliveries/${id}/redrive`)
    expect([again.status, again.body]).toEqual([202, { deliveryId: id, state: 'received' }])
    await processed(id)
    expect(await effectsOf(org)).toEqual(['opened'])
    const editor = await org.member('editor')
    expect((await editor.post(`/api/ingest/deliveries/${id}/redrive`, { force: true })).status).toBe(403)
    expect((await org.post(`/api/ingest/deliveries/${id}/redrive`, { force: true })).status).toBe(202)
    await processed(id)
    expect(await effectsOf(org)).toEqual(['repeat'])
    const log = await org.get('/api/audit-log?event=delivery.redrive')
    expect(JSON.stringify(log.body)).toContain('delivery.redrive')
  })

  it('are not sent again while they are processed, nor without their body', async ({ expect }) => {
    const { org, send } = await aSender()
    const id = await send()
    await env.DB.prepare("UPDATE ingest_deliveries SET state = 'processing' WHERE id = ?").bind(id).run()
    const busy = await org.post(`/api/ingest/deliveries/${id}/redrive`)
    expect([busy.status, busy.body.error, busy.body.code]).toEqual([
      409,
      'Delivery is being processed',
      'conflict',
    ])
    await kill(id)
    await env.DB.prepare('DELETE FROM ingest_bodies WHERE delivery_id = ?').bind(id).run()
    const bare = await org.post(`/api/ingest/deliveries/${id}/redrive`)
    expect([bare.status, bare.body.error]).toEqual([409, 'Body is no longer stored'])
    expect((await org.post('/api/ingest/dead-letters/redrive', {})).body).toEqual({ redriven: 0 })
  })

  it('that were refused for their signature are let in by admins alone', async ({ expect }) => {
    const { org, send } = await aSender()
    const id = await send()
    await env.DB.prepare(
      "UPDATE ingest_deliveries SET state = 'rejected', reason = 'signature_invalid' WHERE id = ?",
    )
      .bind(id)
      .run()
    const editor = await org.member('editor')
    expect((await editor.post(`/api/ingest/deliveries/${id}/redrive`)).status).toBe(403)
    expect((await org.post(`/api/ingest/deliveries/${id}/redrive`)).status).toBe(202)
  })
})

describe('dead letters', () => {
  it('say why they were given up, and go on their way again together', async ({ expect }) => {
    const { org, integrationId, send } = await aSender()
    const ids = [
      await send(),
      await send({ ...ALERT, dedupKey: 'two' }),
      await send({ ...ALERT, dedupKey: 'three' }),
    ]
    for (const id of ids) await kill(id)
    const listed = await org.get('/api/ingest/dead-letters')
    expect(listed.body.deliveries).toHaveLength(3)
    expect(listed.body.deliveries[0]).toMatchObject({
      state: 'dead',
      reason: 'retries_exhausted',
      lastError: 'storage timeout',
    })
    expect((await org.post('/api/ingest/dead-letters/redrive', { integrationId, limit: 2 })).body).toEqual({
      redriven: 2,
    })
    expect((await org.post('/api/ingest/dead-letters/redrive', { source: 'generic' })).body).toEqual({
      redriven: 1,
    })
    for (const id of ids) expect(await processed(id)).toMatchObject({ state: 'processed' })
    expect(await effectsOf(org)).toEqual(['opened', 'opened', 'opened'])
  })
})

describe('trying an integration', () => {
  it('shows what a payload would become and stores nothing', async ({ expect }) => {
    const { org, integrationId } = await aSender()
    const viewer = await org.member('viewer')
    const { status, body } = await viewer.post(`/api/integrations/${integrationId}/preview`, {
      payload: [ALERT, { state: 'firing' }],
      headers: { 'x-any': 'thing' },
    })
    expect(status).toBe(200)
    expect(body.alerts).toMatchObject([{ title: 'Checkout is slow', severity: 'high', service: 'checkout' }])
    expect(body.errors).toEqual([{ index: 1, message: 'Missing title' }])
    const unreadable = await viewer.post(`/api/integrations/${integrationId}/preview`, { payload: 'text' })
    expect(unreadable.body).toEqual({
      alerts: [],
      changes: [],
      errors: [{ index: 0, message: 'Invalid request body' }],
    })
    expect((await org.get('/api/ingest/deliveries')).body.deliveries).toEqual([])
  })

  it('tries a mapping before it is stored', async ({ expect }) => {
    const { org, integrationId } = await aSender()
    const path = `/api/integrations/${integrationId}`
    const fields = {
      title: { path: '/what' },
      state: { const: 'firing' },
      service: { path: ['/on', '/@/on'] },
    }
    const payload = { checks: [{ what: 'Disk full' }, { what: 'CPU', on: 'web' }], on: 'db' }
    const mapping = { each: '/checks', fields }
    const tried = await org.post(`${path}/preview`, { payload, settings: { mapping } })
    expect(tried.body.alerts).toMatchObject([
      { title: 'Disk full', service: 'db' },
      { title: 'CPU', service: 'web' },
    ])
    const bad = await org.post(`${path}/preview`, { payload, settings: { mapping: { fields: {} } } })
    expect([bad.status, bad.body.details[0].path]).toEqual([400, 'settings.mapping.fields.title'])
    expect((await org.get(path)).body.integration.settings.mapping).toBeNull()
  })

  it('sends an alert the whole way that nobody investigates and that ends after ten minutes', async ({
    expect,
  }) => {
    const org = await anOrg()
    const created = await org.post('/api/integrations', { source: 'grafana', name: 'Grafana' })
    const sent = await org.post(`/api/integrations/${created.body.integration.id}/test`)
    expect(sent.status).toBe(202)
    expect(await processed(sent.body.deliveryId)).toMatchObject({ state: 'processed' })
    const { incidents } = (await org.get('/api/incidents')).body
    expect(incidents).toMatchObject([{ severity: 'low', alert: { title: 'Test alert of Grafana' } }])
    const alert = await env.DB.prepare(
      'SELECT labels, expires_at - created_at AS left FROM alerts WHERE org_id = ?',
    )
      .bind(org.orgId)
      .first<{ labels: string; left: number }>()
    expect(JSON.parse(alert?.labels ?? '{}')).toMatchObject({ aurora_test: 'true' })
    expect(Math.round((alert?.left ?? 0) / 60_000)).toBe(10)
    const runs = await env.DB.prepare('SELECT state FROM runs WHERE org_id = ?').bind(org.orgId).all()
    expect(runs.results).toEqual([{ state: 'cancelled' }])
  })
})

describe('retention', () => {
  it('forgets bodies after 30 days and deliveries after 90, but not what opened an incident', async ({
    expect,
  }) => {
    const { send } = await aSender()
    const opened = await send()
    const repeated = await send({ ...ALERT, title: 'Checkout is slower' })
    const left = async (table: string, column: string): Promise<unknown> =>
      (
        await env.DB.prepare(`SELECT ${column} AS id FROM ${table} WHERE ${column} IN (?, ?) ORDER BY 1`)
          .bind(opened, repeated)
          .all<{ id: string }>()
      ).results.map(({ id }) => id)
    const now = Date.now()
    await forgetOld(env.DB, now + 29 * DAY)
    expect(await left('ingest_bodies', 'delivery_id')).toEqual([opened, repeated])
    await forgetOld(env.DB, now + 30.5 * DAY)
    expect(await left('ingest_bodies', 'delivery_id')).toEqual([opened])
    expect(await left('ingest_deliveries', 'id')).toEqual([opened, repeated])
    await forgetOld(env.DB, now + 90.5 * DAY)
    expect(await left('ingest_deliveries', 'id')).toEqual([opened])
  })

  it('of bodies is as long as the organisation says', async ({ expect }) => {
    const path = '/api/settings/ingest'
    const [short, long] = [await aSender(), await aSender()]
    expect((await short.org.get(path)).body).toEqual({ bodyRetentionDays: 30 })
    expect((await short.org.put(path, { bodyRetentionDays: 7 })).body).toEqual({ bodyRetentionDays: 7 })
    expect((await long.org.put(path, { bodyRetentionDays: 90 })).status).toBe(200)
    for (const bad of [0, 91, 1.5, '7', null])
      expect((await short.org.put(path, { bodyRetentionDays: bad })).status).toBe(400)
    const editor = await short.org.member('editor')
    expect((await editor.put(path, { bodyRetentionDays: 1 })).status).toBe(403)
    expect((await editor.get(path)).body).toEqual({ bodyRetentionDays: 7 })
    expect((await short.org.get('/api/audit-log?event=settings.ingest')).body.entries).toHaveLength(1)
    const bodies = async ({ org, send }: typeof short) => {
      await send()
      const repeated = await send({ ...ALERT, title: 'Checkout is slower' })
      return async () => (await org.get(`/api/ingest/deliveries/${repeated}`)).body.delivery.body !== null
    }
    const [shortIsThere, longIsThere] = [await bodies(short), await bodies(long)]
    const now = Date.now()
    await forgetOld(env.DB, now + 6 * DAY)
    expect(await shortIsThere()).toBe(true)
    await forgetOld(env.DB, now + 7.5 * DAY)
    await forgetOld(env.DB, now + 30.5 * DAY)
    expect([await shortIsThere(), await longIsThere()]).toEqual([false, true])
  })
})
