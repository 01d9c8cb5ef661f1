import { describe, it } from 'vitest'
import { newId } from '../../src/lib/ids'
import { apiWith } from '../support/api'
import { anOrg, bearer } from '../support/org'
import { UNLIMITED } from '../support/routes'
import { rowsOf, seedAnalysis, seedRun, seedStory } from '../support/stories'

describe('a problem that a person reports', () => {
  it('opens an incident with one alert, and queues its investigation', async ({ expect }) => {
    const org = await anOrg()
    const { status, body } = await org.post('/api/incidents/trigger-rca', {
      issue_description: '  The shop is slow since noon  ',
      service: 'shop',
      severity: 'critical',
    })
    expect([status, body.status, body.message]).toEqual([200, 'ok', 'Investigation started'])
    const { incident } = (await org.get(`/api/incidents/${body.incident_id}`)).body
    expect(incident).toMatchObject({
      sourceType: 'chat',
      severity: 'critical',
      chatSessionId: body.rca_session_id,
      affectedServices: ['shop'],
      correlatedAlertCount: 0,
      alert: { title: 'User-reported: The shop is slow since noon', service: 'shop', source: 'chat' },
    })
    expect(incident.correlatedAlerts).toHaveLength(1)
    expect(incident.correlatedAlerts[0]).toMatchObject({
      correlationStrategy: 'primary',
      correlationScore: 1,
    })
    expect(
      await rowsOf(`SELECT kind, "trigger", ordinal FROM runs WHERE incident_id = ?`, body.incident_id),
    ).toEqual([{ kind: 'investigation', trigger: 'manual', ordinal: 1 }])
  })

  it('has a default title of 80 characters and severity', async ({ expect }) => {
    const org = await anOrg()
    const { body } = await org.post('/api/incidents/trigger-rca', {
      issue_description: 'ä'.repeat(200),
      title: null,
    })
    const { incident } = (await org.get(`/api/incidents/${body.incident_id}`)).body
    expect([incident.alert.title, incident.severity]).toEqual([`User-reported: ${'ä'.repeat(80)}`, 'medium'])
  })

  it('is refused with the documented texts', async ({ expect }) => {
    const org = await anOrg()
    const client = apiWith(UNLIMITED, bearer(org.token))
    const valid = { issue_description: 'x' }
    for (const [body, text] of [
      [undefined, 'issue_description is required'],
      [{ issue_description: '  ' }, 'issue_description is required'],
      [{ issue_description: 5 }, 'issue_description is required'],
      [{ issue_description: 'x'.repeat(4001) }, 'issue_description too long (max 4000 chars)'],
      [{ ...valid, severity: 'unknown' }, 'Invalid severity. Must be one of: critical, high, low, medium'],
      [{ ...valid, title: 'x'.repeat(201) }, 'Invalid title'],
      [{ ...valid, service: 7 }, 'Invalid service'],
    ] as const) {
      const answer = await client.post('/api/incidents/trigger-rca', body)
      expect([answer.status, answer.body.error, answer.body.code]).toEqual([400, text, 'validation_failed'])
    }
    expect((await (await org.member('viewer')).post('/api/incidents/trigger-rca', valid)).status).toBe(403)
  })

  it('is possible five times in five minutes', async ({ expect }) => {
    const org = await anOrg()
    const editor = await org.member('editor')
    const statuses: number[] = []
    for (let i = 0; i < 6; i++)
      statuses.push((await editor.post('/api/incidents/trigger-rca', { issue_description: 'x' })).status)
    expect(statuses).toEqual([200, 200, 200, 200, 200, 429])
    expect((await org.post('/api/incidents/trigger-rca', { issue_description: 'x' })).status).toBe(200)
  })
})

describe('an investigation by hand', () => {
  it('is queued once, however many ask at the same time', async ({ expect }) => {
    const org = await anOrg()
    // As many as may be at work are, so that the new run stays queued.
    for (let i = 0; i < 3; i++) await seedRun(org.orgId, await seedStory(org.orgId))
    const { id } = await seedStory(org.orgId, { auroraStatus: 'error' })
    const answers = await Promise.all(
      [1, 2, 3].map(() => org.post(`/api/incidents/${id}/investigate`, { reason: 'Look again' })),
    )
    expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([202, 409, 409])
    const won = answers.find(({ status }) => status === 202)?.body
    expect(won.state).toBe('queued')
    for (const { body } of answers.filter(({ status }) => status === 409))
      expect([body.error, body.code, body.details]).toEqual([
        'Investigation already in progress',
        'conflict',
        { runId: won.runId },
      ])
    const { incident } = (await org.get(`/api/incidents/${id}`)).body
    expect([
      incident.auroraStatus,
      incident.investigation.state,
      incident.investigation.queuePosition,
    ]).toEqual(['idle', 'queued', 1])
    const { runs } = (await org.get(`/api/incidents/${id}/runs`)).body
    expect(runs).toHaveLength(1)
    expect(runs[0]).toMatchObject({ runId: won.runId, state: 'queued', queuePosition: 1, trigger: 'manual' })
  })

  it('waits in the order of severity', async ({ expect }) => {
    const org = await anOrg()
    const queued = {
      state: 'queued',
      startedAt: null,
      leaseExpiresAt: null,
      notBefore: Date.now() + 3_600_000,
    } as const
    const low = await seedStory(org.orgId, { severity: 'low' })
    const critical = await seedStory(org.orgId, { severity: 'critical' })
    const high = await seedStory(org.orgId, { severity: 'high' })
    for (const story of [low, critical, high]) await seedRun(org.orgId, story, queued)
    const positions = await Promise.all(
      [low, critical, high].map(
        async ({ id }) => (await org.get(`/api/incidents/${id}/runs`)).body.runs[0].queuePosition,
      ),
    )
    expect(positions).toEqual([3, 1, 2])
  })

  it('is refused for a merged incident and in a thread that answers a question', async ({ expect }) => {
    const org = await anOrg()
    const merged = await seedStory(org.orgId, { status: 'merged' })
    const refused = await org.post(`/api/incidents/${merged.id}/investigate`)
    expect([refused.status, refused.body.error, refused.body.code]).toEqual([
      409,
      'Incident is merged into another incident',
      'incident_merged',
    ])
    const busy = await seedStory(org.orgId)
    await seedRun(org.orgId, busy, { kind: 'chat' })
    expect((await org.post(`/api/incidents/${busy.id}/investigate`)).body.code).toBe('session_busy')
    expect((await org.post(`/api/incidents/${newId()}/investigate`)).body.error).toBe('Incident not found')
    expect((await org.post(`/api/incidents/${busy.id}/investigate`, { reason: 5 })).body.error).toBe(
      'Invalid reason',
    )
    expect((await (await org.member('viewer')).post(`/api/incidents/${busy.id}/investigate`)).status).toBe(
      403,
    )
  })

  it('is shown with its steps, hypotheses, dropped claims and evidence', async ({ expect }) => {
    const org = await anOrg()
    const story = await seedStory(org.orgId)
    const { runId } = await seedAnalysis(org.orgId, story)
    const { run } = (await org.get(`/api/incidents/${story.id}/runs/${runId}`)).body
    expect(run).toMatchObject({
      runId,
      state: 'succeeded',
      verdict: 'likely',
      mechanism: 'bad_change',
      tokenUsage: null,
    })
    expect(run.steps.map(({ step }: { step: string }) => step)).toEqual(['context'])
    expect(
      run.hypotheses.map((one: { section: string; status: string }) => [one.section, one.status]),
    ).toEqual([
      ['root_cause', 'supported'],
      ['impact', 'supported'],
      ['ruled_out', 'ruled_out'],
    ])
    expect(run.droppedClaims[0].reason).toBe('unknown_evidence')
    const { evidence, nextAfter } = (await org.get(`/api/incidents/${story.id}/evidence?runId=${runId}`)).body
    expect([evidence.length, nextAfter, evidence[0].number, evidence[0].status]).toEqual([
      1,
      null,
      1,
      'success',
    ])
    expect((await org.get(`/api/incidents/${story.id}/evidence?limit=1`)).body.nextAfter).toBe(1)
    expect((await org.get(`/api/incidents/${story.id}/evidence?after=1`)).body.evidence).toEqual([])
    for (const [path, text] of [
      [`/api/incidents/${story.id}/runs/x`, 'Invalid run ID format'],
      [`/api/incidents/${story.id}/runs/${newId()}`, 'Run not found'],
      [`/api/incidents/${newId()}/runs/${runId}`, 'Incident not found'],
      [`/api/incidents/${story.id}/evidence?runId=x`, 'Invalid run ID format'],
      [`/api/incidents/${story.id}/evidence?after=x`, 'Invalid after'],
      [`/api/incidents/${newId()}/runs`, 'Incident not found'],
    ] as const)
      expect([path, (await org.get(path)).body.error]).toEqual([path, text])
  })

  it('is ended by an editor, once', async ({ expect }) => {
    const org = await anOrg()
    const story = await seedStory(org.orgId, { auroraStatus: 'running' })
    const runId = await seedRun(org.orgId, story)
    await rowsOf(
      "UPDATE chat_sessions SET status = 'in_progress', active_run_id = ? WHERE id = ?",
      runId,
      story.sessionId,
    )
    const path = `/api/incidents/${story.id}/runs/${runId}/cancel`
    expect((await (await org.member('viewer')).post(path)).status).toBe(403)
    const answers = await Promise.all([org.post(path), org.post(path)])
    expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([202, 409])
    expect(answers.find(({ status }) => status === 202)?.body).toEqual({ runId, state: 'cancelled' })
    expect(answers.find(({ status }) => status === 409)?.body.error).toBe('Run already finished')
    expect(await rowsOf('SELECT state, error_code, lease_epoch FROM runs WHERE id = ?', runId)).toEqual([
      { state: 'cancelled', error_code: 'cancelled_by_user', lease_epoch: 2 },
    ])
    expect(await rowsOf('SELECT status FROM chat_sessions WHERE id = ?', story.sessionId)).toEqual([
      { status: 'completed' },
    ])
    expect((await org.get(`/api/incidents/${story.id}`)).body.incident.auroraStatus).toBe('idle')
    expect((await org.post(`/api/incidents/${story.id}/runs/${newId()}/cancel`)).body.error).toBe(
      'Run not found',
    )
  })
})

describe('findings', () => {
  it('are the claims of the newest investigation with the calls that they rest on', async ({ expect }) => {
    const org = await anOrg()
    const story = await seedStory(org.orgId)
    expect((await org.get(`/api/incidents/${story.id}/findings`)).body).toEqual({ findings: [] })
    await seedAnalysis(org.orgId, story)
    const { findings } = (await org.get(`/api/incidents/${story.id}/findings`)).body
    expect(
      findings.map((one: { agent_id: string; status: string; self_assessed_strength: string }) => [
        one.agent_id,
        one.status,
        one.self_assessed_strength,
      ]),
    ).toEqual([
      ['root_cause-1', 'succeeded', 'moderate'],
      ['impact-1', 'succeeded', 'moderate'],
      ['ruled_out-1', 'succeeded', 'strong'],
      ['unproven-1', 'inconclusive', 'inconclusive'],
    ])
    expect(findings[0]).toMatchObject({
      role_name: 'general_investigator',
      tools_used: ['recent_changes'],
      citations: ['1'],
      wave: 1,
      child_session_id: null,
    })
    const detail = (await org.get(`/api/incidents/${story.id}/findings/root_cause-1`)).body
    expect(detail).toMatchObject({
      agent_id: 'root_cause-1',
      status: 'succeeded',
      body: 'Deployment 42 lowered the pool size.',
    })
    expect(detail.tool_call_history).toHaveLength(1)
    expect(detail.tool_call_history[0]).toMatchObject({ tool_name: 'recent_changes', status: 'success' })
    for (const [id, status, text] of [
      ['nothing-1', 404, 'Finding not found'],
      ['a%20b', 400, 'Invalid agent ID format'],
      ['x'.repeat(65), 400, 'Invalid agent ID format'],
    ] as const) {
      const answer = await org.get(`/api/incidents/${story.id}/findings/${id}`)
      expect([answer.status, answer.body.error]).toEqual([status, text])
    }
  })

  it('say that an investigation is at work, or how it ended', async ({ expect }) => {
    const org = await anOrg()
    for (const [state, shown] of [
      ['running', 'running'],
      ['failed', 'failed'],
      ['timeout', 'timeout'],
      ['cancelled', 'cancelled'],
    ] as const) {
      const story = await seedStory(org.orgId)
      await seedRun(org.orgId, story, { state })
      const [finding] = (await org.get(`/api/incidents/${story.id}/findings`)).body.findings
      expect([finding.agent_id, finding.status]).toEqual(['investigation-1', shown])
    }
    const { id } = await seedStory(org.orgId)
    expect((await org.get(`/api/incidents/${id}/action-runs`)).body).toEqual({ runs: [] })
    expect((await org.get(`/api/incidents/${newId()}/action-runs`)).body.error).toBe('Incident not found')
  })
})

describe('the settings of investigations', () => {
  it('have defaults, and an admin changes what is named', async ({ expect }) => {
    const org = await anOrg()
    const viewer = await org.member('viewer')
    const before = (await viewer.get('/api/settings/investigation')).body
    expect(before).toMatchObject({
      enabled: true,
      maxConcurrentRuns: 3,
      startsPer5Min: 5,
      notifyInconclusive: false,
      postmortem: { auto: true },
    })
    const changed = await org.put('/api/settings/investigation', {
      maxConcurrentRuns: 1,
      postmortem: { auto: false },
    })
    const after = { ...before, maxConcurrentRuns: 1, postmortem: { auto: false } }
    expect([changed.status, changed.body]).toEqual([200, after])
    expect((await viewer.get('/api/settings/investigation')).body).toEqual(after)
    expect(
      (await (await org.member('editor')).put('/api/settings/investigation', { enabled: false })).status,
    ).toBe(403)
    for (const [body, text] of [
      [{}, 'Missing request body'],
      [{ unknown: 1 }, 'No valid fields to update'],
      [{ maxConcurrentRuns: 0 }, 'Invalid maxConcurrentRuns'],
      [{ startsPer5Min: 1.5 }, 'Invalid startsPer5Min'],
      [{ enabled: 'yes' }, 'Invalid enabled'],
      [{ postmortem: true }, 'Invalid postmortem'],
      [{ maxCostUsd: -1 }, 'Invalid maxCostUsd'],
    ] as const) {
      const answer = await org.put('/api/settings/investigation', body)
      expect([answer.status, answer.body.error]).toEqual([400, text])
    }
  })
})
