import { env } from 'cloudflare:workers'
import { describe, it } from 'vitest'
import { EMPTY_GRAPH } from '../../src/alerts/service-graph'
import { newId } from '../../src/lib/ids'
import { expireAlerts } from '../../src/services/correlation/apply'
import { openTenant } from '../../src/store/tenant-db'
import { anOrg } from '../support/org'
import { rowsOf, seedAnalysis, seedRun, seedStory, storyRow } from '../support/stories'

const mergePath = (target: string) => `/api/incidents/${target}/merge-alert`
const membershipsOf = (id: string) =>
  rowsOf(
    'SELECT alert_id, correlation_strategy AS strategy, correlation_score AS score, correlation_details AS details, prior_correlation AS prior FROM incident_alerts WHERE incident_id = ? ORDER BY received_at, id',
    id,
  )

async function twoIncidents() {
  const org = await anOrg()
  const source = await seedStory(
    org.orgId,
    { alertTitle: 'Errors on payments', alertService: 'payments', severity: 'critical' },
    [
      { service: 'payments', severity: 'critical' },
      { service: 'ledger', state: 'resolved' },
    ],
  )
  const target = await seedStory(org.orgId)
  return { org, source, target }
}

describe('the alerts of an incident', () => {
  it('are listed in order of receipt, with why they are there', async ({ expect }) => {
    const org = await anOrg()
    const { id, alertIds } = await seedStory(org.orgId, {}, [{}, { service: 'payments' }])
    const { status, body } = await org.get(`/api/incidents/${id}/alerts`)
    expect([status, body.total]).toEqual([200, 2])
    expect(body.alerts.map((alert: { id: string }) => alert.id)).toEqual(alertIds)
    expect(body.alerts[1]).toMatchObject({
      sourceType: 'grafana',
      alertTitle: 'Checkout is slow',
      alertService: 'payments',
      alertSeverity: 'high',
      correlationStrategy: 'topology',
      correlationScore: 0.74,
      correlationDetails: { topology: 0.8 },
    })
    expect((await org.get(`/api/incidents/${newId()}/alerts`)).body.error).toBe('Incident not found')
    expect((await org.get('/api/incidents/x/alerts')).body.error).toBe('Invalid incident ID format')
  })
})

describe('recent incidents to merge into', () => {
  it('are the newest ten under investigation, of the last half hour, without the excluded one', async ({
    expect,
  }) => {
    const org = await anOrg()
    const now = Date.now()
    const fresh: string[] = []
    for (let i = 0; i < 12; i++)
      fresh.unshift((await seedStory(org.orgId, { createdAt: now - 60_000 + i })).id)
    await seedStory(org.orgId, { createdAt: now - 31 * 60_000 })
    await seedStory(org.orgId, { status: 'analyzed' })
    const idsOf = async (query = '') => {
      const { body } = await org.get(`/api/incidents/recent-unlinked${query}`)
      return body.incidents.map((incident: { id: string }) => incident.id)
    }
    expect(await idsOf()).toEqual(fresh.slice(0, 10))
    expect(await idsOf(`?exclude=${fresh[0]}`)).toEqual(fresh.slice(1, 11))
    expect(await idsOf('?exclude=nonsense')).toEqual(fresh.slice(0, 10))
    const { body } = await org.get('/api/incidents/recent-unlinked')
    expect(Object.keys(body.incidents[0]).toSorted()).toEqual([
      'alertService',
      'alertTitle',
      'auroraStatus',
      'createdAt',
      'id',
      'severity',
      'sourceType',
      'status',
    ])
  })
})

describe('a merge', () => {
  it('moves every alert, unites the target and hides the source', async ({ expect }) => {
    const { org, source, target } = await twoIncidents()
    const { status, body } = await org.post(mergePath(target.id), {
      sourceIncidentId: source.id.toUpperCase(),
    })
    expect([status, body]).toEqual([
      200,
      {
        success: true,
        message: 'Alert merged successfully',
        newAlertId: source.alertIds[0],
        sourceIncidentId: source.id,
        targetIncidentId: target.id,
        movedAlertCount: 2,
      },
    ])
    const moved = (await membershipsOf(target.id)).filter(
      ({ strategy }: { strategy: string }) => strategy === 'manual',
    )
    expect(
      moved.map((row: { score: number; details: string }) => [row.score, JSON.parse(row.details)]),
    ).toEqual([
      [1, { merged_from_incident: source.id }],
      [1, { merged_from_incident: source.id }],
    ])
    expect(await rowsOf('SELECT id FROM alerts WHERE incident_id = ?', source.id)).toEqual([])
    const { incident } = (await org.get(`/api/incidents/${target.id}`)).body
    expect(incident).toMatchObject({
      severity: 'critical',
      correlatedAlertCount: 2,
      affectedServices: ['checkout', 'payments', 'ledger'],
    })
    const gone = (await org.get(`/api/incidents/${source.id}`)).body.incident
    expect(gone).toMatchObject({
      status: 'merged',
      auroraStatus: 'complete',
      summary: '',
      mergedIntoIncidentId: target.id,
      mergedIntoTitle: 'Checkout is slow',
    })
    const listed = (await org.get('/api/incidents')).body
    expect([listed.total, listed.incidents.map(({ id }: { id: string }) => id)]).toEqual([1, [target.id]])
    expect(listed.incidents[0]).not.toHaveProperty('mergedIntoIncidentId')
    expect((await org.get('/api/incidents?status=merged')).body.incidents).toMatchObject([
      { id: source.id, mergedIntoIncidentId: target.id, mergedIntoTitle: 'Checkout is slow' },
    ])
    expect(await rowsOf('SELECT status FROM chat_sessions WHERE id = ?', source.sessionId)).toEqual([
      { status: 'cancelled' },
    ])
    const told = await rowsOf(
      'SELECT incident_id FROM feed_events WHERE org_id = ? AND wide = 1 AND event LIKE \'%"merged"%\'',
      org.orgId,
    )
    expect(new Set(told.map((row: { incident_id: string }) => row.incident_id))).toEqual(
      new Set([source.id, target.id]),
    )
    expect(
      await rowsOf(
        "SELECT outcome, alert_id FROM correlation_decisions WHERE incident_id = ? AND outcome = 'merged'",
        target.id,
      ),
    ).toEqual([{ outcome: 'merged', alert_id: source.alertIds[0] }])
  })

  it('cancels the investigation of the source and tells that of the target', async ({ expect }) => {
    const { org, source, target } = await twoIncidents()
    const sourceRun = await seedRun(org.orgId, source)
    await seedRun(org.orgId, target)
    await org.post(mergePath(target.id), { sourceIncidentId: source.id })
    expect(await rowsOf('SELECT state, error_code FROM runs WHERE id = ?', sourceRun)).toEqual([
      { state: 'cancelled', error_code: 'incident_merged' },
    ])
    const [word] = await rowsOf('SELECT kind, text FROM run_context_updates WHERE incident_id = ?', target.id)
    expect(word.kind).toBe('merged')
    expect(word.text).toContain('Errors on payments')
  })

  it('into an analysed incident leaves the story in its thread', async ({ expect }) => {
    const { org, source, target } = await twoIncidents()
    await seedAnalysis(org.orgId, target)
    await org.post(mergePath(target.id), { sourceIncidentId: source.id })
    const [message] = await rowsOf(
      'SELECT sender, text FROM chat_messages WHERE session_id = ?',
      target.sessionId,
    )
    expect(message.sender).toBe('assistant')
    expect(message.text).toContain('Service: payments. Severity: critical.')
    // What follows within ten seconds is added to that message; later it is a new one.
    const messages = () =>
      rowsOf(
        'SELECT m.text, s.message_count AS n FROM chat_messages m JOIN chat_sessions s ON s.id = m.session_id WHERE s.id = ? ORDER BY m.message_number',
        target.sessionId,
      )
    const mergeAnother = async (alertTitle: string) => {
      const other = await seedStory(org.orgId, { alertTitle, alertService: 'search' })
      await org.post(mergePath(target.id), { sourceIncidentId: other.id })
    }
    const [before] = await messages()
    await mergeAnother('Search is slow')
    const [both, ...none] = await messages()
    expect([both.n, none]).toEqual([before.n, []])
    expect(both.text).toMatch(/Errors on payments[^]*Merged from another incident: Search is slow/)
    await env.DB.prepare('UPDATE chat_messages SET created_at = created_at - 11000 WHERE session_id = ?')
      .bind(target.sessionId)
      .run()
    await mergeAnother('Search is down')
    expect((await messages()).map(({ n }: { n: number }) => n)).toEqual([before.n + 1, before.n + 1])
  })

  it('lets later events of the moved alerts act on the target', async ({ expect }) => {
    const org = await anOrg()
    const target = await seedStory(org.orgId, {}, [{ state: 'resolved' }])
    const source = await seedStory(org.orgId, {}, [{ expiresAt: Date.now() + 1000 }])
    await org.post(mergePath(target.id), { sourceIncidentId: source.id })
    const cache = { version: null, graph: EMPTY_GRAPH }
    await expireAlerts(openTenant(env.DB, org.orgId), cache, () => Date.now() + 5000)
    expect([(await storyRow(target.id))['status'], (await storyRow(source.id))['status']]).toEqual([
      'resolved',
      'merged',
    ])
  })

  it('is refused with the documented texts', async ({ expect }) => {
    const { org, source, target } = await twoIncidents()
    const bare = await seedStory(org.orgId, {}, [])
    const stranger = await anOrg()
    const foreign = await seedStory(stranger.orgId)
    const viewer = await org.member('viewer')
    const refusal = async (path: string, body?: unknown, client: typeof viewer | typeof org = org) => {
      const answer = await client.post(path, body)
      return [answer.status, answer.body.error, answer.body.code]
    }
    expect(await refusal('/api/incidents/x/merge-alert', { sourceIncidentId: source.id })).toEqual([
      400,
      'Invalid target incident ID format',
      'invalid_id',
    ])
    for (const body of [
      { sourceIncidentId: 'x' },
      { sourceIncidentId: 7 },
      { other: 1 },
      { sourceIncidentId: null },
    ])
      expect(await refusal(mergePath(target.id), body)).toEqual([
        400,
        'Invalid or missing sourceIncidentId',
        'invalid_id',
      ])
    for (const body of [undefined, {}])
      expect(await refusal(mergePath(target.id), body)).toEqual([
        400,
        'Missing request body',
        'validation_failed',
      ])
    expect(await refusal(mergePath(target.id), { sourceIncidentId: target.id })).toEqual([
      400,
      'Cannot merge incident into itself',
      'invalid_state',
    ])
    for (const sourceIncidentId of [newId(), foreign.id])
      expect(await refusal(mergePath(target.id), { sourceIncidentId })).toEqual([
        404,
        'Source incident not found',
        'not_found',
      ])
    for (const path of [mergePath(newId()), mergePath(foreign.id)])
      expect(await refusal(path, { sourceIncidentId: source.id })).toEqual([
        404,
        'Target incident not found',
        'not_found',
      ])
    expect(await refusal(mergePath(target.id), { sourceIncidentId: bare.id })).toEqual([
      404,
      'Source incident has no primary alert',
      'not_found',
    ])
    expect(await refusal(mergePath(target.id), { sourceIncidentId: source.id }, viewer)).toEqual([
      403,
      'Forbidden',
      'forbidden',
    ])
    await org.post(mergePath(target.id), { sourceIncidentId: source.id })
    const third = await seedStory(org.orgId)
    expect(await refusal(mergePath(third.id), { sourceIncidentId: source.id })).toEqual([
      400,
      'Source incident is already merged into another incident',
      'invalid_state',
    ])
    expect(await refusal(mergePath(source.id), { sourceIncidentId: third.id })).toEqual([
      400,
      'Cannot merge into an incident that is already merged',
      'invalid_state',
    ])
  })

  it('and its opposite at once: exactly one wins', async ({ expect }) => {
    const { org, source, target } = await twoIncidents()
    const answers = await Promise.all([
      org.post(mergePath(target.id), { sourceIncidentId: source.id }),
      org.post(mergePath(source.id), { sourceIncidentId: target.id }),
    ])
    const statuses = answers.map(({ status }) => status).toSorted((a, b) => a - b)
    expect([statuses[0], statuses[1]]).toEqual([200, 400])
    const states = [(await storyRow(source.id))['status'], (await storyRow(target.id))['status']]
    expect(states.filter((status) => status === 'merged')).toHaveLength(1)
    const counts = await rowsOf('SELECT count(*) AS n FROM incident_alerts WHERE org_id = ?', org.orgId)
    expect(counts).toEqual([{ n: 3 }])
  })
})

describe('an unmerge', () => {
  it('brings back alerts, counts, status, summary and thread exactly', async ({ expect }) => {
    const { org, source, target } = await twoIncidents()
    const before = [await membershipsOf(source.id), await membershipsOf(target.id)]
    const shown = (await org.get(`/api/incidents/${source.id}`)).body.incident
    await org.post(mergePath(target.id), { sourceIncidentId: source.id })
    const { status, body } = await org.post(`/api/incidents/${source.id}/unmerge`)
    expect([status, body]).toEqual([
      200,
      {
        success: true,
        message: 'Incident unmerged',
        incidentId: source.id,
        targetIncidentId: target.id,
        movedAlertCount: 2,
      },
    ])
    expect([await membershipsOf(source.id), await membershipsOf(target.id)]).toEqual(before)
    const again = (await org.get(`/api/incidents/${source.id}`)).body.incident
    const { updatedAt: _, streamCursor: __, ...same } = again
    const { updatedAt: ___, streamCursor: ____, ...was } = shown
    expect(same).toEqual(was)
    expect((await org.get(`/api/incidents/${target.id}`)).body.incident).toMatchObject({
      severity: 'high',
      correlatedAlertCount: 0,
      affectedServices: ['checkout'],
    })
    expect(await rowsOf('SELECT status FROM chat_sessions WHERE id = ?', source.sessionId)).toEqual([
      { status: 'active' },
    ])
  })

  it('is exact after a chain of merges, in either order', async ({ expect }) => {
    for (const order of [
      ['a', 'b'],
      ['b', 'a'],
    ] as const) {
      const org = await anOrg()
      const stories = {
        a: await seedStory(org.orgId, {}, [{ service: 'a' }, { service: 'a2' }]),
        b: await seedStory(org.orgId, {}, [{ service: 'b' }]),
        c: await seedStory(org.orgId, {}, [{ service: 'c' }]),
      }
      const before = await Promise.all(Object.values(stories).map(({ id }) => membershipsOf(id)))
      await org.post(mergePath(stories.b.id), { sourceIncidentId: stories.a.id })
      await org.post(mergePath(stories.c.id), { sourceIncidentId: stories.b.id })
      expect(await membershipsOf(stories.c.id)).toHaveLength(4)
      for (const name of order) {
        const { body } = await org.post(`/api/incidents/${stories[name].id}/unmerge`)
        expect([name, body.success]).toEqual([name, true])
      }
      const after = await Promise.all(Object.values(stories).map(({ id }) => membershipsOf(id)))
      expect(after).toEqual(before)
      for (const [name, services] of [
        ['a', ['a', 'a2']],
        ['b', ['b']],
        ['c', ['c']],
      ] as const)
        expect((await org.get(`/api/incidents/${stories[name].id}`)).body.incident).toMatchObject({
          status: 'investigating',
          affectedServices: services,
          correlatedAlertCount: services.length - 1,
        })
      expect(
        await rowsOf(
          'SELECT count(*) AS n FROM alerts a JOIN incident_alerts m ON m.alert_id = a.id WHERE a.org_id = ? AND m.incident_id <> a.incident_id',
          org.orgId,
        ),
      ).toEqual([{ n: 0 }])
    }
  })

  it('queues the investigation that the merge had cancelled', async ({ expect }) => {
    const { org, source, target } = await twoIncidents()
    await seedRun(org.orgId, source)
    await org.post(mergePath(target.id), { sourceIncidentId: source.id })
    await org.post(`/api/incidents/${source.id}/unmerge`)
    const runs = await rowsOf(
      'SELECT ordinal, "trigger" FROM runs WHERE incident_id = ? ORDER BY ordinal',
      source.id,
    )
    expect(runs).toEqual([
      { ordinal: 1, trigger: 'opened' },
      { ordinal: 2, trigger: 'retry' },
    ])
  })

  it('resolves an incident whose alerts all resolved meanwhile', async ({ expect }) => {
    const { org, source, target } = await twoIncidents()
    await org.post(mergePath(target.id), { sourceIncidentId: source.id })
    await rowsOf("UPDATE alerts SET state = 'resolved' WHERE id = ?", source.alertIds[0])
    await org.post(`/api/incidents/${source.id}/unmerge`)
    const { incident } = (await org.get(`/api/incidents/${source.id}`)).body
    expect(incident.status).toBe('resolved')
    expect(incident.resolvedAt).not.toBeNull()
    expect(
      await rowsOf("SELECT count(*) AS n FROM runs WHERE incident_id = ? AND kind = 'postmortem'", source.id),
    ).toEqual([{ n: 1 }])
  })

  it('undoes a merge that was only declared, and is refused for what is not merged', async ({ expect }) => {
    const org = await anOrg()
    const { id } = await seedStory(org.orgId, { status: 'analyzed' })
    await org.patch(`/api/incidents/${id}`, { status: 'merged' })
    const { body } = await org.post(`/api/incidents/${id}/unmerge`)
    expect([body.targetIncidentId, body.movedAlertCount]).toEqual([null, 0])
    expect((await storyRow(id))['status']).toBe('analyzed')
    const again = await org.post(`/api/incidents/${id}/unmerge`)
    expect([again.status, again.body.error, again.body.code]).toEqual([
      400,
      'Incident is not merged',
      'invalid_state',
    ])
    expect((await org.post(`/api/incidents/${newId()}/unmerge`)).body.error).toBe('Incident not found')
    expect((await (await org.member('viewer')).post(`/api/incidents/${id}/unmerge`)).status).toBe(403)
  })
})
