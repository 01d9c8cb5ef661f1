import { env } from 'cloudflare:workers'
import { Hono } from 'hono'
import { describe, it } from 'vitest'
import { app } from '../../src/app'
import { endpoint } from '../../src/http/endpoint'
import type { App } from '../../src/http/env'
import { renderError } from '../../src/http/errors'
import { sweep } from '../../src/jobs/sweep'
import { AppError, unavailable } from '../../src/lib/errors'
import { newId } from '../../src/lib/ids'
import { api, apiOf, apiWith } from '../support/api'
import { anOrg, bearer } from '../support/org'
import { closedRoutes } from '../support/routes'
import { seedIncident } from '../support/seed'

const keyed = (key: string) => ({ 'idempotency-key': key })

/** The app with a route that counts how often it ran and answers what `work` does with that count. */
function counting(work: (n: number) => Promise<void> | void = () => undefined) {
  const probed = new Hono<App>({ strict: false })
  for (const route of app.routes) probed.on(route.method, route.path, route.handler)
  let runs = 0
  const spec = { summary: 'A probe', who: 'viewer', bucket: 'default', answers: { 201: null } } as const
  for (const path of ['/api/probe/:a', '/api/probe2'])
    probed.post(path, endpoint({ ...spec, idempotent: true }), async (c) => {
      runs += 1
      await work(runs)
      return c.json({ n: runs }, 201)
    })
  probed.onError(renderError)
  return { probed, runs: () => runs }
}

describe('a request with an Idempotency-Key', () => {
  it('runs once; its answer is given again, and says so', async ({ expect }) => {
    const org = await anOrg()
    const { probed, runs } = counting()
    const client = apiOf(probed, {}, bearer(org.token))
    const first = await client.post('/api/probe/1', { a: 1 }, keyed('k'))
    expect([first.status, first.body, first.headers.get('idempotency-replayed')]).toEqual([
      201,
      { n: 1 },
      null,
    ])
    for (const path of ['/api/probe/1', '/api/probe/1/']) {
      const again = await client.post(path, { a: 1 }, keyed('k'))
      expect([again.status, again.body, again.headers.get('idempotency-replayed')]).toEqual([
        201,
        { n: 1 },
        'true',
      ])
      expect(again.headers.get('content-type')).toBe('application/json')
      expect(again.headers.get('ratelimit-limit')).toBe('100')
      expect(again.headers.get('x-request-id')).not.toBe(first.headers.get('x-request-id'))
    }
    expect(runs()).toBe(1)
  })

  it('is another one under another key, path, user or without a key', async ({ expect }) => {
    const org = await anOrg()
    const colleague = await org.member('editor')
    const { probed, runs } = counting()
    const client = apiOf(probed, {}, bearer(org.token))
    await client.post('/api/probe/1', {}, keyed('k'))
    await client.post('/api/probe/1', {}, keyed('K'))
    await client.post('/api/probe/2', {}, keyed('k'))
    await client.post('/api/probe2', {}, keyed('k'))
    await client.post('/api/probe/1', {})
    await apiOf(probed, {}, bearer(colleague.token)).post('/api/probe/1', {}, keyed('k'))
    expect(runs()).toBe(6)
  })

  it('is refused when the key was used for another body or query', async ({ expect }) => {
    const org = await anOrg()
    const { probed, runs } = counting()
    const client = apiOf(probed, {}, bearer(org.token))
    await client.post('/api/probe/1', { a: 1 }, keyed('k'))
    for (const answer of [
      await client.post('/api/probe/1', { a: 2 }, keyed('k')),
      await client.post('/api/probe/1', undefined, keyed('k')),
      await client.post('/api/probe/1?x=1', { a: 1 }, keyed('k')),
    ])
      expect([answer.status, answer.body.error, answer.body.code]).toEqual([
        409,
        'Idempotency key was used for a different request',
        'idempotency_conflict',
      ])
    expect(runs()).toBe(1)
  })

  it('is refused while the first one runs', async ({ expect }) => {
    const org = await anOrg()
    const gate = Promise.withResolvers<void>()
    const started = Promise.withResolvers<void>()
    const { probed, runs } = counting(() => {
      started.resolve()
      return gate.promise
    })
    const client = apiOf(probed, {}, bearer(org.token))
    const first = client.post('/api/probe/1', {}, keyed('k'))
    await started.promise
    const second = await client.post('/api/probe/1', {}, keyed('k'))
    expect([second.status, second.body.error, second.body.code]).toEqual([
      409,
      'Request with this idempotency key is in progress',
      'idempotency_conflict',
    ])
    gate.resolve()
    expect((await first).status).toBe(201)
    expect((await client.post('/api/probe/1', {}, keyed('k'))).body).toEqual({ n: 1 })
    expect(runs()).toBe(1)
  })

  it('keeps refusals, but neither 429 nor 5xx', async ({ expect }) => {
    const org = await anOrg()
    for (const [error, kept] of [
      [new AppError('session_busy', 'Busy'), true],
      [new AppError('rate_limited', 'Slow down'), false],
      [unavailable(), false],
      [new Error('a bug'), false],
    ] as const) {
      const { probed, runs } = counting((n) => {
        if (n === 1) throw error
      })
      const client = apiOf(probed, {}, bearer(org.token))
      const key = keyed(newId())
      const first = await client.post('/api/probe/1', {}, key)
      const second = await client.post('/api/probe/1', {}, key)
      expect([error.message, first.status >= 400, second.status === 201]).toEqual([
        error.message,
        true,
        !kept,
      ])
      if (kept) expect(second.body).toEqual(first.body)
      expect(runs()).toBe(kept ? 1 : 2)
    }
  })

  it('frees its key a minute after a crash, not before', async ({ expect }) => {
    const org = await anOrg()
    const { probed } = counting()
    const client = apiOf(probed, {}, bearer(org.token))
    await client.post('/api/probe/1', {}, keyed('k'))
    const crashedAt = (ms: number) =>
      env.DB.prepare(
        "UPDATE idempotency_keys SET state = 'running', status = NULL, response = NULL, created_at = ? WHERE org_id = ?",
      )
        .bind(Date.now() - ms, org.orgId)
        .run()
    await crashedAt(50_000)
    expect((await client.post('/api/probe/1', {}, keyed('k'))).status).toBe(409)
    await crashedAt(61_000)
    expect((await client.post('/api/probe/1', { other: true }, keyed('k'))).status).toBe(201)
    expect((await client.post('/api/probe/1', { other: true }, keyed('k'))).body).toEqual({ n: 2 })
  })

  it('is forgotten after a day, and swept away', async ({ expect }) => {
    const org = await anOrg()
    const { probed, runs } = counting()
    const client = apiOf(probed, {}, bearer(org.token))
    const age = (hours: number) =>
      env.DB.prepare('UPDATE idempotency_keys SET created_at = ? WHERE org_id = ?')
        .bind(Date.now() - hours * 3_600_000, org.orgId)
        .run()
    const left = async () =>
      (
        await env.DB.prepare('SELECT count(*) AS n FROM idempotency_keys WHERE org_id = ?')
          .bind(org.orgId)
          .first()
      )?.['n']
    await client.post('/api/probe/1', {}, keyed('k'))
    await age(23)
    await client.post('/api/probe/1', {}, keyed('k'))
    expect(runs()).toBe(1)
    await age(25)
    await client.post('/api/probe/1', { other: true }, keyed('k'))
    expect(runs()).toBe(2)
    await sweep(env, Date.now())
    expect(await left()).toBe(1)
    await age(25)
    await sweep(env, Date.now())
    expect(await left()).toBe(0)
  })

  it('is refused when the key is empty, too long or not plain', async ({ expect }) => {
    const org = await anOrg()
    const client = apiOf(counting().probed, {}, bearer(org.token))
    for (const key of ['x'.repeat(129), 'schlüssel', '']) {
      const { status, body } = await client.post('/api/probe/1', {}, keyed(key))
      expect([key, status, body.error]).toEqual([key, 400, 'Invalid Idempotency-Key'])
    }
    expect((await client.post('/api/probe/1', {}, keyed('x'.repeat(128)))).status).toBe(201)
  })

  it('is ignored where nothing is created', async ({ expect }) => {
    const org = await anOrg()
    for (let n = 0; n < 2; n++)
      expect(
        (await org.patch('/api/orgs', { name: `Name ${n}` }, keyed('k'))).headers.get('idempotency-replayed'),
      ).toBeNull()
    expect((await org.get('/api/orgs/current')).body.name).toBe('Name 1')
  })

  it('runs once among racers', async ({ expect }) => {
    const org = await anOrg()
    const { probed, runs } = counting()
    const client = apiOf(probed, {}, bearer(org.token))
    const answers = await Promise.all(
      Array.from({ length: 8 }, () => client.post('/api/probe/1', {}, keyed('k'))),
    )
    expect(runs()).toBe(1)
    expect(answers.filter(({ status }) => status === 201).length).toBeGreaterThanOrEqual(1)
    expect(answers.every(({ status }) => status === 201 || status === 409)).toBe(true)
  })
})

/** Accounts at other systems are proved by their vendors each time. */
const CONNECTORS = /^\/api\/(connectors|gcp|aws|azure|kubernetes|kubectl|vms|ssh-keys)\b/

const NAMED = [
  'POST /chat_api/sessions',
  'POST /chat_api/sessions/:session_id/messages',
  'POST /api/incidents/:incident_id/chat',
  'POST /api/incidents/:incident_id/merge-alert',
  'POST /api/incidents/:incident_id/unmerge',
  'POST /api/incidents/trigger-rca',
  'POST /api/incidents/suggestions/:suggestion_id/apply',
]

describe('every route', () => {
  it('that creates or starts something takes a key', ({ expect }) => {
    const starting = closedRoutes.filter(
      ({ method, path, spec }) =>
        method === 'POST' &&
        ['201', '202'].some((status) => status in (spec?.answers ?? {})) &&
        (path.startsWith('/api/') || path.startsWith('/chat_api/')) &&
        !CONNECTORS.test(path) &&
        !/\/(cancel|confirm)$/.test(path),
    )
    expect(starting.length).toBeGreaterThan(15)
    expect(starting.filter(({ spec }) => spec?.idempotent !== true).map(({ name }) => name)).toEqual([])
  })

  it.for(NAMED)('%s takes a key, as documented', (name, { expect }) => {
    expect(closedRoutes.find((route) => route.name === name)?.spec?.idempotent).toBe(true)
  })
})

describe('a kept answer', () => {
  it('that shows a secret lies sealed in the database', async ({ expect }) => {
    const org = await anOrg()
    const make = () => org.post('/api/tokens', { name: 'Script' }, keyed('k'))
    const first = await make()
    const again = await make()
    expect(again.body).toEqual(first.body)
    expect((await org.get('/api/tokens')).body.tokens).toHaveLength(1)
    const row = await env.DB.prepare('SELECT * FROM idempotency_keys WHERE org_id = ?')
      .bind(org.orgId)
      .first()
    expect(JSON.stringify(row)).not.toContain(first.body.token)
    expect(JSON.stringify(row)).not.toContain('Script')
  })

  it('survives a rotation of the signing key, but not its loss', async ({ expect }) => {
    const org = await anOrg()
    const first = await org.post('/api/tokens', { name: 'Script', scope: 'write' })
    const script = bearer(first.body.token)
    const make = (variables: Partial<Env>) =>
      apiWith(variables, script).post('/api/user-preferences', { key: 'a', value: 1 })
    expect((await make({})).status).toBe(200)
    const { probed, runs } = counting()
    const ask = (variables: Partial<Env>) =>
      apiOf(probed, variables, script).post('/api/probe2', {}, keyed('k'))
    expect((await ask({})).body).toEqual({ n: 1 })
    const next = { JWT_SECRET: 'the next secret, which is longer than 32 bytes' }
    expect((await ask({ ...next, JWT_SECRET_PREVIOUS: env.JWT_SECRET ?? '' })).body).toEqual({ n: 1 })
    expect((await ask(next)).body.code).toBe('idempotency_conflict')
    expect(runs()).toBe(1)
  })
})

describe('a question about an incident', () => {
  it('asked twice with one key is asked once', async ({ expect }) => {
    const org = await anOrg()
    const incidentId = await seedIncident(org.orgId)
    const ask = () => org.post(`/api/incidents/${incidentId}/chat`, { question: 'Why?' }, keyed('q'))
    const first = await ask()
    const second = await ask()
    expect([first.status, second.status, second.body]).toEqual([202, 202, first.body])
    const { results } = await env.DB.prepare('SELECT id FROM chat_sessions WHERE org_id = ?')
      .bind(org.orgId)
      .all()
    expect(results).toHaveLength(1)
    expect((await api().post(`/api/incidents/${incidentId}/chat`, {}, keyed('q'))).status).toBe(400)
  })
})
