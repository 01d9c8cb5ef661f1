import { describe, it, vi } from 'vitest'
import { newId } from '../../src/lib/ids'
import { api, apiWith } from '../support/api'
import { seedIncident } from '../support/seed'
import { anOrg, bearer, PASSWORD } from '../support/org'
import { aSender, deliver } from '../support/senders'

describe('paths and methods', () => {
  it('that nobody serves are 404 before identity is looked at', async ({ expect }) => {
    for (const path of [
      '/',
      '/api',
      '/api/no-such-thing',
      '/api/auth',
      '/api/auth/me/more',
      '/%ff',
      '/api/incidentsx',
    ]) {
      const { status, body, headers } = await api().get(path, { authorization: 'nonsense' })
      expect([path, status, body.error, body.code]).toEqual([path, 404, 'Not found', 'not_found'])
      expect(body.request_id).toBe(headers.get('x-request-id'))
    }
  })

  it('that are known by another method are 405 with Allow', async ({ expect }) => {
    for (const [method, path, allow] of [
      ['GET', '/api/auth/login', 'POST, OPTIONS'],
      ['DELETE', '/api/auth/me/', 'GET, HEAD, OPTIONS'],
      ['POST', '/health', 'GET, HEAD, OPTIONS'],
      ['PROPFIND', '/health', 'GET, HEAD, OPTIONS'],
    ] as const) {
      const { status, body, headers } = await api().call(method, path)
      expect([status, body.error, body.code]).toEqual([405, 'Method not allowed', 'method_not_allowed'])
      expect(headers.get('allow')).toBe(allow)
    }
  })

  it('mean the same with a trailing slash', async ({ expect }) => {
    const org = await anOrg()
    expect((await org.get('/api/auth/me/')).body.id).toBe(org.userId)
    expect((await api().post('/api/auth/login/', { email: org.email, password: PASSWORD })).status).toBe(200)
  })

  it('answer HEAD where they answer GET, without a body', async ({ expect }) => {
    const org = await anOrg()
    const { status, text, headers } = await org.call('HEAD', '/api/auth/me')
    expect([status, text, headers.get('ratelimit-limit')]).toEqual([200, '', '100'])
    expect((await api().call('HEAD', '/api/auth/me')).status).toBe(401)
    expect((await api().call('HEAD', '/api/auth/login')).status).toBe(405)
  })
})

describe('every answer', () => {
  it('carries the request id that the caller gave, when it is a plain word', async ({ expect }) => {
    for (const id of ['a', 'Trace-1.2_3', 'x'.repeat(64)])
      expect((await api().get('/api/auth/me', { 'x-request-id': id })).body.request_id).toBe(id)
    for (const id of ['', 'two words', 'x'.repeat(65), '<script>', 'a,b']) {
      const given = (await api().get('/health/liveness', { 'x-request-id': id })).headers.get('x-request-id')
      expect(given).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-[47][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
    }
  })

  it('is neither sniffed nor stored', async ({ expect }) => {
    const org = await anOrg()
    for (const answer of [
      await org.get('/api/auth/me'),
      await api().get('/api/auth/me'),
      await api().get('/nowhere'),
      await api().get('/health/liveness'),
      await api().call('OPTIONS', '/api/auth/me'),
    ]) {
      expect(answer.headers.get('x-content-type-options')).toBe('nosniff')
      expect(answer.headers.get('cache-control')).toBe('no-store')
    }
  })
})

describe('bodies', () => {
  const register = (body: string, headers = {}) => api().post('/api/auth/register', body, headers)

  it('may have 1 MiB and not a byte more', async ({ expect }) => {
    const prefix = '{"email":"x","padding":"'
    const padded = (bytes: number) => `${prefix}${'p'.repeat(bytes - prefix.length - 2)}"}`
    const largest = await register(padded(1_048_576))
    expect([largest.status, largest.body.error]).toEqual([400, 'Email and password are required'])
    const larger = await register(padded(1_048_577))
    expect([larger.status, larger.body.error, larger.body.code]).toEqual([
      413,
      'Request body too large',
      'payload_too_large',
    ])
    const streamed = await api().fetch('/api/auth/register', { method: 'POST', body: streamOf(1_048_577) })
    expect(streamed.status).toBe(413)
  })

  it('are JSON by their content type, or have none', async ({ expect }) => {
    for (const type of [
      'text/plain',
      'application/x-www-form-urlencoded',
      'application/jsonp',
      'multipart/form-data',
    ]) {
      const { status, body } = await register('{}', { 'content-type': type })
      expect([type, status, body.error, body.code]).toEqual([
        type,
        415,
        'Unsupported content type',
        'unsupported_media_type',
      ])
    }
    for (const type of ['application/json; charset=utf-8', 'Application/JSON', 'application/vnd.x+json', ''])
      expect((await register('{"email":1}', { 'content-type': type })).status).toBe(400)
    expect((await api().post('/api/auth/register', undefined, { 'content-type': 'text/plain' })).status).toBe(
      400,
    )
  })

  it('are JSON objects, or 400', async ({ expect }) => {
    for (const text of [
      '{',
      'nonsense',
      '[]',
      '"text"',
      '1',
      'null',
      'true',
      '{"a":1}x',
      '\u0000',
      '{"email":"a",}',
    ]) {
      const { status, body } = await register(text)
      expect([text, status, body.error, body.code]).toEqual([
        text,
        400,
        'Invalid request body',
        'invalid_json',
      ])
    }
    const bytes = new Uint8Array([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d])
    const broken = await api().fetch('/api/auth/register', { method: 'POST', body: bytes })
    expect(broken.status).toBe(400)
  })

  it('are judged before identity', async ({ expect }) => {
    expect(
      (await api().post('/api/auth/change-password', '{}', { 'content-type': 'text/plain' })).status,
    ).toBe(415)
    expect((await api().post('/api/auth/change-password', '{')).status).toBe(401)
  })
})

describe('without a valid JWT_SECRET', () => {
  it('everything but health is 503', async ({ expect }) => {
    const { token } = await anOrg()
    for (const JWT_SECRET of ['', 'too short']) {
      const client = apiWith({ JWT_SECRET }, bearer(token))
      for (const answer of [
        await client.get('/api/auth/me'),
        await client.post('/api/auth/login', { email: 'a@b.cd', password: PASSWORD }),
        await client.post('/api/auth/register', { email: `${newId()}@b.cd`, password: PASSWORD }),
      ])
        expect([answer.status, answer.body.error]).toEqual([503, 'Service temporarily unavailable'])
      for (const path of ['/health', '/health/liveness', '/health/readiness'])
        expect((await client.get(path)).status).toBe(200)
    }
  })
})

describe('the request log', () => {
  it('is one structured line without query, e-mail, token or ids of the path', async ({ expect }) => {
    const org = await anOrg()
    const lines: string[] = []
    const spy = vi.spyOn(console, 'info').mockImplementation((line: string) => void lines.push(line))
    try {
      await org.get(`/api/auth/me?token=${org.token}&email=${org.email}`, { 'x-request-id': 'logged-one' })
      await api().get('/no/such/secret')
    } finally {
      spy.mockRestore()
    }
    const [known, unknown] = lines.map((line) => JSON.parse(line))
    expect(known).toMatchObject({
      level: 'info',
      event: 'request.done',
      requestId: 'logged-one',
      method: 'GET',
      route: '/api/auth/me',
      status: 200,
      userId: org.userId,
      orgId: org.orgId,
    })
    expect(unknown).toMatchObject({ route: 'unknown', status: 404 })
    for (const secret of [org.token, org.email, 'secret']) expect(lines.join()).not.toContain(secret)
  })

  it('has no line for a delivery that is stored, but one for every refused', async ({ expect }) => {
    const org = await anOrg()
    const sender = await aSender(org, 'generic')
    const lines: string[] = []
    const spy = vi.spyOn(console, 'info').mockImplementation((line: string) => void lines.push(line))
    try {
      expect((await deliver(sender.url, { title: 'Down', status: 'firing' })).status).toBe(202)
      expect((await deliver(sender.url, '{')).status).toBe(400)
    } finally {
      spy.mockRestore()
    }
    const done = lines.map((line) => JSON.parse(line)).filter(({ event }) => event === 'request.done')
    expect(done.map(({ status }) => status)).toEqual([400])
  })
})

describe('measuring', () => {
  it('is off unless asked for', async ({ expect }) => {
    const org = await anOrg()
    const asking = { 'x-aurora-debug': 'cost' }
    expect((await org.get('/api/auth/me', asking)).headers.get('x-aurora-cost')).toBeNull()
    expect((await api().get('/debug/plain')).status).toBe(404)
    const measured = apiWith({ DEBUG_COST: 'true' }, bearer(org.token))
    expect((await measured.get('/debug/plain')).text).toBe('ok')
    expect((await measured.get('/api/auth/me')).headers.get('x-aurora-cost')).toBe(
      'd1=1;stmts=1;read=2;written=0;do=1',
    )
    const silent = await measured.get('/api/auth/me', { 'x-aurora-debug': '' })
    expect([silent.status, silent.headers.get('x-aurora-cost')]).toEqual([200, null])
  })

  it('shows bare rows to nobody who is elsewhere', async ({ expect }) => {
    const org = await anOrg()
    const id = await seedIncident(org.orgId)
    const paths = [`/debug/rows/${org.orgId}`, `/debug/rows/${org.orgId}/${org.userId}/${id}`]
    for (const path of paths) {
      expect((await api().get(path)).status).toBe(404)
      expect((await api().get(`http://127.0.0.1${path}`)).status).toBe(404)
      expect((await apiWith({ DEBUG_COST: 'true' }).get(path)).status).toBe(404)
      const local = await apiWith({ DEBUG_COST: 'true' }).get(`http://127.0.0.1${path}`)
      expect([local.status, local.text.includes(id)]).toEqual([200, true])
    }
  })
})

const streamOf = (bytes: number) =>
  new ReadableStream<Uint8Array>({
    start(controller) {
      for (let left = bytes; left > 0; left -= 65_536)
        controller.enqueue(new Uint8Array(Math.min(left, 65_536)).fill(32))
      controller.close()
    },
  })
