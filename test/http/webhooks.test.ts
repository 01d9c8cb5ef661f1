import { runInDurableObject } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { beforeAll, describe, it, vi } from 'vitest'
import { gateName, windowsOf } from '../../src/lib/limits'
import { api, apiWith } from '../support/api'
import { faultyDatabase } from '../support/faulty-db'
import { hashToken } from '../../src/services/ingest-token'
import { anOrg, bearer, type Org } from '../support/org'
import { UNLIMITED } from '../support/routes'
import { aSender, deliver, deliveryBecomes, deliveryRow, grafanaBody, sign } from '../support/senders'

let org: Org
beforeAll(async () => {
  org = await anOrg()
})

const GENERIC = { title: 'Disk almost full', service: 'ledger', state: 'firing' }
const bodies = {
  grafana: () => grafanaBody(),
  alertmanager: () => ({ ...grafanaBody(), version: '4', groupKey: '{}' }),
  generic: () => ({ ...GENERIC, dedupKey: crypto.randomUUID() }),
} as const

describe('a delivery with the token in its path', () => {
  for (const [source, bodyOf] of Object.entries(bodies))
    it(`is stored and processed: ${source}`, async ({ expect }) => {
      const sender = await aSender(org, source)
      const body = bodyOf()
      const first = await deliver(sender.url, body)
      expect(first.status).toBe(202)
      expect(first.body).toEqual({ received: true, deliveryId: expect.any(String), duplicate: false })
      const again = await deliver(`${sender.url}/`, body)
      expect([again.status, again.body]).toEqual([202, { ...first.body, duplicate: true }])
      await deliveryBecomes(first.body.deliveryId, 'processed')
      expect(await deliveryRow(first.body.deliveryId)).toMatchObject({
        authenticity: 'token',
        outcome: '{"opened":1,"changes":0}',
      })
      expect(JSON.stringify(await env.DB.prepare('SELECT * FROM ingest_deliveries').all())).not.toContain(
        sender.token,
      )
    })

  it('costs one round trip to the database', async ({ expect }) => {
    const sender = await aSender(org, 'grafana')
    const costs = apiWith({ DEBUG_COST: 'true' })
    const answer = await costs.post(sender.url, grafanaBody())
    expect(answer.headers.get('x-aurora-cost')).toMatch(/^d1=1;stmts=3;/)
    const unknown = await costs.post(`/api/webhooks/grafana/aw${'x'.repeat(30)}`, grafanaBody())
    expect([unknown.status, unknown.headers.get('x-aurora-cost')]).toEqual([
      404,
      expect.stringMatching(/^d1=1;/),
    ])
  })

  it('is unknown when the token, its source or the source is', async ({ expect }) => {
    const sender = await aSender(org, 'grafana')
    const answers = await Promise.all([
      deliver(`/api/webhooks/grafana/aw${'x'.repeat(30)}`, grafanaBody()),
      deliver(`/api/webhooks/generic/${sender.token}`, GENERIC),
      deliver('/api/webhooks/grafana/nonsense', grafanaBody()),
      deliver(`/grafana/alerts/webhook/aw${'x'.repeat(30)}`, grafanaBody()),
      deliver(`/api/webhooks/grafana/aw${'x'.repeat(30)}`, ''),
    ])
    for (const { status, body } of answers)
      expect([status, body.error, body.code]).toEqual([404, 'Unknown webhook token', 'not_found'])
    const source = await deliver(`/api/webhooks/nagios/${sender.token}`, {})
    expect([source.status, source.body.error]).toEqual([404, 'Unknown source'])
  })

  it('is refused when it cannot be read, and kept for a look', async ({ expect }) => {
    const sender = await aSender(org, 'grafana')
    const deep = '['.repeat(65) + ']'.repeat(65)
    const cases: readonly (readonly [string, string, string])[] = [
      ['{"alerts":', 'Invalid request body', 'invalid_json'],
      ['[]', 'Invalid request body', 'invalid_json'],
      [`{"alerts":${deep}}`, 'Invalid request body', 'invalid_json'],
      ['{}', 'Missing alerts', 'validation_failed'],
      ['', 'Empty payload', 'validation_failed'],
    ]
    for (const [text, error, code] of cases) {
      const answer = await deliver(sender.url, text)
      expect([answer.status, answer.body.error, answer.body.code], text.slice(0, 20)).toEqual([
        400,
        error,
        code,
      ])
    }
    const rows = await env.DB.prepare(
      "SELECT d.state, b.body FROM ingest_deliveries d JOIN ingest_bodies b ON b.delivery_id = d.id WHERE d.integration_id = ? AND d.state = 'rejected' ORDER BY d.received_at, d.id",
    )
      .bind(sender.id)
      .all<{ body: string }>()
    expect(rows.results.map(({ body }) => body).toSorted()).toEqual(cases.map(([text]) => text).toSorted())
  })

  it('may be sent again under the key of one that could not be read', async ({ expect }) => {
    const sender = await aSender(org, 'alertmanager')
    const key = { 'idempotency-key': 'delivery-1' }
    expect((await deliver(sender.url, '{"alerts":', key)).status).toBe(400)
    const mended = await deliver(sender.url, grafanaBody(), key)
    expect([mended.status, mended.body.duplicate]).toEqual([202, false])
    const other = await deliver(sender.url, grafanaBody(), key)
    expect(other.body).toEqual({ ...mended.body, duplicate: true })
  })

  it('may be a form, and may begin with a byte order mark', async ({ expect }) => {
    const sender = await aSender(org, 'generic')
    const json = JSON.stringify(bodies.generic())
    const form = await deliver(sender.url, `payload=${encodeURIComponent(json)}`, {
      'content-type': 'application/x-www-form-urlencoded',
    })
    const marked = await deliver(sender.url, `\uFEFF${json}`, { 'content-type': 'text/plain' })
    for (const { status, body } of [form, marked]) {
      expect(status).toBe(202)
      await deliveryBecomes(body.deliveryId, 'processed')
    }
  })

  it('is refused beyond a mebibyte, also when it does not say so', async ({ expect }) => {
    const sender = await aSender(org, 'generic')
    const large = JSON.stringify({ ...GENERIC, description: 'x'.repeat(1_048_576) })
    const answer = await deliver(sender.url, large)
    expect([answer.status, answer.body.error]).toEqual([413, 'Request body too large'])
  })

  it('is refused above 6,000 a minute for one sender', async ({ expect }) => {
    const sender = await aSender(org, 'generic')
    const gate = env.GATE.getByName(gateName.integration(await hashToken(sender.token)))
    const windows = windowsOf(env, 'integration')
    await runInDurableObject(gate, (instance) => {
      for (let count = 0; count < 6000; count++)
        instance.enter({ windows, sid: null, openBeforePasswordChange: true })
    })
    const answer = await deliver(sender.url, bodies.generic())
    expect([answer.status, answer.body.error, answer.headers.get('retry-after')]).toEqual([
      429,
      'Rate limit exceeded',
      '1',
    ])
  })

  it('is to come again when it cannot be stored, and is not lost when only the answer was', async ({
    expect,
  }) => {
    const sender = await aSender(org, 'generic')
    const body = bodies.generic()
    for (const when of ['before', 'after'] as const) {
      const faulty = apiWith({ DB: faultyDatabase(env.DB, { at: 1, when }).db })
      const answer = await faulty.post(sender.url, body)
      expect([answer.status, answer.body.error, answer.headers.get('retry-after')]).toEqual([
        503,
        'Service temporarily unavailable',
        '5',
      ])
    }
    const again = await deliver(sender.url, body)
    expect([again.status, again.body.duplicate]).toEqual([202, true])
  })

  it('takes PUT for Grafana only', async ({ expect }) => {
    const [grafana, generic] = [await aSender(org, 'grafana'), await aSender(org, 'generic')]
    expect((await api().put(grafana.url, grafanaBody())).status).toBe(202)
    expect((await api().put(`/grafana/alerts/webhook/${grafana.token}`, grafanaBody())).status).toBe(200)
    for (const method of ['PUT', 'GET', 'DELETE', 'PATCH']) {
      const refused = await api().call(method, generic.url)
      expect([method, refused.status, refused.headers.get('allow')]).toEqual([method, 405, 'POST'])
    }
    const asked = await api().get(grafana.url)
    expect([asked.status, asked.headers.get('allow')]).toEqual([405, 'POST, PUT'])
    expect((await api().get('/api/webhooks/nonsense')).body.error).toBe('Unknown source')
  })
})

describe('an integration that is switched off', () => {
  it('skips deliveries, and takes the same one when it is on again', async ({ expect }) => {
    const sender = await aSender(org, 'grafana')
    const body = grafanaBody()
    await org.patch(`/api/integrations/${sender.id}`, { enabled: false })
    const skipped = await deliver(sender.url, body)
    expect([skipped.status, skipped.body]).toEqual([
      202,
      { received: true, skipped: true, reason: 'integration_disabled', deliveryId: expect.any(String) },
    ])
    // Nobody can fill its storage who does not hold the token.
    const stranger = await deliver(`/api/webhooks/grafana/${sender.id}`, body)
    expect([stranger.status, stranger.body.error]).toEqual([401, 'Invalid signature'])
    await org.patch(`/api/integrations/${sender.id}`, { enabled: true })
    const taken = await deliver(sender.url, body)
    expect([taken.status, taken.body.duplicate]).toEqual([202, false])
  })
})

describe('a rotated token', () => {
  it('lives on for its grace, and dies at once without one', async ({ expect }) => {
    const sender = await aSender(org, 'grafana')
    const rotated = await org.post(`/api/integrations/${sender.id}/rotate-token`, { graceSeconds: 60 })
    const fresh: string = rotated.body.ingestToken
    expect((await deliver(sender.url, grafanaBody())).status).toBe(202)
    expect((await deliver(`/api/webhooks/grafana/${fresh}`, grafanaBody())).status).toBe(202)
    await org.post(`/api/integrations/${sender.id}/rotate-token`, { graceSeconds: 0 })
    expect((await deliver(sender.url, grafanaBody())).status).toBe(404)
    expect((await deliver(`/api/webhooks/grafana/${fresh}`, grafanaBody())).status).toBe(404)
    await env.DB.prepare(
      'UPDATE integrations SET previous_token_hash = ?2, previous_token_expires_at = ?3 WHERE id = ?1',
    )
      .bind(sender.id, await hashToken(fresh), Date.now() - 1)
      .run()
    expect((await deliver(`/api/webhooks/grafana/${fresh}`, grafanaBody())).status).toBe(404)
  })
})

describe('a signature', () => {
  it('is asked for as soon as there is a secret', async ({ expect }) => {
    const sender = await aSender(org, 'grafana')
    const secret = 'grafana secret'
    expect((await org.put(`/api/integrations/${sender.id}/signing-secret`, { secret })).status).toBe(200)
    const text = JSON.stringify(grafanaBody())
    const header = 'x-grafana-alerting-signature'
    const right = await sign(secret, text)
    const wrong = await sign('another', text)
    for (const headers of [{}, { [header]: wrong }, { [header]: '' }, { [header]: right.slice(0, 32) }]) {
      const refused = await deliver(sender.url, text, headers)
      expect([refused.status, refused.body.error, refused.body.code]).toEqual([
        401,
        'Invalid signature',
        'invalid_token',
      ])
    }
    const taken = await deliver(sender.url, text, { [header]: right.toUpperCase() })
    expect([taken.status, taken.body.duplicate]).toEqual([202, false])
    expect(await deliveryRow(taken.body.deliveryId)).toMatchObject({ authenticity: 'signature' })

    await org.put(`/api/integrations/${sender.id}/signing-secret`, { secret: 'the next one' })
    const second = JSON.stringify(grafanaBody())
    expect((await deliver(sender.url, second, { [header]: await sign(secret, second) })).status).toBe(202)
    const stored = await env.DB.prepare('SELECT signing_secret FROM integrations WHERE id = ?')
      .bind(sender.id)
      .first<string>('signing_secret')
    expect(stored).not.toContain(secret)
    const { results } = await env.DB.prepare(
      "SELECT count(*) AS n FROM ingest_deliveries WHERE integration_id = ? AND state = 'rejected' AND id NOT IN (SELECT delivery_id FROM ingest_bodies)",
    )
      .bind(sender.id)
      .all<{ n: number }>()
    expect(results).toEqual([{ n: 4 }])
  })

  it('is no older than 300 seconds where it signs a time', async ({ expect }) => {
    const sender = await aSender(org, 'generic')
    const answer = await org.put(`/api/integrations/${sender.id}/signing-secret`, {})
    const secret: string = answer.body.signingSecret
    const text = JSON.stringify(bodies.generic())
    const at = async (timestamp: number) => {
      const headers = {
        'x-aurora-timestamp': String(timestamp),
        'x-aurora-signature': await sign(secret, `${timestamp}.${text}`),
      }
      return (await deliver(sender.url, text, headers)).status
    }
    const now = Math.floor(Date.now() / 1000)
    expect([await at(now - 305), await at(now + 305), await at(now - 290)]).toEqual([401, 401, 202])
  })

  it('proves an id in the path, of an integration or on the older paths of a user', async ({ expect }) => {
    const own = await anOrg()
    await aSender(own, 'grafana')
    const sender = await aSender(own, 'grafana')
    const secret = 'second of two'
    await own.put(`/api/integrations/${sender.id}/signing-secret`, { secret })
    const signed = async (path: string) => {
      const text = JSON.stringify(grafanaBody())
      return deliver(path, text, { 'x-grafana-alerting-signature': await sign(secret, text) })
    }
    const byId = await signed(`/api/webhooks/grafana/${sender.id}`)
    const older = await signed(`/grafana/alerts/webhook/${sender.id}`)
    const byUser = await signed(`/grafana/alerts/webhook/${own.userId}`)
    expect([byId.status, older.status, byUser.status]).toEqual([202, 200, 200])
    for (const { body } of [byId, older, byUser])
      expect(await deliveryRow(body.deliveryId)).toMatchObject({
        authenticity: 'signature',
        integration_id: sender.id,
      })
    const user = await signed(`/api/webhooks/grafana/${own.userId}`)
    expect([user.status, user.body.error]).toEqual([404, 'Unknown webhook token'])
    const nobody = await signed(`/grafana/alerts/webhook/${crypto.randomUUID()}`)
    expect([nobody.status, nobody.body.error]).toEqual([404, 'Grafana not connected for this user'])
  })
})

describe('an id in the path', () => {
  it('needs a token of that very integration', async ({ expect }) => {
    const [sender, other] = [await aSender(org, 'grafana'), await aSender(org, 'grafana')]
    const path = `/api/webhooks/grafana/${sender.id}`
    const bare = await deliver(path, grafanaBody())
    expect([bare.status, bare.body.error]).toEqual([401, 'Invalid signature'])
    const foreign = await deliver(path, grafanaBody(), { 'x-aurora-token': other.token })
    expect([foreign.status, foreign.body.error]).toEqual([401, 'Invalid webhook token'])
    const headers = [
      { 'x-aurora-token': sender.token },
      bearer(sender.token),
      { authorization: `Basic ${btoa(`anybody:${sender.token}`)}` },
      { 'cf-webhook-auth': sender.token },
    ]
    for (const header of headers) {
      expect((await deliver(path, grafanaBody(), header)).status).toBe(202)
      expect((await deliver(`/grafana/alerts/webhook/${org.userId}`, grafanaBody(), header)).status).toBe(200)
    }
  })

  it('is believed alone on the machine of a developer', async ({ expect }) => {
    const own = await anOrg()
    const local = apiWith({ TRUST_USER_ID_HEADER: 'true' })
    const path = `http://localhost/grafana/alerts/webhook/${own.userId}`
    const taken = await local.post(path, grafanaBody())
    expect(taken.status).toBe(200)
    expect(await deliveryRow(taken.body.deliveryId)).toMatchObject({ authenticity: 'none' })
    const bare = await local.post('http://localhost/api/grafana/alerts', grafanaBody(), {
      'x-user-id': own.userId,
    })
    expect(await deliveryRow(bare.body.deliveryId)).toMatchObject({ authenticity: 'none' })
    expect(
      (await local.post(`https://aurora.example/grafana/alerts/webhook/${own.userId}`, grafanaBody())).status,
    ).toBe(401)
    expect((await api().post(path, grafanaBody())).status).toBe(401)
  })
})

describe('a path without a key', () => {
  const paths = ['/api/webhooks/grafana', '/api/grafana/alerts', '/api/grafana/webhook']

  it('takes the first credential that is there, and answers 200', async ({ expect }) => {
    const own = await anOrg()
    const { token } = await aSender(own, 'grafana')
    const credentials = [
      { 'x-aurora-token': token, authorization: 'Bearer nonsense' },
      { ...bearer(token), 'cf-webhook-auth': 'nonsense' },
      { authorization: `Basic ${btoa(`x:${token}`)}` },
      { 'cf-webhook-auth': token },
      bearer(own.token),
      { cookie: `session_token=${own.token}` },
    ]
    for (const path of paths)
      for (const headers of credentials) {
        const answer = await deliver(path, grafanaBody(), headers)
        expect(
          [answer.status, answer.body.duplicate],
          JSON.stringify([path, Object.keys(headers), answer.text]),
        ).toEqual([200, false])
      }
    const query = await deliver(`${paths[0]}?token=${token}`, grafanaBody())
    expect(query.status).toBe(200)
    for (const bad of [
      { 'x-aurora-token': 'nonsense', ...bearer(token) },
      { authorization: `Basic ${btoa('x:y')}`, 'cf-webhook-auth': token },
      { 'cf-webhook-auth': `aw${'x'.repeat(30)}` },
    ]) {
      const refused = await deliver(paths[0] ?? '', grafanaBody(), bad)
      expect([refused.status, refused.body.error]).toEqual([401, 'Invalid webhook token'])
    }
    const nobody = await deliver(paths[1] ?? '', grafanaBody())
    expect([nobody.status, nobody.body.error, nobody.body.code]).toEqual([
      401,
      'Authentication required',
      'unauthenticated',
    ])
  })

  it('makes an integration for a member who has none, not for a viewer', async ({ expect }) => {
    const own = await anOrg()
    const viewer = await own.member('viewer')
    expect((await deliver('/api/webhooks/generic', GENERIC, bearer(viewer.token))).status).toBe(403)
    const taken = await Promise.all(
      [1, 2, 3].map((n) =>
        deliver('/api/webhooks/generic', { ...GENERIC, dedupKey: `${n}` }, bearer(own.token)),
      ),
    )
    expect(taken.map(({ status }) => status)).toEqual([200, 200, 200])
    expect(await deliveryRow(taken[0]?.body.deliveryId)).toMatchObject({ authenticity: 'session' })
    const { body } = await own.get('/api/integrations?source=generic')
    expect(body.integrations.map(({ name }: { name: string }) => name)).toEqual(['default'])
  })
})

describe('deliveries at the same time', () => {
  it('are one alert, one incident and one run when they are the same, twenty times', async ({ expect }) => {
    const own = await anOrg()
    const sender = await aSender(own, 'grafana')
    const body = grafanaBody()
    const answers = await Promise.all(Array.from({ length: 20 }, () => deliver(sender.url, body)))
    expect(new Set(answers.map(({ body: { deliveryId } }) => deliveryId)).size).toBe(1)
    expect(answers.filter(({ body: { duplicate } }) => !duplicate)).toHaveLength(1)
    await deliveryBecomes(answers[0]?.body.deliveryId, 'processed')
    const count = async (table: string, also = '') =>
      env.DB.prepare(`SELECT count(*) AS n FROM ${table} WHERE org_id = ? ${also}`)
        .bind(own.orgId)
        .first<number>('n')
    expect(await count('alert_events')).toBe(1)
    expect(await count('incidents')).toBe(1)
    expect(await count('runs', "AND kind = 'investigation'")).toBe(1)
  })

  it('are one incident when they are twenty of one service', async ({ expect }) => {
    const own = await anOrg()
    const sender = await aSender(own, 'grafana')
    await Promise.all(Array.from({ length: 20 }, () => deliver(sender.url, grafanaBody('checkout'))))
    await vi.waitUntil(
      async () => {
        const { body } = await own.get('/api/incidents')
        return body.incidents[0]?.correlatedAlertCount === 19
      },
      { timeout: 8000, interval: 50 },
    )
    const { body } = await apiWith(UNLIMITED, bearer(own.token)).get('/api/incidents')
    expect(body.total).toBe(1)
    const { body: detail } = await own.get(`/api/incidents/${body.incidents[0].id}`)
    expect(detail.incident.correlatedAlerts).toHaveLength(20)
    expect(detail.incident.alert.rawPayload).toContain('HighErrorRate')
  })
})
