import { describe, it } from 'vitest'
import { newId } from '../../src/lib/ids'
import { agentReads } from '../../src/store/agent-reads'
import { openTenant } from '../../src/store/tenant-db'
import { env } from 'cloudflare:workers'
import { anOrg } from '../support/org'
import { readStream } from '../support/reader'
import { rowsOf, seedAnalysis, seedRun, seedStory } from '../support/stories'

async function analysed() {
  const org = await anOrg()
  const story = await seedStory(org.orgId, {}, [{ dedupKey: 'key-1' }])
  await seedAnalysis(org.orgId, story)
  return { org, story, path: `/api/incidents/${story.id}/feedback` }
}

describe('feedback', () => {
  it('that helped is kept with what later investigations can learn', async ({ expect }) => {
    const { org, story, path } = await analysed()
    expect((await org.get(path)).body).toEqual({ feedback: null })
    const { status, body } = await org.post(path, { feedback_type: 'helpful', comment: ' Spot on ' })
    expect([status, body]).toEqual([
      201,
      {
        success: true,
        feedbackId: body.feedbackId,
        feedbackType: 'helpful',
        storedForLearning: true,
        createdAt: body.createdAt,
      },
    ])
    expect((await org.get(path)).body).toEqual({
      feedback: {
        id: body.feedbackId,
        feedbackType: 'helpful',
        comment: 'Spot on',
        createdAt: body.createdAt,
      },
    })
    const [record] = await rowsOf(
      'SELECT feedback_id, payload FROM learning_records WHERE incident_id = ?',
      story.id,
    )
    const lesson = JSON.parse(record.payload)
    expect(lesson).toMatchObject({
      summary: 'The pool was exhausted [1].',
      thoughts: ['Latency rose after the deployment.'],
      services: ['checkout'],
      dedupKeys: ['key-1'],
      mechanism: 'bad_change',
      rootCause: [{ text: 'Deployment 42 lowered the pool size.', evidence: [1] }],
    })
    expect(lesson.citations[0].output).toHaveLength(500)
  })

  it('tells later investigations which analyses helped', async ({ expect }) => {
    const { org, story, path } = await analysed()
    const later = await seedStory(org.orgId)
    const helpful = async () => {
      const past = await agentReads(openTenant(env.DB, org.orgId), later.id).pastIncidents()
      return past.find(({ id }) => id === story.id)?.helpful
    }
    expect(await helpful()).toBeNull()
    await org.post(path, { feedback_type: 'helpful' })
    expect(await helpful()).toBe(true)
    await rowsOf('UPDATE incident_feedback SET created_at = 1 WHERE incident_id = ?', story.id)
    await (await org.member('editor')).post(path, { feedback_type: 'not_helpful' })
    expect(await helpful()).toBe(false)
    expect(
      await rowsOf('SELECT count(*) AS n FROM learning_records WHERE incident_id = ?', story.id),
    ).toEqual([{ n: 1 }])
  })

  it('is given once, however often at the same time', async ({ expect }) => {
    const { org, path } = await analysed()
    const answers = await Promise.all([1, 2, 3].map(() => org.post(path, { feedback_type: 'helpful' })))
    expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([201, 409, 409])
    expect(answers.find(({ status }) => status === 409)?.body).toMatchObject({
      error: 'Feedback already submitted for this incident. Feedback cannot be changed.',
      code: 'already_exists',
    })
  })

  it('is refused in the documented order', async ({ expect }) => {
    const { org, story, path } = await analysed()
    const refusal = async (at: string, body?: unknown) => {
      const answer = await org.post(at, body)
      return [answer.status, answer.body.error, answer.body.code]
    }
    const type = 'Invalid feedback_type. Must be one of: helpful, not_helpful'
    expect(await refusal(path)).toEqual([400, 'Missing request body', 'validation_failed'])
    for (const body of [{ feedback_type: 'so-so' }, { feedback_type: 1 }, { comment: 'x' }])
      expect(await refusal(path, body)).toEqual([400, type, 'validation_failed'])
    expect(await refusal(path, { feedback_type: 'helpful', comment: 'x'.repeat(2001) })).toEqual([
      400,
      'Comment too long (max 2000 characters)',
      'validation_failed',
    ])
    const valid = { feedback_type: 'helpful' }
    expect(await refusal(`/api/incidents/${newId()}/feedback`, valid)).toEqual([
      404,
      'Incident not found',
      'not_found',
    ])
    const open = await seedStory(org.orgId)
    expect(await refusal(`/api/incidents/${open.id}/feedback`, valid)).toEqual([
      400,
      'Can only provide feedback on completed analyses',
      'invalid_state',
    ])
    expect((await (await org.member('viewer')).post(path, valid)).status).toBe(403)
    await org.put('/api/user/preferences/aurora-learn', { enabled: false })
    const disabled = await org.post(`/api/incidents/${story.id}/feedback`)
    expect([disabled.status, disabled.body.error, disabled.body.code, disabled.body.error_code]).toEqual([
      403,
      'Aurora Learn is disabled. Enable it in Settings to provide feedback.',
      'feature_disabled',
      'AURORA_LEARN_DISABLED',
    ])
  })
})

describe('the picture of an incident', () => {
  it('shows services, dependencies and the root cause', async ({ expect }) => {
    const org = await anOrg()
    const story = await seedStory(org.orgId, {}, [
      { service: 'checkout', severity: 'critical' },
      { service: 'Payments', severity: 'medium' },
      { service: 'ledger', state: 'resolved' },
    ])
    await org.put('/api/topology/edges', {
      edges: [
        { from: 'payments', to: 'checkout' },
        { from: 'checkout', to: 'postgres' },
        { from: 'other', to: 'unrelated' },
      ],
    })
    await seedAnalysis(org.orgId, story)
    const { data, updatedAt } = (await org.get(`/api/incidents/${story.id}/visualization`)).body
    expect(data.nodes).toEqual([
      { id: 'checkout', label: 'checkout', type: 'service', status: 'failed', parentId: null },
      { id: 'payments', label: 'Payments', type: 'service', status: 'degraded', parentId: null },
      { id: 'ledger', label: 'ledger', type: 'service', status: 'healthy', parentId: null },
      { id: 'postgres', label: 'postgres', type: 'service', status: 'unknown', parentId: null },
    ])
    expect(data.edges).toEqual([
      { source: 'checkout', target: 'postgres', label: 'calls', type: 'dependency' },
      { source: 'payments', target: 'checkout', label: 'calls', type: 'dependency' },
      { source: 'checkout', target: 'ledger', label: 'caused', type: 'causation' },
    ])
    expect([data.rootCauseId, data.affectedIds, data.updatedAt]).toEqual([
      'checkout',
      ['payments', 'ledger'],
      updatedAt,
    ])
  })

  it('has a new version, and an event that names it, when the incident changes', async ({ expect }) => {
    const org = await anOrg()
    const { id } = await seedStory(org.orgId)
    const versionNow = async () => (await org.get(`/api/incidents/${id}/visualization`)).body.data.version
    const before = await versionNow()
    await org.patch(`/api/incidents/${id}`, { status: 'resolved' })
    const after = await versionNow()
    expect(after).toBeGreaterThan(before)
    const told = await rowsOf(
      "SELECT event FROM feed_events WHERE incident_id = ? AND event LIKE '%visualization%'",
      id,
    )
    expect(told.map((row: { event: string }) => JSON.parse(row.event))).toEqual([
      { type: 'visualization', version: after },
    ])
  })

  it('tells its versions, and nothing else, to who follows it', async ({ expect }) => {
    const org = await anOrg()
    const { id } = await seedStory(org.orgId)
    const reader = readStream(await org.fetch(`/api/incidents/${id}/visualization/stream`))
    await org.patch(`/api/incidents/${id}`, { activeTab: 'chat' })
    await org.patch(`/api/incidents/${id}`, { status: 'resolved' })
    const events = (await reader.events(2)).map(({ data }) => data)
    await reader.close()
    const { data } = (await org.get(`/api/incidents/${id}/visualization`)).body
    expect(events).toEqual([
      { type: 'connected', incident_id: id },
      { type: 'update', version: data.version },
    ])
    expect((await org.get(`/api/incidents/${newId()}/visualization/stream`)).body.error).toBe(
      'Incident not found',
    )
  })

  it('is 404 where there is nothing to draw', async ({ expect }) => {
    const org = await anOrg()
    const { id } = await seedStory(org.orgId, { affectedServices: [] }, [])
    for (const [path, text] of [
      [id, 'No visualization found'],
      [newId(), 'Incident not found'],
    ]) {
      const answer = await org.get(`/api/incidents/${path}/visualization`)
      expect([answer.status, answer.body.error]).toEqual([404, text])
    }
    const running = await seedStory(org.orgId)
    await seedRun(org.orgId, running)
    expect((await org.get(`/api/incidents/${running.id}/visualization`)).body.data.rootCauseId).toBeNull()
  })
})
