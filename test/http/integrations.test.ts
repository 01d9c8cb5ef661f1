import { env } from 'cloudflare:workers'
import { describe, it } from 'vitest'
import { newId } from '../../src/lib/ids'
import { DAY } from '../../src/lib/time'
import { apiWith } from '../support/api'
import { anOrg, bearer } from '../support/org'
import { aSender, deliver, deliveryBecomes, deliveryRow, grafanaBody, sign } from '../support/senders'

describe('an integration', () => {
  it('shows its token when it is made and rotated, and never again', async ({ expect }) => {
    const org = await anOrg()
    const made = await org.post('/api/integrations', { source: 'grafana', name: 'Production' })
    expect(made.status).toBe(201)
    const { ingestToken, integration, webhookUrl } = made.body
    expect(ingestToken).toMatch(/^aw[0-9A-Za-z]{30}$/)
    expect(integration).toMatchObject({
      verification: 'if_configured',
      hasSigningSecret: false,
      tokenSuffix: ingestToken.slice(-4),
    })
    expect(webhookUrl).toBe(`http://aurora.test/api/webhooks/grafana/${ingestToken}`)
    const list = await org.get('/api/integrations')
    const one = await org.get(`/api/integrations/${integration.id}`)
    for (const { text } of [list, one]) expect(text).not.toContain(ingestToken)
    const everything = await env.DB.prepare('SELECT * FROM integrations').all()
    expect(JSON.stringify(everything.results)).not.toContain(ingestToken)
    const audit = await env.DB.prepare('SELECT * FROM audit_log').all()
    expect(JSON.stringify(audit.results)).not.toContain(ingestToken)
  })

  it('has a name of its own among those of its source', async ({ expect }) => {
    const org = await anOrg()
    const made = await Promise.all(
      [1, 2, 3].map(() => org.post('/api/integrations', { source: 'grafana', name: 'Production' })),
    )
    expect(made.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([201, 409, 409])
    expect(made.find(({ status }) => status === 409)?.body).toMatchObject({
      error: 'Integration name already exists',
      code: 'already_exists',
    })
    expect((await org.post('/api/integrations', { source: 'generic', name: 'Production' })).status).toBe(201)
  })

  it('merges settings key by key, and only an admin weakens its verification', async ({ expect }) => {
    const org = await anOrg()
    const { id } = await aSender(org, 'grafana', { defaultEnvironment: 'production' })
    const path = `/api/integrations/${id}`
    const changed = await org.patch(path, { settings: { startDelaySeconds: 60 } })
    expect(changed.body.integration.settings).toMatchObject({
      defaultEnvironment: 'production',
      startDelaySeconds: 60,
    })
    const bad = await org.patch(path, { settings: { startDelaySeconds: 'soon', other: 1 } })
    expect([bad.status, bad.body.error]).toEqual([400, 'Invalid settings'])
    expect(bad.body.details.length).toBeGreaterThan(1)
    const editor = await org.member('editor')
    expect((await editor.patch(path, { verification: 'token_only' })).status).toBe(403)
    expect((await org.patch(path, { verification: 'token_only' })).body.integration.verification).toBe(
      'token_only',
    )
    expect((await (await org.member('viewer')).patch(path, { name: 'x' })).status).toBe(403)
  })

  it('that is removed dies at once, and its incidents stay', async ({ expect }) => {
    const org = await anOrg()
    const sender = await aSender(org, 'grafana')
    const { body } = await deliver(sender.url, grafanaBody())
    await deliveryBecomes(body.deliveryId, 'processed')
    expect((await org.delete(`/api/integrations/${sender.id}`)).body).toEqual({ success: true })
    expect((await deliver(sender.url, grafanaBody())).status).toBe(404)
    expect((await org.get(`/api/integrations/${sender.id}`)).status).toBe(404)
    expect((await org.get('/api/incidents')).body.total).toBe(1)
  })

  it('reads few rows for its health, however many deliveries it had', async ({ expect }) => {
    const org = await anOrg()
    const { id } = await aSender(org, 'grafana')
    await env.DB.prepare(
      `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 500)
      INSERT INTO ingest_deliveries (id, org_id, integration_id, source, delivery_key, state, authenticity, received_at, bytes, body_sha256, headers, processed_at)
      SELECT ?1 || i, ?2, ?1, 'grafana', 'k' || i, 'processed', 'token', ?3 + i, 2, 'x', '{}', ?3 + i FROM n`,
    )
      .bind(id, org.orgId, Date.now() - 1000)
      .run()
    const answer = await apiWith({ DEBUG_COST: 'true' }, bearer(org.token)).get(`/api/integrations/${id}`)
    expect(answer.body.integration.health).toMatchObject({ rejected24h: 0, held: 0, dead24h: 0 })
    expect(Number(/read=(\d+)/.exec(answer.headers.get('x-aurora-cost') ?? '')?.[1])).toBeLessThan(10)
  })
})

describe('deliveries that wait for a signing secret', () => {
  it('are judged in order when it arrives, and old ones are given up', async ({ expect }) => {
    const org = await anOrg()
    const sender = await aSender(org, 'grafana')
    await org.patch(`/api/integrations/${sender.id}`, { verification: 'required' })
    const secret = 'revealed later'
    const header = 'x-grafana-alerting-signature'
    const fingerprint = newId()
    const text = JSON.stringify(grafanaBody('checkout', fingerprint))
    const good = await deliver(sender.url, text, { [header]: await sign(secret, text) })
    expect([good.status, good.body]).toEqual([
      202,
      { received: true, held: true, deliveryId: expect.any(String), duplicate: false },
    ])
    expect((await deliver(sender.url, text, { [header]: await sign(secret, text) })).body).toEqual({
      ...good.body,
      duplicate: true,
    })
    const forged = JSON.stringify(grafanaBody('billing'))
    const bad = await deliver(sender.url, forged, { [header]: await sign('guess', forged) })
    const unsigned = await deliver(sender.url, grafanaBody('web'))
    const old = await deliver(`/grafana/alerts/webhook/${sender.token}`, grafanaBody('old'))
    expect([old.status, old.body.held]).toEqual([200, true])
    await env.DB.prepare('UPDATE ingest_deliveries SET received_at = received_at - ?2 WHERE id = ?1')
      .bind(old.body.deliveryId, DAY + 1000)
      .run()
    expect((await org.get(`/api/integrations/${sender.id}`)).body.integration.health.held).toBe(4)

    expect((await org.put(`/api/integrations/${sender.id}/signing-secret`, { secret })).status).toBe(200)
    await deliveryBecomes(good.body.deliveryId, 'processed')
    expect(await deliveryRow(good.body.deliveryId)).toMatchObject({ authenticity: 'signature' })
    expect(await deliveryRow(bad.body.deliveryId)).toMatchObject({
      state: 'rejected',
      reason: 'signature_invalid',
    })
    expect(await deliveryRow(unsigned.body.deliveryId)).toMatchObject({
      state: 'rejected',
      reason: 'signature_absent',
    })
    expect(await deliveryRow(old.body.deliveryId)).toMatchObject({
      state: 'rejected',
      reason: 'secret_never_configured',
    })
    expect(
      (await org.get('/api/incidents')).body.incidents.map(
        ({ alert }: { alert: { service: string } }) => alert.service,
      ),
    ).toEqual(['checkout'])

    const resent = await deliver(sender.url, forged, { [header]: await sign(secret, forged) })
    expect([resent.status, resent.body.duplicate]).toEqual([202, false])
  })

  it('are judged up to a thousand, and the others do not wait for ever', async ({ expect }) => {
    const org = await anOrg()
    const sender = await aSender(org, 'pagerduty')
    const held = await deliver(sender.url, { event: { event_type: 'pagey.ping', resource_type: 'pagey' } })
    expect(held.body.held).toBe(true)
    // As many again, of a moment later.
    await env.DB.prepare(
      `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1001)
       INSERT INTO ingest_deliveries (id, org_id, integration_id, source, delivery_key, state, authenticity, received_at, bytes, body_sha256, headers)
       SELECT id || i, org_id, integration_id, source, 'held' || i, 'held', 'token', received_at + i, bytes, body_sha256, headers FROM ingest_deliveries, n WHERE id = ?`,
    )
      .bind(held.body.deliveryId)
      .run()
    await env.DB.prepare(
      "INSERT INTO ingest_bodies (delivery_id, org_id, body) SELECT id, org_id, '{}' FROM ingest_deliveries WHERE org_id = ? AND id <> ?",
    )
      .bind(org.orgId, held.body.deliveryId)
      .run()
    await org.put(`/api/integrations/${sender.id}/signing-secret`, { secret: 'revealed later' })
    const { results } = await env.DB.prepare(
      'SELECT state, reason, count(*) AS n FROM ingest_deliveries WHERE org_id = ? GROUP BY 1, 2 ORDER BY n',
    )
      .bind(org.orgId)
      .all()
    expect(results).toEqual([
      { state: 'rejected', reason: 'too_many_held', n: 2 },
      { state: 'rejected', reason: 'signature_absent', n: 1000 },
    ])
  })
})

describe('refused requests', () => {
  it('are all counted, and a hundred of an hour are kept', async ({ expect }) => {
    const org = await anOrg()
    const sender = await aSender(org, 'grafana')
    await org.put(`/api/integrations/${sender.id}/signing-secret`, { secret: 'a secret' })
    const refused = async () => expect((await deliver(sender.url, grafanaBody())).status).toBe(401)
    for (let sent = 0; sent < 3; sent++) await refused()
    await env.DB.prepare(
      `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 97)
       INSERT INTO ingest_deliveries (id, org_id, integration_id, source, delivery_key, state, authenticity, received_at, bytes, body_sha256, headers)
       SELECT id || i, org_id, integration_id, source, 'more' || i, state, authenticity, received_at, bytes, body_sha256, headers
       FROM (SELECT * FROM ingest_deliveries WHERE integration_id = ? LIMIT 1), n`,
    )
      .bind(sender.id)
      .run()
    for (let sent = 0; sent < 3; sent++) await refused()
    const rows = await env.DB.prepare('SELECT count(*) AS n FROM ingest_deliveries WHERE integration_id = ?')
      .bind(sender.id)
      .first('n')
    expect(rows).toBe(100)
    const health = async () => (await org.get(`/api/integrations/${sender.id}`)).body.integration.health
    expect((await health()).rejected24h).toBe(103)
    await env.DB.prepare('UPDATE refused_counts SET hour = hour - 24 WHERE integration_id = ?')
      .bind(sender.id)
      .run()
    expect((await health()).rejected24h).toBe(100)
  })
})
