import { env } from 'cloudflare:workers'
import { describe, it } from 'vitest'
import { healthAnswer, notReadyAnswer } from '../../src/http/answers/health'
import { newId } from '../../src/lib/ids'
import { examine, isReady, overallStatus, type Probes } from '../../src/services/health'
import { api, apiWith } from '../support/api'
import { anOrg } from '../support/org'

const MINUTE = 60_000
const NOW = 1_767_225_600_000
const sound: Probes = {
  database: async () => ({ delivery: null, run: null }),
  gate: async () => true,
  hasQueues: true,
  hasRooms: true,
}
const broken = () => Promise.reject(new Error('down'))
const failingDatabase = (message: string) =>
  new Proxy(env.DB, {
    get: () => () => {
      throw new Error(message)
    },
  })

describe('/health', () => {
  it('answers GET and HEAD, with and without a slash, without identity, limits or storing', async ({
    expect,
  }) => {
    for (const path of [
      '/health',
      '/health/',
      '/health/liveness',
      '/health/liveness/',
      '/health/readiness',
    ]) {
      for (const method of ['GET', 'HEAD']) {
        const { status, headers, text } = await api().call(method, path, undefined, {
          authorization: 'nonsense',
        })
        expect([path, method, status]).toEqual([path, method, 200])
        expect(headers.get('cache-control')).toBe('no-store')
        expect(headers.get('ratelimit-limit')).toBeNull()
        expect(text === '').toBe(method === 'HEAD')
      }
    }
  })

  it('describes every part', async ({ expect }) => {
    const { body } = await apiWith({}).get('/health')
    expect(healthAnswer.strict().parse(body)).toMatchObject({
      overall_status: 'healthy',
      checks: {
        database: { status: 'healthy', message: 'Database connection successful' },
        redis: { status: 'healthy', message: 'Request gate reachable' },
        weaviate: { status: 'healthy', message: 'Not configured' },
        celery: { status: 'healthy', message: 'Job queues available' },
        chatbot_websocket: { status: 'healthy', message: 'Chat rooms reachable' },
      },
    })
    expect((await api().get('/health/liveness')).body).toEqual({ status: 'alive' })
    expect((await api().get('/health/readiness')).body).toEqual({ status: 'ready' })
  })

  it('looks at the parts once in five seconds', async ({ expect }) => {
    const client = apiWith({ DEBUG_COST: 'true' })
    const costs = []
    for (let n = 0; n < 3; n++) costs.push((await client.get('/health')).headers.get('x-aurora-cost'))
    expect(costs[0]).toMatch(/^d1=1;/)
    expect(costs.slice(1).every((cost) => cost?.startsWith('d1=0;'))).toBe(true)
  })

  it('is 503 without the database, and names no detail of the failure', async ({ expect }) => {
    const client = apiWith({ DB: failingDatabase('secret host 10.0.0.7') })
    const whole = await client.get('/health')
    expect(whole.status).toBe(503)
    expect(whole.body.overall_status).toBe('unhealthy')
    expect(whole.body.checks.database).toEqual({ status: 'unhealthy', error: 'Database connection failed' })
    expect(whole.text).not.toContain('secret')
    const ready = await client.get('/health/readiness')
    expect(ready.status).toBe(503)
    expect(notReadyAnswer.strict().parse(ready.body).checks.database.status).toBe('unhealthy')
    expect((await client.get('/health/liveness')).status).toBe(200)
  })

  it('is not ready while the schema is missing', async ({ expect }) => {
    const client = apiWith({ DB: failingDatabase('D1_ERROR: no such table: runs: SQLITE_ERROR') })
    const { status, body } = await client.get('/health/readiness')
    expect([status, body.checks.database.error]).toEqual([503, 'Database schema is missing'])
  })

  it('is degraded, with a warning, while an old delivery or an old run waits', async ({ expect }) => {
    const { orgId, userId } = await anOrg()
    const integration = newId()
    const delivery = newId()
    const received = Date.now() - 7 * MINUTE
    await env.DB.batch([
      env.DB.prepare(
        "INSERT INTO integrations (id, org_id, source, name, verification, ingest_token_hash, token_suffix, created_by) VALUES (?, ?, 'generic', 'x', 'token_only', ?, 'abcd', ?)",
      ).bind(integration, orgId, newId(), userId),
      env.DB.prepare(
        "INSERT INTO ingest_deliveries (id, org_id, integration_id, source, delivery_key, state, authenticity, received_at, bytes, body_sha256, headers, partial) VALUES (?, ?, ?, 'generic', 'k', 'received', 'token', ?, 2, 'x', '{}', 0)",
      ).bind(delivery, orgId, integration, received),
    ])
    const late = await apiWith({}).get('/health')
    expect([late.status, late.body.overall_status]).toEqual([200, 'degraded'])
    expect(late.body.checks.celery).toEqual({
      status: 'degraded',
      warning: 'Oldest pending job is 7 minutes old',
    })

    await env.DB.prepare("UPDATE ingest_deliveries SET state = 'processed' WHERE id = ?").bind(delivery).run()
    expect((await apiWith({}).get('/health')).body.overall_status).toBe('healthy')
    await env.DB.prepare(
      "INSERT INTO runs (id, org_id, kind, session_id, trigger, checkpoint, created_at) VALUES (?, ?, 'chat', ?, 'question', '{}', ?)",
    )
      .bind(newId(), orgId, newId(), received)
      .run()
    expect((await apiWith({}).get('/health')).body.checks.celery.status).toBe('degraded')
  })
})

describe('the verdict', () => {
  it('is unhealthy exactly when the database or the gates are', async ({ expect }) => {
    const statusOf = async (changes: Partial<Probes>) => {
      const checks = await examine({ ...sound, ...changes }, NOW)
      expect(isReady(checks)).toBe(overallStatus(checks) !== 'unhealthy')
      return overallStatus(checks)
    }
    expect(await statusOf({})).toBe('healthy')
    expect(await statusOf({ database: broken })).toBe('unhealthy')
    expect(await statusOf({ gate: broken })).toBe('unhealthy')
    expect(await statusOf({ hasQueues: false })).toBe('degraded')
    expect(await statusOf({ hasRooms: false })).toBe('degraded')
  })

  it('calls a job old after five minutes', async ({ expect }) => {
    const celery = async (delivery: number | null, run: number | null) =>
      (await examine({ ...sound, database: async () => ({ delivery, run }) }, NOW)).celery.status
    expect(await celery(NOW - 5 * MINUTE, null)).toBe('healthy')
    expect(await celery(NOW - 5 * MINUTE - 1, null)).toBe('degraded')
    expect(await celery(null, NOW - 5 * MINUTE - 1)).toBe('degraded')
  })

  it('does not guess the age of jobs without the database', async ({ expect }) => {
    expect((await examine({ ...sound, database: broken }, NOW)).celery).toEqual({
      status: 'degraded',
      warning: 'Age of pending jobs unknown',
    })
  })
})
