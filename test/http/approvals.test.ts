import { env } from 'cloudflare:workers'
import { afterEach, beforeEach, describe, it, vi } from 'vitest'
import { newId } from '../../src/lib/ids'
import { writeTools } from '../../src/services/approvals/write-tools'
import { readingPorts } from '../../src/services/connectors/ports'
import { toolboxOf } from '../../src/services/runs/connected-tools'
import { openTenant } from '../../src/store/tenant-db'
import { fakes } from '../connectors/fakes'
import { cloudflare } from '../connectors/fakes/cloudflare'
import type { Fake } from '../connectors/fakes/fake'
import { github } from '../connectors/fakes/github'
import { aRepository } from '../connectors/fakes/github-code'
import { incidentio } from '../connectors/fakes/incidentio'
import { jira } from '../connectors/fakes/jira'
import { plugIn, type Network } from '../connectors/fakes/network'
import { opsgenie } from '../connectors/fakes/opsgenie'
import { pagerduty } from '../connectors/fakes/pagerduty'
import { slack } from '../connectors/fakes/slack'
import { takingWrites, type Written } from '../connectors/fakes/writes'
import { anOrgFor, captureLogs, connect } from '../connectors/support'
import { apiWith } from '../support/api'
import { bearer } from '../support/org'
import { UNLIMITED } from '../support/routes'
import { seedIncident } from '../support/seed'

let network: Network
let written: Written[]
let repository: ReturnType<typeof aRepository>

beforeEach(() => {
  captureLogs()
  repository = aRepository('example/checkout', { 'prod.yaml': 'replicas: 1\n' })
  const taking = takingWrites(fakes)
  written = taking.written
  network = plugIn(
    taking.fakes.map((fake) =>
      fake.id === 'github'
        ? { ...fake, answer: (seen) => repository.answer(seen) ?? fake.answer(seen) }
        : fake,
    ),
  )
})
afterEach(() => {
  vi.restoreAllMocks()
})

/** An incident of an organisation that has connected this provider. */
async function anIncident(fake: Fake) {
  const { org, client } = await anOrgFor(fake)
  if ((await connect(fake, client)) !== 200) throw new Error('not connected')
  const incidentId = await seedIncident(org.orgId)
  const ask = (tool: string, args: object, reason = 'People wait') =>
    client.post('/api/approvals', { incidentId, tool, args, reason })
  const decide = (id: string, verb: 'approve' | 'deny', by = client) =>
    by.post(`/api/approvals/${id}/${verb}`)
  return { org, client, incidentId, ask, decide }
}

const NOTE = { incidentId: 'PINC1', note: 'Rolled back' }

describe('a use of a tool that writes', () => {
  it.for([
    [
      'pagerduty_add_note',
      pagerduty,
      NOTE,
      'low',
      { noteId: 'PNOTE1' },
      { note: { content: 'Rolled back' } },
    ],
    [
      'opsgenie_add_note',
      opsgenie,
      { alertId: 'a-1', note: 'Seen' },
      'low',
      { requestId: 'r-1' },
      { note: 'Seen' },
    ],
    [
      'incidentio_post_update',
      incidentio,
      { incidentId: '01INC', message: 'Rolled back' },
      'low',
      { updateId: '01UPDATE' },
      { incident_id: '01INC', message: 'Rolled back' },
    ],
    [
      'slack_post_message',
      slack,
      { channel: 'C12345', text: 'We are on it <!here>', thread: '1700000000.000001' },
      'medium',
      { ts: '1700000000.000100' },
      {
        channel: 'C12345',
        text: 'We are on it &lt;!here&gt;',
        thread_ts: '1700000000.000001',
        unfurl_links: 'false',
      },
    ],
    [
      'cloudflare_purge_cache',
      cloudflare,
      { zoneId: '1'.repeat(32), files: ['https://shop.example.com/a.css'] },
      'medium',
      { purgeId: 'zone-1' },
      { files: ['https://shop.example.com/a.css'] },
    ],
  ] as const)(
    'is asked for, approved and carried out: %s',
    async ([tool, fake, args, risk, result, sent], { expect }) => {
      const { org, ask, decide } = await anIncident(fake)
      const asked = await ask(tool, args)
      expect([asked.status, asked.body.approval]).toMatchObject([
        201,
        { tool, args, risk, state: 'requested', requestedBy: org.userId, result: null, error: null },
      ])
      expect(written).toEqual([])
      const done = await decide(asked.body.approval.id, 'approve')
      expect(done.body.approval).toMatchObject({
        state: 'executed',
        result,
        decidedBy: org.userId,
        error: null,
      })
      expect(written.map(({ body }) => body)).toEqual([sent])
      const again = await decide(asked.body.approval.id, 'approve')
      expect([again.status, again.body.error]).toEqual([409, 'Approval was already decided'])
      expect(written).toHaveLength(1)
      expect(network.strays).toEqual([])
    },
  )

  it('is a comment in Jira', async ({ expect }) => {
    const { ask, decide } = await anIncident(jira)
    const { body } = await ask('jira_add_comment', { issueKey: 'OPS-1', body: 'Rolled back' })
    expect((await decide(body.approval.id, 'approve')).body.approval).toMatchObject({
      state: 'executed',
      result: { commentId: '1' },
    })
  })

  it('is a pull request at GitHub, of a file that is as it was', async ({ expect }) => {
    const { ask, decide } = await anIncident(github)
    const change = {
      repository: 'example/checkout',
      filePath: 'prod.yaml',
      originalContent: 'replicas: 1\n',
      content: 'replicas: 3\n',
      title: 'Three replicas',
      body: 'One is not enough.',
    }
    const { approval } = (await ask('github_open_pull_request', change)).body
    expect((await decide(approval.id, 'approve')).body.approval).toMatchObject({
      state: 'executed',
      result: { url: 'https://github.com/example/checkout/pull/17', number: 17 },
    })
    expect(repository.filesAt(`aurora/approval-${approval.id}`)).toEqual({ 'prod.yaml': 'replicas: 3\n' })
    repository.commit('main', { 'prod.yaml': 'replicas: 9\n' })
    const late = (await ask('github_open_pull_request', change)).body.approval
    expect((await decide(late.id, 'approve')).body.approval).toMatchObject({
      state: 'failed',
      error: { code: 'conflict', message: 'File changed since analysis', uncertain: false },
    })
  })

  it('is carried out by one of many who approve it at once', async ({ expect }) => {
    const { client, ask, decide } = await anIncident(pagerduty)
    const { id } = (await ask('pagerduty_add_note', NOTE)).body.approval
    const answers = await Promise.all(Array.from({ length: 5 }, () => decide(id, 'approve')))
    expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 409, 409, 409, 409])
    expect(written).toHaveLength(1)
    expect((await client.get(`/api/approvals/${id}`)).body.approval.state).toBe('executed')
  })

  it('that the vendor refuses has failed, and says whether it may have happened', async ({ expect }) => {
    const { ask, decide } = await anIncident(pagerduty)
    const refused = (await ask('pagerduty_add_note', { ...NOTE, incidentId: 'PNONE' })).body.approval
    expect((await decide(refused.id, 'approve')).body.approval).toMatchObject({
      state: 'failed',
      result: null,
      error: { code: 'no_resources', message: 'Incident not found in PagerDuty', uncertain: false },
    })
    const lost = (await ask('pagerduty_add_note', NOTE)).body.approval
    network.trouble = 'gone'
    expect((await decide(lost.id, 'approve')).body.approval).toMatchObject({
      state: 'failed',
      error: { code: 'upstream_error', uncertain: true },
    })
  })

  it('that a crash cut off stays visible, and is not carried out again', async ({ expect }) => {
    const { client, ask, decide } = await anIncident(pagerduty)
    const { id } = (await ask('pagerduty_add_note', NOTE)).body.approval
    await env.DB.prepare("UPDATE tool_approvals SET state = 'approved', decided_at = 1 WHERE id = ?")
      .bind(id)
      .run()
    expect((await client.get('/api/approvals?state=approved')).body.approvals).toMatchObject([{ id }])
    expect((await decide(id, 'approve')).status).toBe(409)
    expect((await decide(id, 'deny')).status).toBe(409)
    expect(written).toEqual([])
  })

  it('can be denied, and then not approved', async ({ expect }) => {
    const { org, ask, decide } = await anIncident(pagerduty)
    const { id } = (await ask('pagerduty_add_note', NOTE)).body.approval
    expect((await decide(id, 'deny')).body.approval).toMatchObject({ state: 'denied', decidedBy: org.userId })
    expect((await decide(id, 'approve')).body.error).toBe('Approval was already decided')
    expect(written).toEqual([])
  })

  it('expires after a day', async ({ expect }) => {
    const { client, incidentId, ask, decide } = await anIncident(pagerduty)
    const open = (await ask('pagerduty_add_note', NOTE)).body.approval
    expect(Date.parse(open.expiresAt) - Date.parse(open.createdAt)).toBe(86_400_000)
    const id = newId()
    await env.DB.prepare(
      `INSERT INTO tool_approvals (id, org_id, incident_id, tool, args, args_sha256, reason, risk, requested_by, expires_at, created_at)
       SELECT ?1, org_id, incident_id, tool, args, args_sha256, reason, risk, requested_by, ?2, created_at - 1 FROM tool_approvals WHERE id = ?3`,
    )
      .bind(id, Date.now() - 1, open.id)
      .run()
    const late = await decide(id, 'approve')
    expect([late.status, late.body.error]).toEqual([409, 'Approval has expired'])
    expect((await decide(id, 'deny')).body.error).toBe('Approval has expired')
    const listed = async (query: string) =>
      (await client.get(`/api/approvals?incidentId=${incidentId}&${query}`)).body.approvals.map(
        (it: { id: string; state: string }) => [it.id, it.state],
      )
    expect(await listed('state=expired')).toEqual([[id, 'expired']])
    expect(await listed('state=requested')).toEqual([[open.id, 'requested']])
    expect(await listed('')).toEqual([
      [open.id, 'requested'],
      [id, 'expired'],
    ])
    expect(written).toEqual([])
  })

  it('covers the arguments that were asked for, which nobody can change', async ({ expect }) => {
    const { ask, decide } = await anIncident(pagerduty)
    const { id, args } = (await ask('pagerduty_add_note', { ...NOTE, note: 'password=hunter2hunter2' })).body
      .approval
    expect(args.note).toBe('password=[REDACTED:assignment]')
    const change = env.DB.prepare("UPDATE tool_approvals SET args = '{}' WHERE id = ?").bind(id)
    await expect(change.run()).rejects.toThrow('cannot change')
    const back = env.DB.prepare("UPDATE tool_approvals SET state = 'executed' WHERE id = ?").bind(id)
    await expect(back.run()).rejects.toThrow('not allowed')
    await decide(id, 'approve')
    expect(written.map(({ body }) => body)).toEqual([{ note: { content: args.note } }])
  })

  it('of high risk is decided by admins', async ({ expect }) => {
    const { org, ask, decide } = await anIncident(cloudflare)
    const member = await org.member('editor')
    const editor = apiWith(UNLIMITED, bearer(member.token))
    const everything = { zoneId: '1'.repeat(32), everything: true }
    const { id, risk } = (await ask('cloudflare_purge_cache', everything)).body.approval
    expect(risk).toBe('high')
    for (const verb of ['approve', 'deny'] as const) expect((await decide(id, verb, editor)).status).toBe(403)
    const viewer = await org.member('viewer')
    expect((await viewer.get(`/api/approvals/${id}`)).body.approval.state).toBe('requested')
    expect((await viewer.post('/api/approvals', {})).status).toBe(403)
    expect((await decide(id, 'approve')).body.approval.state).toBe('executed')
    expect(written.map(({ body }) => body)).toEqual([{ purge_everything: true }])
  })

  it('leaves a trace before and after: audit log, lifecycle, stream', async ({ expect }) => {
    const { org, client, incidentId, ask, decide } = await anIncident(pagerduty)
    const { id } = (await ask('pagerduty_add_note', NOTE)).body.approval
    await decide(id, 'approve')
    const { body } = await client.get('/api/audit-log')
    const events = body.entries.filter(({ subject }: { subject: string }) => subject === id)
    expect(events.map(({ event }: { event: string }) => event)).toEqual([
      'approval.executed',
      'approval.approve',
      'approval.request',
    ])
    const rows = async (query: string) =>
      (await env.DB.prepare(query).bind(org.orgId, incidentId).all()).results
    expect(
      await rows('SELECT event, actor FROM lifecycle_events WHERE org_id = ? AND incident_id = ?'),
    ).toEqual([{ event: 'action_executed', actor: org.userId }])
    const told = await rows(
      "SELECT json_extract(event, '$.reason') AS reason FROM feed_events WHERE org_id = ? AND incident_id = ? AND wide",
    )
    expect(told).toEqual([{ reason: 'updated' }, { reason: 'updated' }, { reason: 'updated' }])
  })
})

describe('asking for a use', () => {
  it('is nothing that a run can do: it has no tool that writes', async ({ expect }) => {
    const { org } = await anIncident(pagerduty)
    const { names } = await toolboxOf(openTenant(env.DB, org.orgId), readingPorts(env, env))
    expect(names).toContain('pagerduty_get_incident')
    expect(writeTools.filter(({ name }) => names.includes(name))).toEqual([])
  })

  it('is refused for what is unknown, not connected, switched off or badly put', async ({ expect }) => {
    const { client, incidentId, ask } = await anIncident(pagerduty)
    expect((await ask('slack_post_message', { channel: 'C12345', text: 'x' })).body).toMatchObject({
      code: 'not_connected',
      error: 'Slack is not connected',
    })
    expect((await ask('rm', {})).body.error).toContain('Invalid tool. Must be one of: pagerduty_add_note')
    const bad = await ask('pagerduty_add_note', { incidentId: '../x', note: 'x', more: 1 })
    expect([bad.status, bad.body.error]).toEqual([400, 'Invalid args for pagerduty_add_note'])
    expect(bad.body.details[0]).toEqual({ path: 'args.incidentId', message: 'Invalid incidentId' })
    expect((await ask('pagerduty_add_note', NOTE, '')).body.error).toBe('Missing reason')
    const nowhere = { incidentId: newId(), tool: 'pagerduty_add_note', args: NOTE, reason: 'x' }
    expect((await client.post('/api/approvals', nowhere)).body.error).toBe('Incident not found')
    const { id } = (await ask('pagerduty_add_note', NOTE)).body.approval
    await client.put('/api/org/tool-permissions/pagerduty_add_note', { enabled: false })
    for (const refused of [
      await ask('pagerduty_add_note', NOTE),
      await client.post(`/api/approvals/${id}/approve`),
    ])
      expect([refused.status, refused.body.code]).toEqual([403, 'feature_disabled'])
    expect((await client.get(`/api/approvals?incidentId=${incidentId}&limit=1`)).body.approvals).toHaveLength(
      1,
    )
    expect(written).toEqual([])
  })
})
