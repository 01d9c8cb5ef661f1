import { env } from 'cloudflare:workers'
import { describe, it } from 'vitest'
import { EMPTY_GRAPH } from '../../src/alerts/service-graph'
import { newId } from '../../src/lib/ids'
import { tendWindows } from '../../src/services/correlation/tend-windows'
import { insertWindow, type WindowRow } from '../../src/store/maintenance-windows'
import { anOrg } from '../support/org'
import { aCorrelation, at } from '../support/alerts'
import { aGenericSender } from '../support/sender'

type Correlation = Awaited<ReturnType<typeof aCorrelation>>

/** A window over checkout for the first 1,000 seconds. */
async function aWindow({ db }: Correlation, changed: Partial<WindowRow> = {}): Promise<string> {
  const id = newId()
  await insertWindow(db, {
    id,
    name: 'Upgrade',
    reason: '',
    startsAt: at(0),
    endsAt: at(1000),
    match: [{ field: 'service', op: 'eq', value: 'checkout' }],
    endWhenQuietSeconds: null,
    lastMatchAt: null,
    tendedAt: null,
    endedAt: null,
    deletedAt: null,
    createdBy: 'somebody',
    createdAt: at(0),
    updatedAt: at(0),
    ...changed,
  })
  return id
}

const tend = ({ db }: Correlation, seconds: number) =>
  tendWindows(db, { version: null, graph: EMPTY_GRAPH }, () => at(seconds))

/** Incidents by title with what hides them, and how many investigations there are. */
async function standing({ rows }: Correlation) {
  const incidents = await rows<{ title: string; hidden: string | null }>(
    'SELECT alert_title AS title, suppressed_by AS hidden FROM incidents WHERE org_id = ? ORDER BY alert_title',
  )
  const runs = await rows<{ trigger: string }>(
    "SELECT trigger FROM runs WHERE org_id = ? AND kind = 'investigation' ORDER BY created_at",
  )
  return { incidents, runs: runs.map(({ trigger }) => trigger) }
}

/** What the audit log says about the ends of windows. */
async function ends({ rows }: Correlation) {
  const found = await rows<{ subject: string; actor: string; after: string }>(
    "SELECT subject, actor, after FROM audit_log WHERE org_id = ? AND event = 'maintenance_window.end'",
  )
  return found.map(({ after, ...row }) => ({ ...row, ...Object(JSON.parse(after)) }))
}

describe('a maintenance window', () => {
  it('hides what matches, and raises at its end once what still fires', async ({ expect }) => {
    const org = await aCorrelation()
    const id = await aWindow(org)
    await org.send({ dedupKey: 'a', title: 'Fires on', eventTime: at(10) })
    await org.send({
      dedupKey: 'b',
      title: 'Ends',
      service: 'checkout',
      environment: 'test',
      eventTime: at(20),
    })
    await org.send({ dedupKey: 'c', title: 'Elsewhere', service: 'mail', eventTime: at(30) })
    await org.send({ dedupKey: 'a', title: 'Fires on', severity: 'critical', eventTime: at(40) })
    await org.send({ dedupKey: 'b', state: 'resolved', eventTime: at(50) })
    expect(await standing(org)).toEqual({
      incidents: [
        { title: 'Elsewhere', hidden: null },
        { title: 'Ends', hidden: id },
        { title: 'Fires on', hidden: id },
      ],
      runs: ['opened'],
    })
    await tend(org, 500)
    expect((await standing(org)).runs).toEqual(['opened'])
    for (const seconds of [1001, 1002]) await tend(org, seconds)
    const after = await standing(org)
    expect(after.incidents.map(({ hidden }) => hidden)).toEqual([null, null, null])
    expect(after.runs).toEqual(['opened', 'released'])
    expect(
      await org.rows('SELECT outcome FROM suppressed_incidents WHERE org_id = ? ORDER BY outcome'),
    ).toEqual([{ outcome: 'released' }, { outcome: 'resolved' }])
    const events = await org.rows<{ event: string }>(
      "SELECT event FROM lifecycle_events WHERE org_id = ? AND event IN ('suppressed', 'released') ORDER BY at, id",
    )
    expect(events.map(({ event }) => event)).toEqual(['suppressed', 'suppressed', 'released'])
    const [{ incidentId } = { incidentId: '' }] = await org.rows<{ incidentId: string }>(
      "SELECT incident_id AS incidentId FROM suppressed_incidents WHERE org_id = ? AND outcome = 'released'",
    )
    expect(await ends(org)).toEqual([
      { subject: id, actor: 'system', reason: 'time', released: 1, resolved: 1, incidents: [incidentId] },
    ])
  })

  it('does not hide an incident that an alert joins which it does not cover', async ({ expect }) => {
    const org = await aCorrelation()
    await aWindow(org, { match: [{ field: 'severity', op: 'eq', value: 'low' }] })
    await org.send({ dedupKey: 'a', severity: 'low', eventTime: at(10) })
    expect((await standing(org)).runs).toEqual([])
    await org.send({ dedupKey: 'b', severity: 'high', eventTime: at(20) })
    expect(await standing(org)).toMatchObject({ incidents: [{ hidden: null }], runs: ['released'] })
  })

  it('hides what was open before it began, as long as all of its alerts match', async ({ expect }) => {
    const org = await aCorrelation()
    await org.send({ dedupKey: 'a', title: 'All match', eventTime: at(-100) })
    await org.send({
      dedupKey: 'b',
      title: 'Some match',
      service: 'mail',
      environment: 'test',
      eventTime: at(-90),
    })
    const id = await aWindow(org)
    await tend(org, 1)
    expect((await standing(org)).incidents).toEqual([
      { title: 'All match', hidden: id },
      { title: 'Some match', hidden: null },
    ])
  })

  it('ends early when nothing matching fired for as long as it says', async ({ expect }) => {
    const org = await aCorrelation()
    await aWindow(org, { endWhenQuietSeconds: 300 })
    await org.send({ dedupKey: 'a', eventTime: at(10) })
    await org.send({ dedupKey: 'a', eventTime: at(200) }, at(200))
    await tend(org, 400)
    expect((await standing(org)).runs).toEqual([])
    await tend(org, 501)
    expect((await standing(org)).runs).toEqual(['released'])
    expect(await org.rows('SELECT ended_at FROM maintenance_windows WHERE org_id = ?')).toEqual([
      { ended_at: at(501) },
    ])
    expect(await ends(org)).toMatchObject([{ reason: 'quiet', released: 1, resolved: 0 }])
  })

  it('hands over to another window that covers the same', async ({ expect }) => {
    const org = await aCorrelation()
    await aWindow(org)
    await org.send({ dedupKey: 'a', eventTime: at(10) })
    const next = await aWindow(org, { startsAt: at(900), endsAt: at(2000) })
    await tend(org, 1001)
    expect(await standing(org)).toMatchObject({ incidents: [{ hidden: next }], runs: [] })
    await tend(org, 2001)
    expect((await standing(org)).runs).toEqual(['released'])
  })
})

describe('maintenance windows over HTTP', () => {
  const hour = (n: number) => new Date(Date.now() + n * 3_600_000).toISOString()
  const window = {
    name: 'Checkout DB upgrade',
    reason: 'CHG-2231',
    startsAt: hour(-1),
    endsAt: hour(1),
    match: [
      { field: 'service', op: 'in', value: ['checkout', 'ledger'] },
      { field: 'environment', op: 'eq', value: 'production' },
    ],
    endWhenQuietSeconds: 1800,
  }

  it('are made, shown, changed and removed; each change is audited', async ({ expect }) => {
    const org = await anOrg()
    const created = await org.post('/api/maintenance-windows', window)
    expect(created.status).toBe(201)
    expect(created.body.maintenanceWindow).toMatchObject({ ...window, state: 'active', endedAt: null })
    const { id } = created.body.maintenanceWindow
    const path = `/api/maintenance-windows/${id}`
    expect((await org.patch(path, { endsAt: hour(2) })).body.maintenanceWindow.endsAt).not.toBe(window.endsAt)
    expect((await org.get('/api/maintenance-windows')).body.maintenanceWindows).toHaveLength(1)
    const viewer = await org.member('viewer')
    expect((await viewer.patch(path, { name: 'x' })).status).toBe(403)
    expect((await org.delete(path)).status).toBe(200)
    expect((await org.get(path)).status).toBe(404)
    const log = await org.get('/api/audit-log')
    for (const event of ['create', 'update', 'delete'])
      expect(log.text).toContain(`maintenance_window.${event}`)
  })

  it('refuse windows without an end, without a condition, or longer than 30 days', async ({ expect }) => {
    const org = await anOrg()
    for (const bad of [
      { endsAt: undefined },
      { endsAt: hour(-2) },
      { endsAt: hour(24 * 31) },
      { match: [] },
      { match: [{ field: 'colour', op: 'eq', value: 'red' }] },
      { endWhenQuietSeconds: 5 },
    ])
      expect([bad, (await org.post('/api/maintenance-windows', { ...window, ...bad })).status]).toEqual([
        bad,
        400,
      ])
  })

  it('mark incidents, list what they hide, and release it when they are removed', async ({ expect }) => {
    const { org, send } = await aGenericSender(undefined, {})
    const { body } = await org.post('/api/maintenance-windows', window)
    const { id } = body.maintenanceWindow
    await send({ title: 'Down', service: 'ledger', environment: 'production' })
    const [incident] = (await org.get('/api/incidents')).body.incidents
    expect(incident.suppressedBy).toBe(id)
    const path = `/api/maintenance-windows/${id}/suppressed`
    expect((await org.get(path)).body.suppressed).toMatchObject([
      { incidentId: incident.id, title: 'Down', endedAt: null, outcome: null },
    ])
    await org.delete(`/api/maintenance-windows/${id}`)
    await env.CORRELATOR.getByName(org.orgId).tendWindows(org.orgId)
    const shown = (await org.get(`/api/incidents/${incident.id}`)).body.incident
    expect('suppressedBy' in shown).toBe(false)
    const runs = await env.DB.prepare('SELECT trigger FROM runs WHERE org_id = ?').bind(org.orgId).all()
    expect(runs.results).toMatchObject([{ trigger: 'released' }])
    const log = await org.get('/api/audit-log?event=maintenance_window.end')
    expect(log.body.entries).toMatchObject([
      { subject: id, after: { reason: 'removed', incidents: [incident.id] } },
    ])
    expect((await org.get('/api/audit-log/verify')).body.ok).toBe(true)
  })
})
