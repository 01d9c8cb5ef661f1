import { describe, it } from 'vitest'
import { anOrg } from '../support/org'
import { aGenericSender, grouping } from '../support/sender'

const alert = (title: string, service: string, more: object = {}) => ({
  title,
  service,
  dedupKey: title,
  severity: 'high',
  ...more,
})

describe('correlation settings', () => {
  it('start as documented, change in part and are audited', async ({ expect }) => {
    const org = await anOrg()
    const defaults = {
      mode: 'on',
      windowSeconds: 300,
      threshold: 0.6,
      weights: { topology: 0.5, time: 0.3, similarity: 0.2 },
      maxGroupSize: 50,
      autoExtend: false,
      titleSimilarity: 'lexical',
      autoResolveIncidents: true,
    }
    expect((await org.get('/api/correlation/settings')).body).toEqual(defaults)
    const put = await org.put('/api/correlation/settings', { windowSeconds: 600, titleSimilarity: 'ngram' })
    expect(put.body).toEqual({ ...defaults, windowSeconds: 600, titleSimilarity: 'ngram' })
    expect((await org.get('/api/correlation/settings')).body).toEqual(put.body)
    expect((await org.get('/api/audit-log?event=settings.correlation')).text).toContain('600')
    const viewer = await org.member('viewer')
    expect((await viewer.put('/api/correlation/settings', { windowSeconds: 60 })).status).toBe(403)
  })

  it('refuse what is out of range or unknown', async ({ expect }) => {
    const org = await anOrg()
    for (const bad of [
      { windowSeconds: 29 },
      { windowSeconds: 3601 },
      { threshold: 1.1 },
      { weights: { topology: 0.5, time: 0.3, similarity: 0.3 } },
      { maxGroupSize: 1 },
      { maxGroupSize: 1001 },
      { mode: 'maybe' },
      { other: 1 },
      {},
    ]) {
      const { status, body } = await org.put('/api/correlation/settings', bad)
      expect([bad, status, body.code]).toEqual([bad, 400, 'validation_failed'])
    }
  })

  it('are followed by the next decision', async ({ expect }) => {
    const { org, send } = await aGenericSender()
    await org.put('/api/correlation/settings', { mode: 'shadow' })
    await send(alert('Errors', 'checkout'))
    await send(alert('Latency', 'checkout'))
    expect(await grouping(org)).toEqual([['Errors'], ['Latency']])
    const { alerts } = (await org.get('/api/alerts')).body
    const explained = await org.get(`/api/alerts/${alerts[0].id}/correlation`)
    expect(explained.body.decision).toMatchObject({ outcome: 'shadow', level: 3 })
    expect(explained.body.sentence).toContain('shadow mode')
    await org.put('/api/correlation/settings', { mode: 'on' })
    await send(alert('Timeouts', 'checkout'))
    expect((await grouping(org)).map(({ length }) => length).toSorted((a, b) => a - b)).toEqual([1, 2])
    await org.put('/api/correlation/settings', { mode: 'off' })
    await send(alert('More', 'checkout'))
    expect(await grouping(org)).toHaveLength(3)
  })

  it('let an incident keep a window of its own that late joins enlarge', async ({ expect }) => {
    const { org, send } = await aGenericSender()
    const at = (seconds: number) => new Date(Date.now() - 3_600_000 + seconds * 1000).toISOString()
    await org.put('/api/correlation/settings', { autoExtend: true })
    await send(alert('One', 'checkout', { eventTime: at(0) }))
    await send(alert('Two', 'checkout', { eventTime: at(200) }))
    await send(alert('Three', 'checkout', { eventTime: at(540) }))
    expect(await grouping(org)).toEqual([['One', 'Three', 'Two']])
  })
})

describe('correlation rules', () => {
  it('group alerts that no score would, and say so', async ({ expect }) => {
    const { org, send } = await aGenericSender()
    const rule = {
      name: 'By cluster',
      match: [{ field: 'source', op: 'eq', value: 'generic' }],
      groupBy: ['labels.cluster'],
    }
    const created = await org.post('/api/correlation/rules', rule)
    expect(created.status).toBe(201)
    expect(created.body.rule).toMatchObject({
      ...rule,
      enabled: true,
      priority: 100,
      windowSeconds: 1800,
      exclusive: false,
    })
    await send(alert('Disk full', 'billing', { labels: { cluster: 'eu-1' } }))
    await send(alert('Login fails', 'auth', { labels: { cluster: 'eu-1' } }))
    await send(alert('Search is empty', 'search', { labels: { cluster: 'us-1' } }))
    await send(alert('No cluster', 'ads'))
    expect(await grouping(org)).toEqual([['Disk full', 'Login fails'], ['No cluster'], ['Search is empty']])
    const { alerts } = (await org.get('/api/alerts?service=auth')).body
    const { decision, sentence } = (await org.get(`/api/alerts/${alerts[0].id}/correlation`)).body
    expect(decision).toMatchObject({
      level: 2,
      outcome: 'joined',
      strategy: 'rule',
      score: 1,
      reason: 'rule By cluster',
    })
    expect(sentence).toContain('by rule')
  })

  it('that are exclusive open an incident although another is near', async ({ expect }) => {
    const { org, send } = await aGenericSender()
    await send(alert('Errors', 'checkout'))
    await org.post('/api/correlation/rules', { name: 'Tenant', groupBy: ['labels.tenant'], exclusive: true })
    await send(alert('Errors of acme', 'checkout', { labels: { tenant: 'acme' } }))
    await send(alert('Latency of acme', 'billing', { labels: { tenant: 'acme' } }))
    expect(await grouping(org)).toEqual([['Errors'], ['Errors of acme', 'Latency of acme']])
  })

  it('are tried by priority, change and go; each change is the next decision’s', async ({ expect }) => {
    const { org, send } = await aGenericSender()
    const first = await org.post('/api/correlation/rules', { name: 'A', priority: 1, groupBy: ['labels.a'] })
    await org.post('/api/correlation/rules', { name: 'B', priority: 2, groupBy: ['labels.b'] })
    await send(alert('a', 'one', { labels: { a: '1' } }))
    await send(alert('b', 'two', { labels: { b: '1' } }))
    await send(alert('both', 'three', { labels: { a: '1', b: '1' } }))
    expect(await grouping(org)).toEqual([['a', 'both'], ['b']])
    const { id } = first.body.rule
    expect((await org.patch(`/api/correlation/rules/${id}`, { enabled: false })).body.rule.enabled).toBe(
      false,
    )
    await send(alert('later', 'four', { labels: { a: '1' } }))
    expect(await grouping(org)).toEqual([['a', 'both'], ['b'], ['later']])
    expect((await org.delete(`/api/correlation/rules/${id}`)).status).toBe(200)
    expect(
      (await org.get('/api/correlation/rules')).body.rules.map(({ name }: { name: string }) => name),
    ).toEqual(['B'])
    expect((await org.delete(`/api/correlation/rules/${id}`)).status).toBe(404)
  })

  it('refuse unknown fields, bad patterns, windows out of range and names that are taken', async ({
    expect,
  }) => {
    const org = await anOrg()
    const good = { name: 'Good', groupBy: ['service'] }
    expect((await org.post('/api/correlation/rules', good)).status).toBe(201)
    expect((await org.post('/api/correlation/rules', good)).body.code).toBe('already_exists')
    for (const bad of [
      { name: 'x', groupBy: [] },
      { name: 'x', groupBy: ['colour'] },
      { name: 'x', groupBy: ['service'], windowSeconds: 59 },
      { name: 'x', groupBy: ['service'], match: [{ field: 'title', op: 'matches', value: '(a+)+' }] },
      { name: 'x', groupBy: ['service'], match: [{ field: 'title', op: 'like', value: 'a' }] },
    ])
      expect([bad, (await org.post('/api/correlation/rules', bad)).status]).toEqual([bad, 400])
  })
})

describe('the configuration as a document', () => {
  it('goes out as YAML and comes back the same, keeping the identity of rules', async ({ expect }) => {
    const org = await anOrg()
    await org.put('/api/correlation/settings', { threshold: 0.7 })
    const rule = {
      name: 'By service',
      match: [{ field: 'severity', op: 'in', value: ['high', 'critical'] }],
      groupBy: ['service'],
    }
    const { body } = await org.post('/api/correlation/rules', rule)
    await org.post('/api/correlation/rules', { name: 'Another', groupBy: ['host'] })
    const yaml = await org.get('/api/correlation/config?format=yaml')
    expect(yaml.headers.get('content-type')).toContain('yaml')
    const changed = yaml.text
      .replace('threshold: 0.7', 'threshold: 0.8')
      .replace('name: Another', 'name: Renamed')
    const put = await org.call('PUT', '/api/correlation/config', changed, {
      'content-type': 'application/yaml',
    })
    expect(put.status).toBe(200)
    expect((await org.get('/api/correlation/config')).body).toEqual(put.body)
    expect(put.body.settings.threshold).toBe(0.8)
    const { rules } = (await org.get('/api/correlation/rules')).body
    expect(rules.map(({ name }: { name: string }) => name).toSorted()).toEqual(['By service', 'Renamed'])
    expect(rules.find(({ name }: { name: string }) => name === 'By service').id).toBe(body.rule.id)
  })

  it('takes JSON, fills in defaults, and names what is wrong', async ({ expect }) => {
    const org = await anOrg()
    await org.put('/api/correlation/settings', { threshold: 0.7 })
    expect((await org.put('/api/correlation/config', { rules: [] })).body.settings.threshold).toBe(0.6)
    const bad = await org.put('/api/correlation/config', { rules: [{ name: 'x', groupBy: ['colour'] }] })
    expect([bad.status, bad.body.details[0].path]).toEqual([400, 'rules.0.groupBy.0'])
    for (const text of ['- a', 'a: [', '', '"x"']) {
      const answer = await org.call('PUT', '/api/correlation/config', text)
      expect([text, answer.status, answer.body.code]).toEqual([text, 400, 'invalid_json'])
    }
  })
})

describe('alerts', () => {
  it('are listed, and tell their state, history and why they are where they are', async ({ expect }) => {
    const { org, integrationId, send } = await aGenericSender()
    await send(alert('Errors', 'checkout'))
    await send(alert('Errors', 'checkout', { severity: 'critical' }))
    await send(alert('Slow', 'checkout'))
    await send(alert('Slow', 'checkout', { state: 'resolved' }))
    await send(alert('Other', 'mail'))
    const open = await org.get(`/api/alerts?state=firing&service=checkout&integrationId=${integrationId}`)
    expect(open.body.alerts).toMatchObject([{ title: 'Errors', severity: 'critical', occurrences: 2 }])
    const [{ id, incidentId }] = open.body.alerts
    const shown = (await org.get(`/api/alerts/${id}`)).body.alert
    expect(shown.history.map(({ effect }: { effect: string }) => effect)).toEqual(['escalated', 'opened'])
    const page = await org.get('/api/alerts?limit=1')
    const next = await org.get(`/api/alerts?limit=2&cursor=${page.body.nextCursor}`)
    expect([...page.body.alerts, ...next.body.alerts].map(({ title }) => title)).toEqual([
      'Other',
      'Slow',
      'Errors',
    ])
    const { decisions } = (await org.get(`/api/incidents/${incidentId}/correlation`)).body
    expect(decisions).toMatchObject([
      { outcome: 'opened', reason: 'no_candidate', sentence: expect.stringContaining('Opened incident') },
      { outcome: 'joined', strategy: 'topology', sentence: expect.stringContaining('with a score of') },
    ])
  })

  it('name the near misses', async ({ expect }) => {
    const { org, send } = await aGenericSender()
    await send(alert('Errors', 'checkout'))
    await send(alert('Errors everywhere', 'mail'))
    const { alerts } = (await org.get('/api/alerts?service=mail')).body
    const { decision, sentence } = (await org.get(`/api/alerts/${alerts[0].id}/correlation`)).body
    expect(decision.candidates).toMatchObject([{ dropped: 'below_threshold', topology: 0 }])
    expect(sentence).toContain('below the threshold of 0.6')
  })
})

describe('splitting an incident', () => {
  it('gives some alerts an incident of their own, and both count right afterwards', async ({ expect }) => {
    const { org, send } = await aGenericSender()
    for (const title of ['One', 'Two', 'Three']) await send(alert(title, 'checkout'))
    await send(alert('Four', 'checkout', { severity: 'critical' }))
    const { alerts } = (await org.get('/api/alerts')).body
    const of = (title: string) => alerts.find((one: { title: string }) => one.title === title)
    const incidentId: string = of('One').incidentId
    const path = `/api/incidents/${incidentId}/split`
    const answer = await org.post(path, { alertIds: [of('Two').id, of('Four').id] })
    expect(answer.status).toBe(201)
    expect(await grouping(org)).toEqual([
      ['Four', 'Two'],
      ['One', 'Three'],
    ])
    const fresh = (await org.get(`/api/incidents/${answer.body.id}`)).body.incident
    expect(fresh).toMatchObject({
      status: 'investigating',
      severity: 'critical',
      correlatedAlertCount: 1,
      alert: { title: 'Two' },
    })
    expect(fresh.chatSessionId).not.toBeNull()
    const rest = (await org.get(`/api/incidents/${incidentId}`)).body.incident
    expect(rest).toMatchObject({ severity: 'high', correlatedAlertCount: 1 })
    // Later events of a moved alert act on its new incident.
    await send(alert('Two', 'checkout', { state: 'resolved' }))
    await send(alert('Four', 'checkout', { state: 'resolved' }))
    expect((await org.get(`/api/incidents/${answer.body.id}`)).body.incident.status).toBe('resolved')
    expect((await org.get(`/api/incidents/${incidentId}`)).body.incident.status).toBe('investigating')
    const why = (await org.get(`/api/alerts/${of('Two').id}/correlation`)).body
    expect(why.sentence).toContain('split by hand')
  })

  it('leaves the alert that opened it, takes no stranger and not all', async ({ expect }) => {
    const { org, send } = await aGenericSender()
    await send(alert('One', 'checkout'))
    await send(alert('Two', 'checkout'))
    await send(alert('Elsewhere', 'mail'))
    const { alerts } = (await org.get('/api/alerts')).body
    const of = (title: string) => alerts.find((one: { title: string }) => one.title === title)
    const path = `/api/incidents/${of('One').incidentId}/split`
    const refused = async (alertIds: unknown) => (await org.post(path, { alertIds })).body.error
    expect(await refused([of('One').id])).toBe('The alert that opened the incident cannot be split off')
    expect(await refused([of('One').id, of('Two').id])).toBe('Cannot split off all alerts')
    expect(await refused([of('Elsewhere').id])).toBe('Alert is not in this incident')
    expect(await refused([])).toBe('Invalid alertIds')
  })
})
