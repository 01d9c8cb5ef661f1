import { env } from 'cloudflare:workers'
import { describe, it, vi } from 'vitest'
import { newId } from '../../src/lib/ids'
import { expireAlerts } from '../../src/services/correlation/apply'
import { EMPTY_GRAPH } from '../../src/alerts/service-graph'
import { openTenant } from '../../src/store/tenant-db'
import { carryOut } from '../support/executor'
import { anOrg, type Org } from '../support/org'
import { rowsOf, seedAnalysis, seedStory } from '../support/stories'

const jobsOf = (id: string) => rowsOf("SELECT id FROM runs WHERE incident_id = ? AND kind = 'postmortem'", id)
const resolvedRows = (id: string) =>
  rowsOf("SELECT id FROM lifecycle_events WHERE incident_id = ? AND event = 'resolved'", id)

/** The postmortem, once the job has written it. */
async function written(org: Org, id: string) {
  const read = () => org.get(`/api/incidents/${id}/postmortem`)
  await vi.waitUntil(async () => (await read()).status === 200, { timeout: 10_000 })
  return (await read()).body.postmortem
}

async function resolved() {
  const org = await anOrg()
  const story = await seedStory(org.orgId, {}, [{}, { service: 'payments' }])
  await seedAnalysis(org.orgId, story)
  await org.patch(`/api/incidents/${story.id}`, { status: 'resolved' })
  return { org, story, path: `/api/incidents/${story.id}/postmortem` }
}

describe('a resolution', () => {
  it('asks for exactly one postmortem, however many resolve at once', async ({ expect }) => {
    const org = await anOrg()
    const { id } = await seedStory(org.orgId)
    const answers = await Promise.all(
      [1, 2, 3].map(() => org.patch(`/api/incidents/${id}`, { status: 'resolved' })),
    )
    expect(answers.filter(({ status }) => status !== 200 && status !== 409)).toEqual([])
    expect(answers.some(({ status }) => status === 200)).toBe(true)
    expect([(await jobsOf(id)).length, (await resolvedRows(id)).length]).toEqual([1, 1])
    await org.patch(`/api/incidents/${id}`, { status: 'investigating' })
    await org.patch(`/api/incidents/${id}`, { status: 'resolved' })
    expect([(await jobsOf(id)).length, (await resolvedRows(id)).length]).toEqual([2, 2])
  })

  it('by the expiry of the last alert asks for one, too', async ({ expect }) => {
    const org = await anOrg()
    const { id } = await seedStory(org.orgId, {}, [{ expiresAt: Date.now() - 1000 }])
    const cache = { version: null, graph: EMPTY_GRAPH }
    const applied = await expireAlerts(openTenant(env.DB, org.orgId), cache, Date.now)
    const jobs = await jobsOf(id)
    expect(jobs).toHaveLength(1)
    expect(applied.runIds.map((run) => run.id)).toEqual(jobs.map((row: { id: string }) => row.id))
    expect(await resolvedRows(id)).toHaveLength(1)
    expect((await org.get(`/api/incidents/${id}`)).body.incident.status).toBe('resolved')
  })

  it('asks for none where postmortems are switched off', async ({ expect }) => {
    const org = await anOrg()
    await org.put('/api/settings/investigation', { postmortem: { auto: false } })
    const { id } = await seedStory(org.orgId)
    await org.patch(`/api/incidents/${id}`, { status: 'resolved' })
    expect(await jobsOf(id)).toEqual([])
    const { status, body } = await org.get(`/api/incidents/${id}/postmortem`)
    expect([status, body.error, body.details]).toEqual([404, 'Postmortem not found', { status: 'none' }])
  })
})

describe('a postmortem', () => {
  it('is written from what is stored, with every section', async ({ expect }) => {
    const { org, story } = await resolved()
    const postmortem = await written(org, story.id)
    expect(Object.keys(postmortem).toSorted()).toEqual([
      'confluenceExportedAt',
      'confluencePageId',
      'confluencePageUrl',
      'content',
      'generatedAt',
      'id',
      'incidentId',
      'updatedAt',
      'userId',
    ])
    expect([postmortem.incidentId, postmortem.userId]).toEqual([story.id, null])
    const headings = postmortem.content.split('\n').filter((line: string) => line.startsWith('#'))
    expect(headings).toEqual([
      '# Postmortem: Checkout is slow',
      '## Summary',
      '## Timeline',
      '## Root Cause',
      '## Impact',
      '## Contributing Factors',
      '## Resolution',
      '## Action Items',
      '## Lessons Learned',
    ])
    expect(postmortem.content).toContain('The pool was exhausted [1].')
    expect(postmortem.content).toContain('Deployment 42 lowered the pool size. [1]')
    expect(postmortem.content).toContain('- [ ] **Roll back checkout**: Deploy the last good build.')
    expect(postmortem.content).toContain('| Services | checkout, payments |')
    const [event] = await rowsOf(
      "SELECT event FROM feed_events WHERE incident_id = ? AND event LIKE '%postmortem_ready%' AND wide = 1",
      story.id,
    )
    expect(JSON.parse(event.event).type).toBe('incident_update')
  })

  it('is also Markdown, by the query or the Accept header', async ({ expect }) => {
    const { org, story, path } = await resolved()
    const { content } = await written(org, story.id)
    for (const answer of [
      await org.get(`${path}?format=markdown`),
      await org.get(path, { accept: 'text/markdown' }),
    ]) {
      expect(answer.headers.get('content-type')).toBe('text/markdown; charset=UTF-8')
      expect(answer.text).toBe(content)
    }
    expect((await org.get(`${path}?format=pdf`)).body.error).toBe('Invalid format')
  })

  it('says how its writing stands while there is none', async ({ expect }) => {
    const org = await anOrg()
    const { id } = await seedStory(org.orgId)
    const insert = (state: string, at: number) =>
      rowsOf(
        'INSERT INTO postmortems (id, org_id, incident_id, state, requested_at) VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT (incident_id) DO UPDATE SET state = ?4, requested_at = ?5',
        newId(),
        org.orgId,
        id,
        state,
        at,
      )
    for (const [state, age, shown] of [
      ['generating', 0, 'generating'],
      ['generating', 11 * 60_000, 'failed'],
      ['failed', 0, 'failed'],
    ] as const) {
      await insert(state, Date.now() - age)
      const { status, body } = await org.get(`/api/incidents/${id}/postmortem`)
      expect([status, body.error, body.details]).toEqual([404, 'Postmortem not found', { status: shown }])
    }
    expect((await org.get(`/api/incidents/${newId()}/postmortem`)).body.error).toBe('Incident not found')
    expect((await org.get('/api/incidents/x/postmortem')).body.error).toBe('Invalid incident ID format')
  })

  it('is written once by a run, however often its message comes', async ({ expect }) => {
    const { org, story } = await resolved()
    await written(org, story.id)
    const [job] = await jobsOf(story.id)
    await carryOut({ orgId: org.orgId, runId: job.id, sessionId: job.id }, { startsAt: Date.now() })
    expect(await rowsOf('SELECT version FROM postmortem_versions WHERE incident_id = ?', story.id)).toEqual([
      { version: 1 },
    ])
    expect(await rowsOf('SELECT state FROM runs WHERE id = ?', job.id)).toEqual([{ state: 'succeeded' }])
  })

  it('has failed when its run was taken up too often', async ({ expect }) => {
    const org = await anOrg()
    const { id } = await seedStory(org.orgId)
    const { body } = await org.post(`/api/incidents/${id}/postmortem/regenerate`)
    await written(org, id)
    await rowsOf(
      "UPDATE runs SET state = 'running', stalled_claims = 5, lease_expires_at = NULL WHERE id = ?",
      body.runId,
    )
    await rowsOf("UPDATE postmortems SET content = NULL, state = 'generating' WHERE incident_id = ?", id)
    const { runId } = body
    await carryOut({ orgId: org.orgId, runId, sessionId: runId }, { startsAt: Date.now() })
    expect(await rowsOf('SELECT state, error_code FROM runs WHERE id = ?', body.runId)).toEqual([
      { state: 'failed', error_code: 'internal' },
    ])
    expect((await org.get(`/api/incidents/${id}/postmortem`)).body.details).toEqual({ status: 'failed' })
  })

  it('keeps every text; what a person wrote is not replaced, but can be', async ({ expect }) => {
    const { org, story, path } = await resolved()
    const first = await written(org, story.id)
    const edit = await org.patch(path, { content: '  # Ours\n' })
    expect([edit.status, edit.body]).toEqual([200, { success: true }])
    expect((await org.get(path)).body.postmortem).toMatchObject({ content: '  # Ours\n', userId: org.userId })
    const again = await org.post(`${path}/regenerate`)
    expect([again.status, again.body.success]).toEqual([202, true])
    const versions = async () => (await org.get(`${path}/versions`)).body.versions
    await vi.waitUntil(async () => (await versions()).length === 3, { timeout: 10_000 })
    expect((await org.get(path)).body.postmortem.content).toBe('  # Ours\n')
    expect(
      (await versions()).map((v: { version: number; origin: string; isCurrent: boolean }) => [
        v.version,
        v.origin,
        v.isCurrent,
      ]),
    ).toEqual([
      [3, 'generated', false],
      [2, 'edited', true],
      [1, 'generated', false],
    ])
    expect((await org.get(`${path}/versions/1`)).body.version.content).toBe(first.content)
    expect((await org.post(`${path}/versions/1/restore`)).body).toEqual({ success: true })
    expect((await org.get(path)).body.postmortem).toMatchObject({ content: first.content, userId: null })
    expect((await versions())[0]).toMatchObject({ version: 4, origin: 'restored', isCurrent: true })
    for (const number of ['99', 'x', '0'])
      expect((await org.get(`${path}/versions/${number}`)).body.error).toBe('Version not found')
  })

  it('is renewed by one of several who ask at once', async ({ expect }) => {
    const org = await anOrg()
    const { id } = await seedStory(org.orgId)
    await rowsOf(
      "INSERT INTO postmortems (id, org_id, incident_id, state, requested_at) VALUES (?, ?, ?, 'generating', ?)",
      newId(),
      org.orgId,
      id,
      Date.now() - 11 * 60_000,
    )
    const path = `/api/incidents/${id}/postmortem`
    expect((await org.post(`${path}/regenerate`)).status).toBe(202)
    await rowsOf(
      "UPDATE postmortems SET state = 'generating', requested_at = ? WHERE incident_id = ?",
      Date.now() + 60_000,
      id,
    )
    const refused = await org.post(`${path}/regenerate`)
    expect([refused.status, refused.body.error, refused.body.code]).toEqual([
      409,
      'Generation already in progress',
      'conflict',
    ])
  })

  it('is edited by editors only, with a text', async ({ expect }) => {
    const { org, story, path } = await resolved()
    await written(org, story.id)
    for (const [body, text] of [
      [undefined, 'Content is required'],
      [{ content: ' ' }, 'Content is required'],
      [{ content: 5 }, 'Content is required'],
      [{ content: 'x'.repeat(100_001) }, 'Content exceeds maximum length of 100000 characters'],
    ] as const) {
      const answer = await org.patch(path, body)
      expect([answer.status, answer.body.error]).toEqual([400, text])
    }
    const none = await seedStory(org.orgId)
    expect((await org.patch(`/api/incidents/${none.id}/postmortem`, { content: 'x' })).body.error).toBe(
      'Postmortem not found',
    )
    const viewer = await org.member('viewer')
    const stranger = await anOrg()
    for (const [method, at] of [
      ['PATCH', path],
      ['POST', `${path}/regenerate`],
      ['POST', `${path}/export/confluence`],
      ['POST', `${path}/versions/1/restore`],
    ] as const) {
      const body = { content: 'x', spaceKey: 'OPS' }
      expect([at, (await viewer.call(method, at, body)).status]).toEqual([at, 403])
      expect([at, (await stranger.call(method, at, body)).status]).toEqual([at, 404])
    }
  })

  it('cannot be exported to Confluence without a connection', async ({ expect }) => {
    const { org, story, path } = await resolved()
    await written(org, story.id)
    const at = `${path}/export/confluence`
    expect((await org.post(at)).body.error).toBe('spaceKey is required')
    expect((await org.post(at, { spaceKey: 'OPS', parentPageId: 5 })).body.error).toBe('Invalid parentPageId')
    const { status, body } = await org.post(at, { spaceKey: 'OPS' })
    expect([status, body.error]).toEqual([404, 'Confluence not connected'])
    const none = await seedStory(org.orgId)
    expect(
      (await org.post(`/api/incidents/${none.id}/postmortem/export/confluence`, { spaceKey: 'OPS' })).body
        .error,
    ).toBe('Postmortem not found')
  })
})

describe('the list of postmortems', () => {
  it('is newest first, by pages, of the organisation only', async ({ expect }) => {
    const [org, other] = [await anOrg(), await anOrg()]
    const ids: string[] = []
    for (let n = 0; n < 3; n++) {
      const { id } = await seedStory(org.orgId, { alertTitle: `Incident ${n}` })
      ids.unshift(id)
      await rowsOf(
        "INSERT INTO postmortems (id, org_id, incident_id, state, requested_at, content, generated_at) VALUES (?, ?, ?, 'ready', 0, 'x', ?)",
        newId(),
        org.orgId,
        id,
        1000 + n,
      )
    }
    const listed = async (query = '') =>
      (await org.get(`/api/postmortems${query}`)).body.postmortems.map(
        (p: { incidentId: string }) => p.incidentId,
      )
    expect(await listed()).toEqual(ids)
    expect(await listed('?limit=1&offset=1')).toEqual([ids[1]])
    expect((await org.get('/api/postmortems')).body.postmortems[0].incidentTitle).toBe('Incident 2')
    expect((await other.get('/api/postmortems')).body).toEqual({ postmortems: [] })
    expect((await org.get('/api/postmortems?limit=0')).body.error).toBe('Invalid limit')
    expect((await org.get('/api/postmortems?offset=x')).body.error).toBe('Invalid offset')
  })
})
