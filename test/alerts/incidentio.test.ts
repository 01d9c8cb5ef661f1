import { describe, it } from 'vitest'
import { incidentio } from '../../src/alerts/incidentio'
import { alertOf, plain, read } from '../support/normalised'

const at = Date.parse('2026-01-01T10:02:41Z')
const alertEvent = (event: string, alert: object) => ({
  event_type: event,
  [event]: { id: 'a1', title: 'x', ...alert },
})
const incidentEvent = (event: string, incident: object) => ({
  event_type: event,
  [event]: { incident: { id: 'i1', name: 'x', ...incident } },
})

describe('incident.io', () => {
  it('becomes this alert', async ({ expect }) => {
    expect(await read(incidentio, incidentio.example)).toEqual({
      alerts: [
        {
          ...plain,
          source: 'incidentio',
          sourceType: 'incidentio',
          dedupKey: 'alert:checkout-5xx',
          state: 'firing',
          severity: 'unknown',
          severityRaw: null,
          title: 'checkout-api 5xx',
          description: '8.4% of requests fail',
          service: null,
          startsAt: at,
          firedAt: at,
          eventTime: at,
          sourceUrl: 'https://grafana.example.com/alerting/ae3kq',
          sourceAlertId: '01HZX4ALERT',
          metadata: {
            alertId: '01HZX4ALERT',
            alertSourceId: '01HSRC',
            deduplicationKey: 'checkout-5xx',
            status: 'firing',
          },
        },
      ],
      changes: [],
      errors: [],
    })
  })

  it('becomes this alert when an incident changes', async ({ expect }) => {
    const startsAt = Date.parse('2026-01-01T10:02:50Z')
    const { alerts } = await read(incidentio, incidentio.otherExamples?.at(-1))
    expect(alerts).toMatchObject([
      {
        kind: 'incident',
        dedupKey: 'incident:01HZX4INC',
        state: 'resolved',
        severity: 'high',
        severityRaw: 'Major',
        title: 'Checkout failing',
        description: 'Payments return 503',
        startsAt,
        sourceUrl: 'https://app.incident.io/incidents/481',
        sourceAlertId: 'INC-481',
        metadata: {
          incidentId: '01HZX4INC',
          status: 'Resolved',
          incidentType: 'Production',
          message: 'Rolled back',
        },
      },
    ])
  })

  it('ends an alert by its event or its status', async ({ expect }) => {
    const state = async (event: string, alert: object = {}) =>
      (await alertOf(incidentio, alertEvent(event, alert))).state
    expect(await state('public_alert.alert_created_v1')).toBe('firing')
    expect(await state('public_alert.alert_created_v1', { status: 'resolved' })).toBe('resolved')
    expect(await state('public_alert.alert_resolved_v1', { status: 'firing' })).toBe('resolved')
  })

  it('names an alert without a deduplication key by its id, and reads its attributes as labels', async ({
    expect,
  }) => {
    const attributes = [
      { attribute: { name: 'Service' }, value: { label: 'checkout-api', literal: '01H' } },
      { attribute: { name: 'Severity' }, value: { literal: 'critical' } },
      { attribute: { name: 'Team' } },
      'nonsense',
    ]
    expect(
      await alertOf(incidentio, alertEvent('public_alert.alert_created_v1', { attributes })),
    ).toMatchObject({
      dedupKey: 'alert:a1',
      service: 'checkout-api',
      severity: 'critical',
      labels: { service: 'checkout-api', severity: 'critical' },
    })
  })

  it.for([
    ['triage', 'firing'],
    ['live', 'firing'],
    ['learning', 'resolved'],
    ['closed', 'resolved'],
    ['declined', 'resolved'],
    ['canceled', 'resolved'],
    ['merged', 'resolved'],
  ] as const)('means %s by the category of an incident', async ([category, state], { expect }) => {
    for (const event of ['created', 'updated', 'status_updated']) {
      const body = incidentEvent(`public_incident.incident_${event}_v2`, { incident_status: { category } })
      expect((await alertOf(incidentio, body)).state).toBe(state)
    }
  })

  it('opens nothing for pretended incidents, private events and everything else', async ({ expect }) => {
    for (const mode of ['test', 'tutorial']) {
      const body = incidentEvent('public_incident.incident_created_v2', { mode })
      expect((await alertOf(incidentio, body)).state).toBe('info')
    }
    for (const event of [
      'private_incident.incident_created_v2',
      'public_incident.follow_up_created_v1',
      'public_escalation.escalation_created_v1',
      'constructor',
    ])
      expect(await read(incidentio, { event_type: event, [event]: { id: 'i1' } })).toEqual({
        alerts: [],
        changes: [],
        errors: [],
      })
  })

  it('is a delivery of its own by the id that its vendor signs', ({ expect }) => {
    const key = (headers: Record<string, string>) =>
      incidentio.deliveryKey?.({ headers: new Headers(headers), body: {} })
    expect(key({ 'webhook-id': 'msg_1' })).toBe('msg_1')
    expect(key({ 'svix-id': 'msg_2' })).toBe('msg_2')
    expect(key({})).toBeNull()
  })
})
