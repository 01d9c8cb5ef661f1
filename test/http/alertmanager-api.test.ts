import { env } from 'cloudflare:workers'
import { describe, it } from 'vitest'
import { api } from '../support/api'
import { anOrg } from '../support/org'
import { processed } from '../support/processed'

const PATH = '/api/v2/alerts'
const labels = { alertname: 'HighErrorRate', service: 'checkout-api', severity: 'critical' }
const inMinutes = (minutes: number) => new Date(Date.now() + minutes * 60_000).toISOString()
const anAlert = (changes: object = {}) => ({
  labels,
  annotations: { summary: '5xx ratio above 5%', runbook_url: 'https://runbooks.example.com/5xx' },
  startsAt: inMinutes(-2),
  endsAt: inMinutes(4),
  generatorURL: 'https://prometheus.example.com/graph?g0.expr=up',
  ...changes,
})

/** An integration, and a Prometheus that posts to it. */
async function aPrometheus() {
  const org = await anOrg()
  const created = await org.post('/api/integrations', { source: 'alertmanager_api', name: 'Prometheus' })
  const { ingestToken: token, integration } = created.body
  const bearer = { authorization: `Bearer ${token}` }
  const rows = async <T>(query: string) => (await env.DB.prepare(query).bind(integration.id).all<T>()).results
  const post = async (body: unknown, path = PATH, headers: Record<string, string> = bearer) => {
    const answer = await api().post(path, body, headers)
    const [newest] = await rows<{ id: string }>(
      "SELECT id FROM ingest_deliveries WHERE integration_id = ? AND state <> 'rejected' ORDER BY id DESC LIMIT 1",
    )
    if (newest !== undefined) await processed(newest.id)
    return answer
  }
  return {
    org,
    token,
    address: created.body.webhookUrl,
    bearer,
    post,
    list: (query = '') => api().get(PATH + query, bearer),
    alerts: () =>
      rows<{ id: string; state: string; dedup_key: string; expires_at: number | null }>(
        'SELECT * FROM alerts WHERE integration_id = ? ORDER BY created_at, id',
      ),
  }
}

describe('posting alerts', () => {
  it('answers nothing, and identifies an alert as Prometheus does', async ({ expect }) => {
    const { post, alerts } = await aPrometheus()
    const endsAt = inMinutes(4)
    const { status, text } = await post([anAlert({ endsAt })])
    expect([status, text]).toEqual([200, ''])
    expect(await alerts()).toMatchObject([
      { state: 'firing', dedup_key: 'ff774b3b5a5e3c3e', expires_at: Date.parse(endsAt) },
    ])
    const later = inMinutes(9)
    await post([anAlert({ endsAt: later })])
    expect(await alerts()).toMatchObject([{ state: 'firing', expires_at: Date.parse(later) }])
    await post([anAlert({ endsAt: inMinutes(-1) })])
    expect(await alerts()).toMatchObject([{ state: 'resolved' }])
  })

  it('resolves what is not refreshed in time', async ({ expect }) => {
    const { org, post, alerts } = await aPrometheus()
    await post([anAlert()])
    const [alert] = await alerts()
    await env.DB.prepare('UPDATE alerts SET expires_at = ? WHERE id = ?')
      .bind(Date.now() - 1, alert?.id)
      .run()
    await env.CORRELATOR.getByName(org.orgId).expire(org.orgId)
    expect(await alerts()).toMatchObject([{ state: 'resolved' }])
    const { results: events } = await env.DB.prepare(
      'SELECT effect FROM alert_events WHERE alert_id = ? ORDER BY at, id',
    )
      .bind(alert?.id)
      .all<{ effect: string }>()
    expect(events.map(({ effect }) => effect)).toEqual(['opened', 'expired'])
  })

  it('takes the token in a header, as a password and in the path', async ({ expect }) => {
    const { post, token, address } = await aPrometheus()
    expect(address).toBe(`http://aurora.test/am/${token}${PATH}`)
    const basic = { authorization: `Basic ${btoa(`prometheus:${token}`)}` }
    expect((await post([anAlert()], PATH, basic)).status).toBe(200)
    expect((await post([anAlert()], `/am/${token}${PATH}`, {})).status).toBe(200)
    expect((await post([anAlert()], `/am/${token}${PATH}/`, {})).status).toBe(200)
  })

  it('names all that is wrong and takes the rest', async ({ expect }) => {
    const { post, alerts } = await aPrometheus()
    const backwards = anAlert({ startsAt: inMinutes(5), endsAt: inMinutes(4) })
    const { status, body } = await post([{ labels: { empty: '' } }, anAlert(), backwards, 'x'])
    expect([status, body]).toEqual([
      400,
      'alert 0: at least one label pair required; alert 2: start time must be before end time; alert 3: alert is not an object',
    ])
    expect(await alerts()).toMatchObject([{ state: 'firing' }])
  })

  it('refuses what is no array, too large or unknown, each as a JSON string', async ({ expect }) => {
    const { post, bearer } = await aPrometheus()
    for (const body of ['{', '', 'null', '{}']) {
      const answer = await api().post(PATH, body, bearer)
      expect([body, answer.status, typeof answer.body]).toEqual([body, 400, 'string'])
    }
    const large = await api().post(PATH, 'x'.repeat(1_048_577), bearer)
    expect([large.status, large.body]).toEqual([413, 'Request body too large'])
    for (const headers of [
      {},
      { authorization: 'Bearer x' },
      { authorization: `Bearer aw${'0'.repeat(30)}` },
    ]) {
      const answer = await api().post(PATH, [anAlert()], headers)
      expect([answer.status, answer.body]).toEqual([401, 'Unauthorized'])
    }
    const inPath = await post([anAlert()], `/am/aw${'0'.repeat(30)}${PATH}`, {})
    expect([inPath.status, inPath.body]).toEqual([401, 'Unauthorized'])
  })

  it('may be empty', async ({ expect }) => {
    const { post, alerts } = await aPrometheus()
    expect((await post([])).status).toBe(200)
    expect(await alerts()).toEqual([])
  })
})

describe('reading alerts', () => {
  it("shows an integration's open alerts in the vendor's shape", async ({ expect }) => {
    const { post, list } = await aPrometheus()
    const alert = anAlert()
    await post([alert])
    const { status, body } = await list()
    expect([status, body]).toEqual([
      200,
      [
        {
          annotations: { summary: '5xx ratio above 5%', runbook_url: 'https://runbooks.example.com/5xx' },
          endsAt: alert.endsAt,
          fingerprint: 'ff774b3b5a5e3c3e',
          receivers: [{ name: 'aurora' }],
          startsAt: alert.startsAt,
          status: { state: 'active', silencedBy: [], inhibitedBy: [], mutedBy: [] },
          updatedAt: expect.any(String),
          labels,
          generatorURL: 'https://prometheus.example.com/graph?g0.expr=up',
        },
      ],
    ])
    await post([anAlert({ endsAt: inMinutes(-1) })])
    expect((await list()).body).toEqual([])
  })

  it('filters by matchers', async ({ expect }) => {
    const { post, list } = await aPrometheus()
    await post([anAlert(), anAlert({ labels: { alertname: 'Slow', service: 'ledger' } })])
    const names = async (...filters: readonly string[]) => {
      const query = filters.map((filter) => `filter=${encodeURIComponent(filter)}`).join('&')
      const { body } = await list(`?${query}`)
      return body.map((alert: { labels: { alertname: string } }) => alert.labels.alertname).sort()
    }
    expect(await names('service="ledger"')).toEqual(['Slow'])
    expect(await names('service!="ledger"')).toEqual(['HighErrorRate'])
    expect(await names('alertname=~"S.*|High.*"')).toEqual(['HighErrorRate', 'Slow'])
    expect(await names('alertname!~"Slo"')).toEqual(['HighErrorRate', 'Slow'])
    expect(await names('severity=critical', 'service=checkout-api')).toEqual(['HighErrorRate'])
    expect(await names('severity=""')).toEqual(['Slow'])
    expect((await list('?active=false')).body).toEqual([])
    for (const filter of ['nonsense', 'a=~"("', 'a=~"(a+)+"']) {
      const { status, body } = await list(`?filter=${encodeURIComponent(filter)}`)
      expect([status, body]).toEqual([400, `bad matcher format: ${filter}`])
    }
  })

  it('shows nothing of another organisation and nothing without a token', async ({ expect }) => {
    const [one, other] = [await aPrometheus(), await aPrometheus()]
    await one.post([anAlert()])
    expect((await other.list()).body).toEqual([])
    expect((await api().get(PATH)).body).toBe('Unauthorized')
  })

  it('says that it is healthy and ready, and its status to who has the token', async ({ expect }) => {
    const { token, bearer } = await aPrometheus()
    for (const path of ['/-/healthy', '/-/ready', `/am/${token}/-/healthy`]) {
      const { status, text } = await api().get(path)
      expect([path, status, text]).toEqual([path, 200, 'OK'])
    }
    const { status, body } = await api().get('/api/v2/status', bearer)
    expect([status, body.cluster.status]).toEqual([200, 'disabled'])
    expect((await api().get('/api/v2/status')).status).toBe(401)
  })
})
