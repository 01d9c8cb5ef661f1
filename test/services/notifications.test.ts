import { env } from 'cloudflare:workers'
import { describe, it } from 'vitest'
import { newId } from '../../src/lib/ids'
import { DAY, HOUR, MINUTE, SECOND } from '../../src/lib/time'
import * as channels from '../../src/services/notifications/channels'
import { deliverDue, settlementOf } from '../../src/services/notifications/deliver'
import { listNotifications, redriveNotification } from '../../src/services/notifications/deliveries'
import { EVENTS } from '../../src/services/notifications/events'
import { messageOf } from '../../src/services/notifications/message'
import { audit } from '../../src/store/audit'
import { lifecycle } from '../../src/store/lifecycle'
import { openTenant } from '../../src/store/tenant-db'
import { carryOut } from '../support/executor'
import { faultsOf, faultyDatabase, type Fault } from '../support/faulty-db'
import { anOrg } from '../support/org'
import { anOutage, STARTS } from '../support/outage'
import { aReceiver, caller, portsThrough } from '../support/receivers'
import { seedIncident, seedOrganization } from '../support/seed'

type Input = Parameters<typeof channels.createChannel>[2]

const T = Date.parse('2026-05-04T09:00:00.000Z')
const SECRET = `whsec_${btoa('a secret of the receiver, 32 byte')}`
const SLACK = { kind: 'slack', name: 'Slack', url: 'https://hooks.slack.com/services/T0/B0/abcdef' } as const
const WEBHOOK = {
  kind: 'webhook',
  name: 'Hook',
  url: 'https://hooks.example.com/in?key=abc',
  secret: SECRET,
} as const
const MAIL = {
  kind: 'email' as const,
  name: 'Mail',
  provider: 'resend' as const,
  apiKey: 're_123',
  from: 'Aurora <aurora@example.com>',
  to: ['oncall@example.com'],
} satisfies Input

/** An organisation with these channels and an incident, and ways to let things happen and be sent. */
async function told(...wanted: readonly Input[]) {
  const orgId = await seedOrganization()
  const incidentId = await seedIncident(orgId)
  const receiver = aReceiver([SECRET])
  const ports = portsThrough(receiver.http)
  const db = openTenant(env.DB, orgId)
  const clock = { now: T }
  const made: Awaited<ReturnType<typeof channels.createChannel>>[] = []
  for (const channel of wanted) made.push(await channels.createChannel(caller(orgId, T), ports, channel))
  return {
    ...receiver,
    orgId,
    incidentId,
    db,
    ports,
    clock,
    made,
    id: made[0]?.channel.id ?? '',
    happen: (event: string, details: Readonly<Record<string, unknown>> = {}, incident = incidentId) =>
      lifecycle(db, { incidentId: incident, actor: 'system', event, details, at: clock.now }),
    send: () => deliverDue(db, ports, () => clock.now),
    rows: () =>
      env.DB.prepare(
        'SELECT id, event, state, attempts, next_at, last_status, last_error FROM notification_deliveries WHERE org_id = ? ORDER BY rowid',
      )
        .bind(orgId)
        .all()
        .then(({ results }) => results),
  }
}

describe('an investigation', () => {
  it('tells every channel once, in its own form, in the batch of its end', async ({ expect }) => {
    const { org, run, incidentId } = await anOutage()
    const receiver = aReceiver([SECRET])
    const ports = portsThrough(receiver.http)
    for (const channel of [SLACK, WEBHOOK, MAIL])
      await channels.createChannel(caller(org.orgId, STARTS), ports, channel)
    const thread = await carryOut(run, { startsAt: STARTS })
    const send = () => deliverDue(openTenant(env.DB, org.orgId), ports, () => thread.clock.now)
    expect(await send()).toBeNull()
    const to = (host: string) => receiver.received.filter(({ url }) => new URL(url).host === host)
    const [started, finished] = to('hooks.slack.com').map(({ text }) => JSON.parse(text).text)
    expect(started).toMatch(/^\*Investigation started: /)
    expect(finished).toMatch(
      /^\*Investigation finished: .*\*\nSeverity: critical, service: checkout\nVerdict: confirmed \(\d\d %\)\n.*1042/,
    )
    expect(finished.endsWith(`\n<https://aurora.example.com/incidents/${incidentId}|Open in Aurora>`)).toBe(
      true,
    )
    const hooks = to('hooks.example.com')
    expect(hooks.map(({ verified }) => verified)).toEqual([[SECRET], [SECRET]])
    const body = JSON.parse(hooks[1]?.text ?? '')
    expect(body).toMatchObject({
      type: 'investigation.completed',
      timestamp: new Date(thread.clock.now).toISOString(),
      data: {
        incidentId,
        runId: run.runId,
        severity: 'critical',
        service: 'checkout',
        verdict: 'confirmed',
        mechanism: 'bad_change',
        analyst: 'builtin',
        url: `https://aurora.example.com/incidents/${incidentId}`,
      },
    })
    const mails = to('api.resend.com')
    expect(mails.map(({ headers }) => headers.get('authorization'))).toEqual(['Bearer re_123'])
    expect(JSON.parse(mails[0]?.text ?? '')).toMatchObject({
      from: MAIL.from,
      to: MAIL.to,
      subject: expect.stringMatching(/^Investigation finished: /),
    })
    const sent = receiver.received.length
    await send()
    expect(receiver.received.length).toBe(sent)
  })

  it('tells of its beginning and its end once, whichever of its last queries fails', async ({ expect }) => {
    const queries = async (fault: Fault | null, successor: 'same' | 'other' = 'same') => {
      const { org, run } = await anOutage()
      const ports = portsThrough(aReceiver().http)
      await channels.createChannel(caller(org.orgId, STARTS), ports, WEBHOOK)
      const done = await carryOut(run, { startsAt: STARTS, fault, successor })
      const events = await org.rows(
        'SELECT event FROM notification_deliveries WHERE org_id = ? ORDER BY rowid',
      )
      expect([fault, events]).toEqual([
        fault,
        [{ event: 'investigation.started' }, { event: 'investigation.completed' }],
      ])
      return done.queries
    }
    const last = await queries(null)
    for (const when of ['before', 'after'] as const) await queries({ at: last, when }, 'other')
    await queries({ at: last - 1, when: 'after' })
  })

  it('that fails says so, and why', async ({ expect }) => {
    const it = await told(SLACK, WEBHOOK)
    const runId = newId()
    await env.DB.prepare(
      "INSERT INTO runs (id, org_id, kind, incident_id, session_id, trigger, state, checkpoint, error_code) VALUES (?, ?, 'investigation', ?, ?, 'opened', 'timeout', '{}', 'timeout')",
    )
      .bind(runId, it.orgId, it.incidentId, newId())
      .run()
    await it.happen('rca_failed', { runId })
    await it.send()
    const [slack, hook] = it.bodies().toSorted((a, b) => Number('type' in a) - Number('type' in b))
    expect(slack.text).toMatch(
      /^\*Investigation failed: Checkout is slow\*\nSeverity: high\nReason: timeout\n/,
    )
    expect(hook).toMatchObject({ type: 'investigation.failed', data: { runId, error: 'timeout' } })
  })
})

describe('who is told', () => {
  it('depends on the event and the channel', async ({ expect }) => {
    const it = await told(SLACK, WEBHOOK, MAIL)
    for (const event of ['created', 'rca_started', 'rca_failed', 'resolved', 'rca_cancelled', 'reopened'])
      await it.happen(event)
    await it.happen('rca_completed', { verdict: 'likely' })
    await it.happen('rca_completed', { verdict: 'inconclusive' })
    const events = Map.groupBy(
      (
        await env.DB.prepare(
          'SELECT c.kind, d.event FROM notification_deliveries d JOIN notification_channels c ON c.id = d.channel_id WHERE d.org_id = ? ORDER BY d.rowid',
        )
          .bind(it.orgId)
          .all<{ kind: string; event: string }>()
      ).results,
      ({ kind }) => kind,
    )
    const of = (kind: string) => events.get(kind)?.map(({ event }) => event)
    expect(of('slack')).toEqual(['investigation.started', 'investigation.failed', 'investigation.completed'])
    expect(of('email')).toEqual(['investigation.completed'])
    expect(of('webhook')).toEqual([
      'incident.opened',
      'investigation.started',
      'investigation.failed',
      'incident.resolved',
      'investigation.completed',
      'investigation.completed',
    ])
    // Asked for, a chat hears of what could not be concluded; a mailbox never does.
    await env.DB.prepare(
      `INSERT INTO organization_settings (org_id, correlation, investigation) VALUES (?, '{}', '{"notifyInconclusive":true}')`,
    )
      .bind(it.orgId)
      .run()
    const before = (await it.rows()).length
    await it.happen('rca_completed', { verdict: 'inconclusive' })
    expect((await it.rows()).length - before).toBe(2)
  })

  it('is nobody for hidden incidents, test alerts, openings in a storm and channels that are off', async ({
    expect,
  }) => {
    const it = await told({ ...WEBHOOK, events: [...EVENTS] })
    const [hidden, tried] = [await seedIncident(it.orgId), await seedIncident(it.orgId)]
    await env.DB.batch([
      env.DB.prepare("UPDATE incidents SET suppressed_by = 'window' WHERE id = ?").bind(hidden),
      env.DB.prepare("UPDATE incidents SET source_type = 'aurora_test' WHERE id = ?").bind(tried),
      env.DB.prepare(
        "INSERT INTO organization_settings (org_id, correlation, investigation, storm_until) VALUES (?, '{}', '{}', ?)",
      ).bind(it.orgId, T + MINUTE),
    ])
    for (const incident of [hidden, tried])
      for (const event of ['created', 'resolved']) await it.happen(event, {}, incident)
    await it.happen('created')
    expect(await it.rows()).toEqual([])
    it.clock.now += MINUTE
    await it.happen('created')
    await channels.updateChannel(caller(it.orgId, T), it.ports, it.id, { enabled: false })
    await it.happen('resolved')
    // What waited for a channel that was switched off is given up, for a person to look at.
    expect(await it.rows()).toMatchObject([
      { event: 'incident.opened', state: 'dead', last_error: 'The channel was switched off' },
    ])
  })

  it('hears of a storm and of the end of a maintenance window', async ({ expect }) => {
    const it = await told({ ...WEBHOOK, events: [...EVENTS] })
    const windowId = newId()
    await env.DB.prepare(
      "INSERT INTO maintenance_windows (id, org_id, name, starts_at, ends_at, match, created_by) VALUES (?, ?, 'Upgrade', 1, 2, '[]', 'x')",
    )
      .bind(windowId, it.orgId)
      .run()
    const record = (event: string, subject: string | null, after: unknown) =>
      audit(it.db, { event, actor: 'system', subject, after, at: T })
    await record('storm.begin', null, { until: T + MINUTE })
    await record('maintenance_window.end', windowId, { released: 0, resolved: 2, incidents: [] })
    await record('maintenance_window.end', windowId, { released: 2, resolved: 0, incidents: [it.incidentId] })
    await it.send()
    expect(it.bodies()).toMatchObject([
      { type: 'storm.began', data: { until: '2026-05-04T09:01:00.000Z' } },
      {
        type: 'maintenance.ended',
        data: {
          window: 'Upgrade',
          released: 2,
          incidents: [{ incidentId: it.incidentId, title: 'Checkout is slow' }],
        },
      },
    ])
    const [, row] = await env.DB.prepare(
      'SELECT * FROM notification_deliveries WHERE org_id = ? ORDER BY rowid',
    )
      .bind(it.orgId)
      .all()
      .then(({ results }) => results)
    const message = messageOf(
      {
        id: 'x',
        event: 'maintenance.ended',
        incidentId: null,
        runId: null,
        payload: JSON.parse(String(row?.['payload'])),
        createdAt: T,
      },
      'https://a.example',
    )
    expect(message.lines).toEqual(['2 incidents are still open:', '- Checkout is slow (high)', 'and 1 more'])
  })

  it('is a member by e-mail when the member asked for it', async ({ expect }) => {
    const org = await anOrg()
    const [asks, keen] = [await org.member('viewer'), await org.member('editor')]
    const incidentId = await seedIncident(org.orgId)
    const receiver = aReceiver()
    const ports = portsThrough(receiver.http)
    await channels.createChannel(caller(org.orgId, T), ports, {
      kind: 'email',
      name: 'Members',
      provider: 'postmark',
      apiKey: 'server-token',
      from: 'aurora@example.com',
      members: true,
      events: ['investigation.started', 'investigation.completed'],
    })
    for (const member of [asks, keen])
      await member.post('/api/user-preferences', { key: 'rca_email_notifications', value: true })
    await keen.post('/api/user-preferences', { key: 'rca_email_start_notifications', value: true })
    const db = openTenant(env.DB, org.orgId)
    await lifecycle(db, { incidentId, actor: 'system', event: 'rca_started', at: T })
    await lifecycle(db, { incidentId, actor: 'system', event: 'rca_completed', at: T })
    await deliverDue(db, ports, () => T)
    expect(
      receiver.received.map(({ url, headers }) => [url, headers.get('x-postmark-server-token')]),
    ).toEqual(Array.from({ length: 2 }, () => ['https://api.postmarkapp.com/email', 'server-token']))
    expect(receiver.bodies().map(({ To }) => To.split(', ').toSorted())).toEqual([
      [keen.email],
      [asks.email, keen.email].toSorted(),
    ])
  })
})

describe('the words', () => {
  const payload = (title: string, claim = '') => ({
    title,
    severity: 'high',
    service: null,
    verdict: 'likely',
    confidence: 0.7,
    claim,
  })

  it('carry no secret, no mention and no foreign link, and are cut before the link', async ({ expect }) => {
    const it = await told(SLACK, {
      kind: 'google_chat',
      name: 'Chat',
      url: 'https://chat.googleapis.com/v1/spaces/A/messages?key=k&token=t',
    })
    await env.DB.prepare('UPDATE incidents SET alert_title = ? WHERE id = ?')
      .bind('<!channel> & <https://evil.example|x> password=hunter2hunter2', it.incidentId)
      .run()
    await it.happen('rca_started')
    await it.send()
    const texts = it.received.map(({ url, text }) => [new URL(url).host, JSON.parse(text).text])
    const { 'hooks.slack.com': slack, 'chat.googleapis.com': google } = Object.fromEntries(texts)
    expect(slack).toContain(
      '&lt;!channel&gt; &amp; &lt;https://evil.example|x&gt; password=[REDACTED:assignment]',
    )
    expect(google).toContain('‹!channel› & ‹https://evil.example|x›')
    expect(slack + google).not.toContain('hunter2')
    const long = messageOf(
      {
        id: 'x',
        event: 'investigation.completed',
        incidentId: 'i',
        runId: 'r',
        payload: payload('T'.repeat(900), 'c '.repeat(4000)),
        createdAt: T,
      },
      'https://a.example',
    )
    expect(long.headline.length).toBeLessThan(230)
    expect(long.lines.at(-1)).toMatch(/^c c .{1400,1495} …$/)
  })
})

describe('a try', () => {
  it('that fails is made again, later and later, for about 45 hours', ({ expect }) => {
    const later = { kind: 'later', status: null, error: 'x', afterSeconds: 0 } as const
    const pauses = Array.from({ length: 9 }, (_, index) => {
      const settled = settlementOf(later, index + 1, T)
      return settled.state === 'pending' ? settled.nextAt - T : settled.state
    })
    expect(pauses).toEqual([
      10 * SECOND,
      MINUTE,
      5 * MINUTE,
      30 * MINUTE,
      2 * HOUR,
      6 * HOUR,
      12 * HOUR,
      24 * HOUR,
      'dead',
    ])
    // Whoever asks for more time gets it.
    expect(settlementOf({ ...later, afterSeconds: 600 }, 1, T)).toMatchObject({ nextAt: T + 10 * MINUTE })
  })

  it.for([
    [408, 'pending'],
    [429, 'pending'],
    [503, 'pending'],
    [302, 'dead'],
    [400, 'dead'],
    [410, 'dead'],
    [204, 'sent'],
  ] as const)('that is answered %i leaves it %s', async ([status, state], { expect }) => {
    const it = await told(WEBHOOK)
    it.answer(
      () =>
        new Response(null, {
          status,
          headers: status === 302 ? { location: 'https://elsewhere.example.com/' } : {},
        }),
    )
    await it.happen('created')
    await it.send()
    expect(it.received.length).toBe(1)
    expect(await it.rows()).toMatchObject([{ state, attempts: 1 }])
  })

  it('keeps the order of an incident, and holds up no other', async ({ expect }) => {
    const it = await told(WEBHOOK)
    const other = await seedIncident(it.orgId)
    it.status(503)
    await it.happen('created')
    await it.happen('resolved')
    await it.happen('created', {}, other)
    expect(await it.send()).toBe(T + 10 * SECOND)
    const seen = () => it.bodies().map(({ type, data }) => [type, data.incidentId === other])
    expect(seen()).toEqual([
      ['incident.opened', false],
      ['incident.opened', true],
    ])
    it.clock.now += 10 * SECOND
    expect(await it.send()).toBeNull()
    expect(seen().slice(2)).toEqual([
      ['incident.opened', false],
      ['incident.resolved', false],
    ])
    // The same id for every try of a message, and another one for another message.
    const [first, , again, next] = it.ids()
    expect([first === again, first === next]).toEqual([true, false])
    expect(it.received.every(({ verified }) => verified.length === 1)).toBe(true)
  })

  it('that is given up waits for a person, and goes out again under its id', async ({ expect }) => {
    const it = await told(WEBHOOK)
    it.status(404)
    await it.happen('created')
    await it.send()
    const admin = caller(it.orgId, T)
    const { deliveries } = await listNotifications(admin, { state: 'dead', limit: 10 })
    expect(deliveries).toMatchObject([{ lastStatus: 404, lastError: 'The receiver answered 404' }])
    const id = deliveries[0]?.id ?? ''
    expect(await redriveNotification(admin, id)).toMatchObject({ state: 'pending', attempts: 0 })
    await expect(redriveNotification(admin, id)).rejects.toThrow('Only a dead notification')
    await it.send()
    expect(it.ids()).toEqual([id, id])
    expect(await it.rows()).toMatchObject([{ state: 'sent' }])
  })

  it('is made once, whichever query fails and however', async ({ expect }) => {
    const count = async (fault: Fault | null) => {
      const it = await told(WEBHOOK)
      await it.happen('created')
      await it.happen('resolved')
      const { db, queries } = faultyDatabase(env.DB, fault)
      await deliverDue(openTenant(db, it.orgId), portsThrough(it.http), () => T).catch(() => undefined)
      const used = queries()
      // The next message comes, or the sweep.
      it.clock.now += 3 * MINUTE
      await it.send()
      expect([fault, it.bodies().map(({ type }) => type)]).toEqual([
        fault,
        ['incident.opened', 'incident.resolved'],
      ])
      expect((await it.rows()).map(({ state }) => state)).toEqual(['sent', 'sent'])
      return used
    }
    for (const fault of faultsOf(await count(null))) await count(fault)
  })

  it('whose sender died is made again under the same id, and its late end changes nothing', async ({
    expect,
  }) => {
    const it = await told(WEBHOOK)
    await it.happen('created')
    const [arrived, stuck] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
    const slow = deliverDue(
      it.db,
      portsThrough(async (...request) => {
        await it.http(...request)
        arrived.resolve()
        await stuck.promise
        return new Response('gone', { status: 410 })
      }),
      () => T,
    )
    // Two senders at once: one has it.
    await Promise.race([arrived.promise, slow])
    await it.send()
    expect(it.received.length).toBe(1)
    it.clock.now += 2 * MINUTE
    await it.send()
    stuck.resolve()
    await slow
    expect(it.ids().map((id) => id === it.ids()[0])).toEqual([true, true])
    expect(await it.rows()).toMatchObject([{ state: 'sent', attempts: 2 }])
  })

  it('goes nowhere that the address policy forbids', async ({ expect }) => {
    const it = await told(WEBHOOK)
    const admin = caller(it.orgId, T)
    for (const url of [
      'http://hooks.example.com/',
      'https://127.0.0.1/',
      'https://169.254.169.254/',
      'https://api.aurora.example.com/x',
    ])
      await expect(channels.updateChannel(admin, it.ports, it.id, { url })).rejects.toMatchObject({
        code: 'egress_blocked',
      })
    await expect(
      channels.createChannel(admin, it.ports, { ...SLACK, url: 'https://hooks.slack.com.evil.example/' }),
    ).rejects.toMatchObject({ code: 'egress_blocked' })
    expect(it.received).toEqual([])
  })
})

describe('the signing secret', () => {
  it('can be changed without a gap: for a day both sign', async ({ expect }) => {
    const it = await told(WEBHOOK)
    const { secret } = await channels.rotateSecret(caller(it.orgId, T), it.ports, it.id)
    const known = aReceiver([SECRET, secret])
    const ports = portsThrough(known.http)
    const test = (now: number) => channels.testChannel(caller(it.orgId, now), ports, it.id)
    expect(await test(T)).toMatchObject({ kind: 'sent', status: 200 })
    await test(T + DAY)
    expect(known.received.map(({ verified }) => verified)).toEqual([[SECRET, secret], [secret]])
    expect(known.bodies()[0]).toMatchObject({ type: 'notification.test' })
    expect(known.received[0]?.headers.get('webhook-timestamp')).toBe(String(T / 1000))
  })
})
