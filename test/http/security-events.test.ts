import { env } from 'cloudflare:workers'
import { describe, it } from 'vitest'
import { securityRows } from '../../src/services/security-events'
import { noteSecurity } from '../../src/store/security-events'
import { openTenant } from '../../src/store/tenant-db'
import { newId } from '../../src/lib/ids'
import { anOrg } from '../support/org'
import { seedResources } from '../support/resources'

const T = Date.parse('2026-05-04T09:00:00.000Z')

describe('security events', () => {
  it('are noted once, and read by admins, newest first and page by page', async ({ expect }) => {
    const org = await anOrg()
    const db = openTenant(env.DB, org.orgId)
    const runId = newId()
    const at = (place: string, when: number) =>
      securityRows({ incidentId: null, runId }, { struck: [{ place, rules: ['role_imitation'] }] }, when)
    await noteSecurity(db, [...at('incident', T), ...at('question', T + 1000)])
    // A step that is repeated after a crash finds the same again.
    await noteSecurity(db, at('incident', T + 2000))
    const { body } = await org.get('/api/security/events?limit=1')
    expect(body.events).toMatchObject([
      {
        kind: 'quarantine',
        place: 'question',
        rules: ['role_imitation'],
        runId,
        at: '2026-05-04T09:00:01.000Z',
      },
    ])
    const next = await org.get(`/api/security/events?cursor=${encodeURIComponent(body.nextCursor)}`)
    expect(next.body.events.map(({ place }: { place: string }) => place)).toEqual(['incident'])
    expect(next.body.nextCursor).toBeNull()
    expect((await org.get('/api/security/events?since=2026-05-05')).body.events).toEqual([])
    expect((await org.get('/api/security/events?cursor=x')).body.error).toBe('Invalid cursor')
  })
})

describe('a word to an investigation', () => {
  it('is taken by a run that is not over, without its secrets, and refused by any other', async ({
    expect,
  }) => {
    const org = await anOrg()
    const ids = await seedResources(org)
    const path = `/api/incidents/${ids.incidents}/runs/${ids.runs}/messages`
    await env.DB.prepare(
      "UPDATE runs SET state = 'running', ended_at = NULL, cancel_requested_at = NULL, kind = 'investigation' WHERE id = ?",
    )
      .bind(ids.runs)
      .run()
    const said = await org.post(path, { message: 'Look at the database, password=hunter2hunter2' })
    expect([said.status, said.body]).toEqual([202, { runId: ids.runs, state: 'accepted' }])
    const updates = await env.DB.prepare(
      'SELECT kind, text FROM run_context_updates WHERE incident_id = ? ORDER BY seq',
    )
      .bind(ids.incidents)
      .all()
    expect(updates.results.at(-1)).toEqual({
      kind: 'person',
      text: 'Look at the database, password=[REDACTED:assignment]',
    })
    const viewer = await org.member('viewer')
    expect((await viewer.post(path, { message: 'x' })).status).toBe(403)
    expect((await org.post(path, {})).body.error).toBe('Missing message')
    await env.DB.prepare("UPDATE runs SET state = 'succeeded' WHERE id = ?").bind(ids.runs).run()
    const late = await org.post(path, { message: 'Too late' })
    expect([late.status, late.body.error]).toEqual([409, 'Run already finished'])
  })
})
