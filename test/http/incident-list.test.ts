import { env } from 'cloudflare:workers'
import { describe, it } from 'vitest'
import { incidents } from '../../drizzle/schema'
import { newId } from '../../src/lib/ids'
import { openTenant } from '../../src/store/tenant-db'
import { apiWith } from '../support/api'
import { anOrg, bearer, type Org } from '../support/org'
import { rowsOf, seedAnalysis, seedStory } from '../support/stories'

const BASE = Date.UTC(2026, 4, 4, 9)

type Changes = Partial<typeof incidents.$inferInsert>

/** Many incidents at once, one a minute. */
async function seedMany(orgId: string, count: number, changesOf: (n: number) => Changes = () => ({})) {
  const rows = Array.from({ length: count }, (_, n) => ({
    id: newId(),
    sourceType: 'grafana',
    sourceAlertId: `a${n}`,
    severity: 'high' as const,
    alertTitle: `Incident ${n}`,
    alertService: 'checkout',
    alertMetadata: {},
    primaryAlertId: newId(),
    chatSessionId: newId(),
    affectedServices: [],
    startedAt: BASE + n * 60_000,
    lastAlertAt: BASE,
    ...changesOf(n),
  }))
  const db = openTenant(env.DB, orgId)
  await db.insertMany(incidents, rows)
  return rows.map(({ id }) => id)
}

const idsOf = (body: { incidents: readonly { id: string }[] }) => body.incidents.map(({ id }) => id)

/** What a request cost, with its answer. */
async function metered(org: Org, path: string) {
  const answer = await apiWith({ DEBUG_COST: 'true' }, bearer(org.token)).get(path)
  const cost = answer.headers.get('x-aurora-cost') ?? ''
  const part = (name: string): number => Number(new RegExp(`${name}=(\\d+)`).exec(cost)?.[1])
  return { ...answer, roundTrips: part('d1'), rowsRead: part('read') }
}

describe('the list of incidents', () => {
  it('filters by severity, service, source and status, each with its exact total', async ({ expect }) => {
    const org = await anOrg()
    const ids = await seedMany(org.orgId, 12, (n) => ({
      severity: n % 2 === 0 ? 'critical' : 'low',
      alertService: n % 3 === 0 ? 'payments' : 'checkout',
      sourceType: n % 4 === 0 ? 'datadog' : 'grafana',
      status: n === 11 ? 'merged' : 'investigating',
    }))
    const expected = (keep: (n: number) => boolean) => ids.filter((_, n) => n !== 11 && keep(n)).toReversed()
    for (const [query, want] of [
      ['severity=critical', expected((n) => n % 2 === 0)],
      ['severity=low', expected((n) => n % 2 === 1)],
      ['service=payments', expected((n) => n % 3 === 0)],
      ['source=datadog', expected((n) => n % 4 === 0)],
      ['service=nobody', []],
      ['status=merged', [ids[11]]],
      ['severity=critical&service=payments', expected((n) => n % 6 === 0)],
      ['status=investigating&source=datadog', expected((n) => n % 4 === 0)],
    ] as const) {
      const { body } = await org.get(`/api/incidents?${query}`)
      expect([query, idsOf(body), body.total, body.totalIsCapped]).toEqual([query, want, want.length, false])
    }
  })

  it('keeps its totals when severity and status change', async ({ expect }) => {
    const org = await anOrg()
    const [id] = await seedMany(org.orgId, 2)
    await rowsOf("UPDATE incidents SET severity = 'critical' WHERE id = ?", id)
    expect((await org.get('/api/incidents?severity=high')).body.total).toBe(1)
    expect((await org.get('/api/incidents?severity=critical')).body.total).toBe(1)
    await org.patch(`/api/incidents/${id}`, { status: 'merged' })
    expect((await org.get('/api/incidents?severity=critical')).body.total).toBe(0)
    expect((await org.get('/api/incidents?service=checkout')).body.total).toBe(1)
    await org.patch(`/api/incidents/${id}`, { status: 'analyzed' })
    expect((await org.get('/api/incidents?service=checkout')).body.total).toBe(2)
  })

  it('filters by time of start, both ends included', async ({ expect }) => {
    const org = await anOrg()
    const ids = await seedMany(org.orgId, 5)
    const at = (n: number) => encodeURIComponent(new Date(BASE + n * 60_000).toISOString())
    const { body } = await org.get(`/api/incidents?from=${at(1)}&to=${at(3)}`)
    expect([idsOf(body), body.total]).toEqual([[ids[3], ids[2], ids[1]], 3])
    expect(idsOf((await org.get(`/api/incidents?from=${BASE + 4 * 60_000}`)).body)).toEqual([ids[4]])
  })

  it('finds words of title, service and summary, also begun ones, and of no other organisation', async ({
    expect,
  }) => {
    const [org, other] = [await anOrg(), await anOrg()]
    const [title, service] = await seedMany(org.orgId, 2, (n) =>
      n === 0 ? { alertTitle: 'Größe of the p95 latency' } : { alertService: 'ledger-api' },
    )
    await seedMany(other.orgId, 1, () => ({ alertTitle: 'p95 latency' }))
    const found = async (q: string) =>
      idsOf((await org.get(`/api/incidents?q=${encodeURIComponent(q)}`)).body)
    expect(await found('latency p95')).toEqual([title])
    expect(await found('LATEN')).toEqual([title])
    expect(await found('grosse')).toEqual([])
    expect(await found('größe')).toEqual([title])
    expect(await found('ledger')).toEqual([service])
    expect(await found('latency ledger')).toEqual([])
    expect(await found('"; DROP TABLE incidents; --')).toEqual([])
    expect(await found('*')).toEqual([])
    await org.patch(`/api/incidents/${service}`, { summary: 'The disk was full.' })
    expect(await found('disk')).toEqual([service])
    await org.patch(`/api/incidents/${service}`, { summary: 'All is well.' })
    expect(await found('disk')).toEqual([])
    const { body } = await org.get('/api/incidents?q=latency')
    expect([body.total, body.totalIsCapped]).toEqual([1, false])
  })

  it('pages by a cursor through ties, without a gap or a repeat, also while new ones come', async ({
    expect,
  }) => {
    const org = await anOrg()
    await seedMany(org.orgId, 7, (n) => ({ startedAt: BASE + Math.floor(n / 3) }))
    const whole = idsOf((await org.get('/api/incidents')).body)
    const seen: string[] = []
    let cursor: string | null = ''
    while (cursor !== null) {
      const query = cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`
      const { body } = await org.get(`/api/incidents?limit=3${query}`)
      seen.push(...idsOf(body))
      expect(body.total).toBeGreaterThanOrEqual(7)
      cursor = body.nextCursor
      await seedMany(org.orgId, 1, () => ({ startedAt: Date.now() }))
    }
    expect(seen).toEqual(whole)
  })

  it('refuses what it does not know with the documented texts', async ({ expect }) => {
    const org = await anOrg()
    for (const [query, text] of [
      ['status=open', 'Invalid status. Must be one of: investigating, analyzed, merged, resolved'],
      ['severity=bad', 'Invalid severity. Must be one of: critical, high, medium, low, unknown'],
      ['limit=0', 'Invalid limit'],
      ['limit=101', 'Invalid limit'],
      ['offset=-1', 'Invalid offset'],
      ['from=yesterday', 'Invalid from'],
      ['to=2026-13-40', 'Invalid to'],
      ['cursor=abc', 'Invalid cursor'],
      ['q=', 'Invalid q'],
      [`service=${'x'.repeat(201)}`, 'Invalid service'],
      ['source=%00', 'Invalid source'],
    ]) {
      const { status, body } = await org.get(`/api/incidents?${query}`)
      expect([query, status, body.error, body.code]).toEqual([query, 400, text, 'validation_failed'])
    }
  })

  it('answers 304 to who has the newest, and anew after a change', async ({ expect }) => {
    const org = await anOrg()
    const [id] = await seedMany(org.orgId, 2)
    for (const path of ['/api/incidents', `/api/incidents/${id}`]) {
      const first = await org.get(path)
      const etag = first.headers.get('etag') ?? ''
      expect(etag).toMatch(/^W\/"[0-9a-f]{32}"$/)
      const same = await org.get(path, { 'if-none-match': `"other", ${etag}` })
      expect([path, same.status, same.text, same.headers.get('etag')]).toEqual([path, 304, '', etag])
      await org.patch(`/api/incidents/${id}`, { summary: `Changed after ${path}` })
      const changed = await org.get(path, { 'if-none-match': etag })
      expect([path, changed.status]).toEqual([path, 200])
    }
  })

  it('reads the rows it shows and one more, in one round trip, for every filter with an index', async ({
    expect,
  }) => {
    const org = await anOrg()
    await seedMany(org.orgId, 300, (n) => ({
      severity: n % 2 === 0 ? 'critical' : 'low',
      alertService: n % 2 === 0 ? 'payments' : 'checkout',
      sourceType: n % 2 === 0 ? 'datadog' : 'grafana',
      status: n % 2 === 0 ? 'resolved' : 'investigating',
    }))
    for (const query of ['', 'severity=critical', 'service=payments', 'source=datadog', 'status=resolved']) {
      const { body, roundTrips, rowsRead } = await metered(org, `/api/incidents?limit=20&${query}`)
      expect([query, body.incidents.length, roundTrips]).toEqual([query, 20, 1])
      expect([query, rowsRead <= 21]).toEqual([query, true])
      const { rowsRead: next } = await metered(
        org,
        `/api/incidents?limit=20&${query}&cursor=${encodeURIComponent(body.nextCursor)}`,
      )
      // The row that the cursor names is looked at, too.
      expect([query, 'next page', next <= 22]).toEqual([query, 'next page', true])
    }
  })
})

describe('the detail of an incident', () => {
  it('is one round trip, and reads only what is asked for', async ({ expect }) => {
    const org = await anOrg()
    const story = await seedStory(org.orgId, {}, [{}, { service: 'payments' }, { service: 'ledger' }])
    await seedAnalysis(org.orgId, story)
    const whole = await metered(org, `/api/incidents/${story.id}`)
    const bare = await metered(org, `/api/incidents/${story.id}?include=`)
    const thoughts = await metered(org, `/api/incidents/${story.id}?include=streamingThoughts`)
    expect([whole.roundTrips, bare.roundTrips, thoughts.roundTrips]).toEqual([1, 1, 1])
    expect(bare.rowsRead).toBeLessThan(thoughts.rowsRead)
    expect(thoughts.rowsRead).toBeLessThan(whole.rowsRead)
    expect(Object.keys(bare.body.incident)).not.toContain('streamingThoughts')
    expect(thoughts.body.incident.streamingThoughts).toHaveLength(1)
    // The incident, its run (and that no run is queued), and the position of the stream.
    expect(bare.rowsRead).toBeLessThanOrEqual(4)
  })

  it('sums up what models used, and has null where none was', async ({ expect }) => {
    const org = await anOrg()
    const { id } = await seedStory(org.orgId)
    expect((await org.get(`/api/incidents/${id}`)).body.incident.tokenUsage).toBeNull()
    for (const tokens of [100, 200])
      await rowsOf(
        "INSERT INTO llm_usage (id, org_id, user_id, incident_id, provider, model_name, request_type, input_tokens, output_tokens, estimated_cost, timestamp) VALUES (?, ?, ?, ?, 'v', 'vendor/model-1', 'chat', ?, 10, 0.5, ?)",
        newId(),
        org.orgId,
        org.userId,
        id,
        tokens,
        BASE + tokens,
      )
    expect((await org.get(`/api/incidents/${id}`)).body.incident.tokenUsage).toEqual({
      requestCount: 2,
      totalInputTokens: 300,
      totalOutputTokens: 20,
      totalTokens: 320,
      totalCost: 1,
      models: [{ model: 'vendor/model-1', requestCount: 2, inputTokens: 300, outputTokens: 20, cost: 1 }],
    })
    expect((await org.get('/api/llm-usage/models')).body).toEqual({
      models: [
        {
          model_name: 'vendor/model-1',
          usage_count: 2,
          total_cost: 1,
          total_surcharge: 0,
          total_cost_with_surcharge: 1,
          first_used: new Date(BASE + 100).toISOString(),
          last_used: new Date(BASE + 200).toISOString(),
        },
      ],
      total_models: 1,
      billing_summary: { total_api_cost: 1, total_cost: 1, currency: 'USD' },
    })
    const colleague = await org.member('viewer')
    expect((await colleague.get('/api/llm-usage/models')).body).toEqual({
      models: [],
      total_models: 0,
      billing_summary: { total_api_cost: 0, total_cost: 0, currency: 'USD' },
    })
  })
})

describe('a search that finds more than it looks at', () => {
  it('says that its total is not the whole', async ({ expect }) => {
    const org = await anOrg()
    await rowsOf(
      `INSERT INTO incidents (id, org_id, source_type, source_alert_id, severity, alert_title, alert_metadata, primary_alert_id, chat_session_id, affected_services, started_at, last_alert_at)
        WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10001)
        SELECT printf('00000000-0000-4000-8000-%012d', i), ?, 'grafana', 'a', 'low', 'Latency', '{}', 'x', 'x', '[]', i, i FROM n`,
      org.orgId,
    )
    const { body } = await org.get('/api/incidents?q=latency&limit=1')
    expect([body.total, body.totalIsCapped, body.incidents[0].startedAt]).toEqual([
      10_000,
      true,
      new Date(10_001).toISOString(),
    ])
    const narrow = (await org.get('/api/incidents?q=latency&to=20')).body
    expect([narrow.incidents.length, narrow.totalIsCapped]).toEqual([19, true])
    const counted = (await org.get('/api/incidents?from=1&limit=1')).body
    expect([counted.total, counted.totalIsCapped]).toEqual([10_000, true])
    const kept = (await org.get('/api/incidents?severity=low&limit=1')).body
    expect([kept.total, kept.totalIsCapped]).toEqual([10_001, false])
  })
})
