/** What existing browser frontends take for granted, on an incident that was really investigated. */
import { beforeAll, describe, it, vi } from 'vitest'
import * as z from 'zod'
import { api, apiWith } from '../support/api'
import { anOrg, bearer, type Org } from '../support/org'
import { aSender, deliver, grafanaBody } from '../support/senders'

let org: Org
let incident: Detail

/** What a page reads of an incident; whatever else is there is kept for the assertions. */
const listed = z.looseObject({ id: z.string(), auroraStatus: z.string(), chatSessionId: z.string() })
const detailed = listed.extend({
  summary: z.string(),
  suggestions: z.array(z.looseObject({ title: z.string() })),
  citations: z.array(z.looseObject({ key: z.string() })),
})
type Listed = z.infer<typeof listed>
type Detail = z.infer<typeof detailed>

const incidentWhere = async (of: Org, isIt: (one: Listed) => boolean) =>
  vi.waitUntil(
    async () => {
      const { body } = await of.get('/api/incidents')
      return z.array(listed).parse(body.incidents).find(isIt) ?? null
    },
    { timeout: 10_000, interval: 500 },
  )

const detailOf = async (of: Org, id: string) =>
  detailed.parse((await of.get(`/api/incidents/${id}`)).body.incident)

const ended = (sessionId: string) =>
  vi.waitUntil(
    async () => {
      const { body } = await org.get(`/chat_api/sessions/${sessionId}`)
      return body.status === 'completed' || body.status === 'failed' ? body : null
    },
    { timeout: 10_000, interval: 100 },
  )

beforeAll(async () => {
  org = await anOrg()
  await org.post('/api/changes', {
    service: 'checkout',
    job: 'deploy-checkout',
    build: 1042,
    result: 'success',
  })
  const { url } = await aSender(org, 'grafana')
  await deliver(url, grafanaBody('checkout'))
  const { id } = await incidentWhere(org, ({ auroraStatus }) => auroraStatus === 'complete')
  incident = await detailOf(org, id)
})

describe('signing in', () => {
  it('answers the user flat', async ({ expect }) => {
    const login = await api().post('/api/auth/login', { email: org.email, password: org.password })
    expect(login.body).toMatchObject({ id: org.userId, email: org.email, name: 'Dana' })
  })

  it('may be asked about by a page of another origin before it registers', async ({ expect }) => {
    const origin = 'https://app.example'
    const preflight = await apiWith({ FRONTEND_URL: origin }).call(
      'OPTIONS',
      '/api/auth/register',
      undefined,
      {
        origin,
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'content-type',
      },
    )
    expect(preflight.status).toBe(204)
    expect(preflight.headers.get('access-control-allow-origin')).toBe(origin)
    expect(preflight.headers.get('access-control-allow-credentials')).toBe('true')
    expect(preflight.headers.get('access-control-allow-methods')).toContain('POST')
    expect(preflight.headers.get('access-control-allow-headers')?.toLowerCase()).toContain('content-type')
  })
})

describe('an incident', () => {
  it('has a source type, an alert and texts of suggestions that are never null', async ({ expect }) => {
    const text = expect.stringMatching(/\S/)
    expect(incident.suggestions.length).toBeGreaterThan(0)
    for (const suggestion of incident.suggestions)
      expect(suggestion).toMatchObject({ title: text, description: text })
    const bare = await anOrg()
    const { url } = await aSender(bare, 'generic')
    await deliver(url, { title: 'x' })
    const one = await incidentWhere(bare, () => true)
    for (const shown of [incident, one, await detailOf(bare, one.id)])
      expect(shown).toMatchObject({
        sourceType: text,
        alert: { title: text, service: text, source: text, sourceUrl: expect.any(String) },
      })
  })

  it('has a chat session from the start, even when nothing investigates it', async ({ expect }) => {
    const idle = await anOrg()
    const { url } = await aSender(idle, 'grafana', { investigate: false })
    await deliver(url, grafanaBody('search'))
    const one = await incidentWhere(idle, () => true)
    expect(one.chatSessionId).toMatch(/^[0-9a-f-]{36}$/)
    expect((await detailOf(idle, one.id)).chatSessionId).toBe(one.chatSessionId)
    expect(incident.chatSessionId).toMatch(/^[0-9a-f-]{36}$/)
  })

  it('cites its evidence by keys that are text, and the summary uses only those', ({ expect }) => {
    const keys = incident.citations.map(({ key }) => key)
    expect(keys.length).toBeGreaterThan(0)
    expect(keys.every((key) => /^\d+$/.test(key))).toBe(true)
    const used = Array.from(incident.summary.matchAll(/\[(\d+(?:, ?\d+)*)\]/g), ([, list = '']) =>
      list.split(/, ?/),
    ).flat()
    expect(keys).toEqual(expect.arrayContaining(used))
  })

  it('names each suggestion in a bullet of its summary', ({ expect }) => {
    const bullets = incident.summary.split('\n').filter((line) => /^\s*[-*•] /.test(line))
    for (const { title } of incident.suggestions)
      expect(bullets.some((bullet) => bullet.includes(title))).toBe(true)
  })
})

describe('a chat', () => {
  it('is accepted before it is answered, has a title, and ends in one of two states', async ({ expect }) => {
    const asked = await org.post(`/api/incidents/${incident.id}/chat`, { question: 'What changed?' })
    expect([asked.status, asked.body.status]).toEqual([202, 'processing'])
    const session = await ended(asked.body.session_id)
    expect(['completed', 'failed']).toContain(session.status)
    const { body } = await org.get('/chat_api/sessions')
    const titled = z.array(z.looseObject({ title: z.string().min(1) })).min(1)
    expect(titled.safeParse(body.sessions).success).toBe(true)
  })
})

describe('a page that stays open', () => {
  it('polls 115 times in a minute with a chat in flight and is never told to wait', async ({ expect }) => {
    const viewer = await org.member('editor')
    const asked = await viewer.post(`/api/incidents/${incident.id}/chat`, { question: 'What is open?' })
    const session = `/chat_api/sessions/${asked.body.session_id}`
    const polled = [
      ...Array.from({ length: 60 }, () => `/api/incidents/${incident.id}`),
      ...Array.from({ length: 4 }, () => '/api/incidents'),
      ...Array.from({ length: 20 }, () => '/chat_api/sessions'),
      ...Array.from({ length: 31 }, () => session),
    ]
    const statuses = await Promise.all(polled.map(async (path) => (await viewer.get(path)).status))
    expect([asked.status, statuses.length, new Set(statuses)]).toEqual([202, 115, new Set([200])])
  })

  it('is answered on unknown paths without any work', async ({ expect }) => {
    const client = apiWith({ DEBUG_COST: 'true' }, bearer(org.token))
    for (const path of ['/api/nothing', '/api/rum', '/_next/data/x.json', '/favicon.ico']) {
      const answer = await client.get(path)
      expect([path, answer.status, answer.body.code]).toEqual([path, 404, 'not_found'])
      expect(answer.headers.get('x-aurora-cost')).toMatch(/^d1=0;.*do=0$/)
    }
  })
})
