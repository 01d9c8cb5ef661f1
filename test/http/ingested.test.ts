/** The original's lists beside its webhooks, and its switches. */
import { env } from 'cloudflare:workers'
import { describe, it } from 'vitest'
import { sources } from '../../src/alerts'
import { deploymentList, ingestedList } from '../../src/http/answers/ingested'
import { apiWith } from '../support/api'
import { anOrg, bearer, type Org } from '../support/org'
import { processed } from '../support/processed'
import { aSender, deliver } from '../support/senders'

/** Path, source, the list's name, the vendor's id with its value in the example, a filter that finds it and one that does not. */
const LISTS = [
  ['/grafana/alerts', 'grafana', 'alerts', 'alertUid', 'ae3kq', 'state=firing', 'state=resolved'],
  ['/netdata/alerts', 'netdata', 'alerts', 'alertName', 'disk_space_usage', 'status=firing', 'status=clear'],
  ['/splunk/alerts', 'splunk', 'alerts', 'alertId', 'scheduler__', 'state=firing', 'state=resolved'],
  ['/dynatrace/alerts', 'dynatrace', 'alerts', 'problemId', 'P-26010114', 'state=OPEN', 'state=RESOLVED'],
  ['/bigpanda/alerts', 'bigpanda', 'alerts', 'incidentId', '65a3f0c1', 'state=active', 'state=ok'],
  ['/incidentio/alerts', 'incidentio', 'alerts', 'incidentId', 'checkout-5xx', '', 'severity=critical'],
  [
    '/datadog/events/ingested',
    'datadog',
    'events',
    'eventType',
    'query_alert_monitor',
    'event_type=query_alert_monitor&status=Triggered',
    'event_type=other',
  ],
  [
    '/newrelic/events/ingested',
    'newrelic',
    'events',
    'issueId',
    '2f1c6e0b',
    'state=ACTIVATED',
    'state=CLOSED',
  ],
  [
    '/sentry/events/ingested',
    'sentry',
    'events',
    'issueId',
    '5170012345',
    'resource=issue',
    'resource=event_alert',
  ],
  ['/opsgenie/events/ingested', 'opsgenie', 'events', 'alertId', '70413a06', 'status=open', 'status=closed'],
] as const

/** Sends the source's example through an integration that asks for no signature. */
async function sendExample(org: Org, slug: string) {
  const source = sources.find((one) => one.slug === slug)
  const sender = await aSender(org, slug, { investigate: false })
  if (source?.defaultVerification === 'required')
    await org.patch(`/api/integrations/${sender.id}`, { verification: 'token_only' })
  const { body } = await deliver(sender.url, source?.example, { 'sentry-hook-resource': 'issue' })
  await processed(body.deliveryId)
  return { ...sender, deliveryId: String(body.deliveryId), example: source?.example }
}

/** Alerts of a source without the deliveries that brought them. */
const seedAlerts = (orgId: string, source: string, count: number) =>
  env.DB.prepare(
    `WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < ?3)
    INSERT INTO alerts (id, org_id, integration_id, delivery_id, source, source_type, kind, dedup_key, source_alert_id,
      state, severity, title, starts_at, last_seen_at, last_transition_at, authenticity, labels, metadata, created_at,
      updated_at)
    SELECT ?2 || ?1 || n, ?1, ?1 || ?2, ?2 || n, ?2, ?2, 'alert', n, n, 'firing', 'high', 'Alert', n, n, n, 'token', '{}',
      '{}', n, n FROM numbers`,
  )
    .bind(orgId, source, count)
    .run()

/** What a list says there is, and what the request cost. */
async function metered(org: Org, path: string) {
  const { body, headers } = await apiWith({ DEBUG_COST: 'true' }, bearer(org.token)).get(path)
  const cost = headers.get('x-aurora-cost') ?? ''
  const part = (name: string): number => Number(new RegExp(`${name}=(\\d+)`).exec(cost)?.[1])
  return { total: Number(body.total), roundTrips: part('d1'), rowsRead: part('read') }
}

describe.each(LISTS)('GET %s', (path, slug, name, vendorId, value, found, missed) => {
  it('lists what the vendor sent', async ({ expect }) => {
    const org = await anOrg()
    const { deliveryId, example } = await sendExample(org, slug)
    const { status, body } = await org.get(`${path}?${found}&limit=10`)
    expect([status, body.total, body.limit, body.offset]).toEqual([200, 1, 10, 0])
    expect(ingestedList(name, vendorId).strict().parse(body)).toEqual(body)
    const [item] = body[name]
    expect(item[vendorId]).toContain(value)
    expect(item).toMatchObject({ state: 'firing', payload: example })
    expect((await org.get(`${path}?${missed}`)).body).toMatchObject({ [name]: [], total: 0 })
    expect((await org.get(`${path}?offset=1`)).body).toMatchObject({ [name]: [], total: 1 })
    expect((await org.get(`${path}?limit=201`)).status).toBe(400)
    await env.DB.prepare('DELETE FROM ingest_bodies WHERE delivery_id = ?').bind(deliveryId).run()
    expect((await org.get(path)).body[name]).toMatchObject([{ title: item.title, payload: null }])
    expect((await (await anOrg()).get(path)).body.total).toBe(0)
  })
})

describe('a list of what a vendor sent', () => {
  it('shows viewers no secrets, and nobody a large payload', async ({ expect }) => {
    const org = await anOrg()
    const sender = await aSender(org, 'netdata', { investigate: false })
    const secret = `ghp_${'a1B2'.repeat(10)}`
    const sent = { alert: 'disk', host: 'web-1', severity: 'critical', info: secret }
    await processed((await deliver(sender.url, sent)).body.deliveryId)
    const viewer = await org.member('viewer')
    const shown = await viewer.get('/netdata/alerts')
    expect(shown.body.alerts[0].payload.host).toBe('web-1')
    expect(shown.text).not.toContain(secret)
    expect((await org.get('/netdata/alerts')).text).toContain(secret)
    const large = { ...sent, alert: 'cpu', info: 'x'.repeat(20_000) }
    await processed((await deliver(sender.url, large)).body.deliveryId)
    expect(
      (await org.get('/netdata/alerts')).body.alerts.map(({ payload }: { payload: unknown }) => payload),
    ).toEqual([null, sent])
  })

  it('reads its own rows, however many alerts came from other senders', async ({ expect }) => {
    const org = await anOrg()
    await seedAlerts(org.orgId, 'grafana', 40)
    await seedAlerts(org.orgId, 'netdata', 3)
    // Each alert that is shown, each for the total, and the total; the seeded ones have no delivery.
    expect(await metered(org, '/netdata/alerts')).toEqual({ total: 3, roundTrips: 1, rowsRead: 7 })
    expect(await metered(org, '/splunk/alerts')).toEqual({ total: 0, roundTrips: 1, rowsRead: 0 })
    expect(await metered(org, '/sentry/events/ingested')).toMatchObject({ total: 0, rowsRead: 0 })
    expect((await metered(org, '/grafana/alerts?limit=5')).rowsRead).toBe(46)
  })

  it('refuses a state that is none', async ({ expect }) => {
    const org = await anOrg()
    expect((await org.get('/grafana/alerts?state=purple')).body.error).toBe('Invalid state')
    expect((await org.get('/opsgenie/events/ingested?status=')).body.error).toBe('Invalid status')
  })
})

describe.each(['jenkins', 'cloudbees'])('GET /%s/deployments', (slug) => {
  it('lists builds', async ({ expect }) => {
    const org = await anOrg()
    await sendExample(org, slug)
    const { body } = await org.get(`/${slug}/deployments?service=checkout-api`)
    expect(deploymentList.strict().parse(body)).toEqual(body)
    expect(body).toMatchObject({
      total: 1,
      deployments: [
        {
          service: 'checkout-api',
          environment: 'production',
          result: 'FAILURE',
          buildNumber: '1042',
          buildUrl: 'https://jenkins.example.com/job/deploy/job/checkout-api/1042/',
          commitSha: '9f8c1d2e4b7a6f5c3d2e1f0a9b8c7d6e5f4a3b2c',
          branch: 'main',
          repository: 'acme/checkout-api',
          deployer: 'dana',
          durationMs: 184_532,
          jobName: 'deploy/checkout-api',
          traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
        },
      ],
    })
    expect((await org.get(`/${slug}/deployments?service=other`)).body.total).toBe(0)
    const other = slug === 'jenkins' ? 'cloudbees' : 'jenkins'
    expect((await org.get(`/${other}/deployments`)).body.deployments).toEqual([])
  })
})

describe('the switch of a vendor', () => {
  it('is the setting of all its integrations', async ({ expect }) => {
    const org = await anOrg()
    const path = '/splunk/rca-settings'
    expect((await org.get(path)).body).toEqual({ rcaEnabled: true })
    expect((await org.put(path, { rcaEnabled: false })).status).toBe(404)
    const [first, second] = [await aSender(org, 'splunk'), await aSender(org, 'splunk')]
    const other = await aSender(org, 'dynatrace')
    const off = await org.put(path, { rcaEnabled: false })
    expect([off.status, off.body]).toEqual([200, { success: true, rcaEnabled: false }])
    const investigates = async ({ id }: typeof first): Promise<boolean> =>
      (await org.get(`/api/integrations/${id}`)).body.integration.settings.investigate
    expect(await Promise.all([first, second, other].map(investigates))).toEqual([false, false, true])
    expect((await org.get(path)).body).toEqual({ rcaEnabled: false })
    for (const bad of [{ rcaEnabled: 'yes' }, {}, { rcaEnabled: null }])
      expect((await org.put(path, bad)).status).toBe(400)
    const viewer = await org.member('viewer')
    expect((await viewer.put(path, { rcaEnabled: true })).status).toBe(403)
  })

  it('stores the secret of incident.io, and what waited for it is judged', async ({ expect }) => {
    const org = await anOrg()
    const path = '/incidentio/webhook-secret'
    expect((await org.put(path, { webhookSecret: 'whsec_eA==' })).status).toBe(404)
    const sender = await aSender(org, 'incidentio')
    expect((await deliver(sender.url, {})).body.held).toBe(true)
    const stored = await org.put(path, { webhookSecret: 'whsec_eA==' })
    expect([stored.status, stored.body]).toEqual([200, { success: true }])
    const { integration } = (await org.get(`/api/integrations/${sender.id}`)).body
    expect(integration).toMatchObject({ hasSigningSecret: true, health: { held: 0 } })
    expect((await org.put(path, { webhookSecret: '' })).status).toBe(400)
  })
})
