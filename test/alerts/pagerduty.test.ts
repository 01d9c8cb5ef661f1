import { describe, it } from 'vitest'
import { deliveryKeyOf } from '../../src/alerts/delivery-key'
import { transition, type AlertSnapshot } from '../../src/alerts/lifecycle'
import { bodyProblem } from '../../src/alerts/normalise'
import { pagerduty } from '../../src/alerts/pagerduty'
import { DEFAULT_SETTINGS } from '../../src/alerts/settings'
import { utf8 } from '../../src/lib/hmac'
import { alertOf, plain, read, receivedAt } from '../support/normalised'

const { event } = Object(pagerduty.example)
const withEvent = (changes: object) => ({ event: { ...event, ...changes } })
const withData = (changes: object, type: string = event.event_type) =>
  withEvent({ event_type: type, data: { ...event.data, ...changes } })
const occurredAt = Date.parse('2026-01-01T10:02:41.112Z')
const url = 'https://acme.pagerduty.com/incidents/Q1R2S3T4U5V6'

const fieldsUpdated = withEvent({
  event_type: 'incident.custom_field_values.updated',
  data: {
    type: 'incident_field_values',
    incident: { id: 'Q1R2S3T4U5V6', html_url: url, summary: '5xx' },
    custom_fields: [
      { id: 'F1', name: 'runbook_link', value: 'https://runbooks.example.com/5xx' },
      { id: 'F2', name: 'tier', value: 1 },
      'nonsense',
    ],
  },
})

describe('PagerDuty', () => {
  it('becomes this alert', async ({ expect }) => {
    expect(await read(pagerduty, pagerduty.example)).toEqual({
      alerts: [
        {
          ...plain,
          source: 'pagerduty',
          sourceType: 'pagerduty',
          kind: 'incident',
          dedupKey: 'Q1R2S3T4U5V6',
          state: 'firing',
          severity: 'critical',
          severityRaw: 'P1',
          title: '5xx ratio above 5% on checkout-api',
          service: 'checkout-api',
          startsAt: Date.parse('2026-01-01T10:02:40Z'),
          firedAt: Date.parse('2026-01-01T10:02:40Z'),
          eventTime: occurredAt,
          sourceUrl: url,
          metadata: {
            incidentId: 'Q1R2S3T4U5V6',
            incidentUrl: url,
            incidentKey: 'd3640fbd41094207a1c11e58e46b1662',
            urgency: 'high',
            priority: 'P1',
          },
          sourceAlertId: '4812',
        },
      ],
      changes: [],
      errors: [],
    })
  })

  it('means by each event what the vendor means', async ({ expect }) => {
    const effect = async (type: string) => {
      const { state, forceState, reopening, onlyIfOpen } = await alertOf(pagerduty, withData({}, type))
      return { state, forceState, reopening, onlyIfOpen }
    }
    const none = { forceState: false, reopening: false, onlyIfOpen: false }
    expect(await effect('incident.triggered')).toEqual({ ...none, state: 'firing' })
    expect(await effect('incident.reopened')).toEqual({ ...none, state: 'firing', reopening: true })
    expect(await effect('incident.unacknowledged')).toEqual({ ...none, state: 'firing', forceState: true })
    expect(await effect('incident.acknowledged')).toEqual({ ...none, state: 'acknowledged' })
    expect(await effect('incident.resolved')).toEqual({ ...none, state: 'resolved' })
    for (const name of ['escalated', 'reassigned', 'delegated', 'service_updated', 'priority_updated'])
      expect(await effect(`incident.${name}`)).toEqual({ ...none, state: 'firing', onlyIfOpen: true })
    for (const name of ['annotated', 'responder.added', 'status_update_published'])
      expect(await effect(`incident.${name}`)).toEqual({ ...none, state: 'info' })
  })

  it('is as severe as its priority, else as its urgency', async ({ expect }) => {
    const severity = async (changes: object) => (await alertOf(pagerduty, withData(changes))).severity
    expect(await severity({ priority: { summary: 'SEV-2' } })).toBe('high')
    expect(await severity({ priority: { summary: 'Platinum' }, urgency: 'high' })).toBe('high')
    expect(await severity({ priority: null, urgency: 'low' })).toBe('medium')
    expect(await severity({ priority: null, urgency: null })).toBe('unknown')
  })

  it('keeps custom fields, and takes the runbook from one', async ({ expect }) => {
    const alert = await alertOf(pagerduty, fieldsUpdated)
    expect(alert).toMatchObject({
      state: 'info',
      dedupKey: 'Q1R2S3T4U5V6',
      runbookUrl: 'https://runbooks.example.com/5xx',
      metadata: { customFields: { runbook_link: 'https://runbooks.example.com/5xx', tier: 1 } },
    })
    const known: AlertSnapshot = {
      state: 'firing',
      severity: 'critical',
      occurrences: 1,
      flaps: 0,
      lastSeenAt: occurredAt,
      lastTransitionAt: occurredAt,
      acknowledgedAt: null,
      resolvedAt: null,
      expiresAt: null,
      metadata: { priority: 'P1', customFields: { region: 'eu', tier: 3 } },
    }
    const { effect, changes } = transition(known, alert, DEFAULT_SETTINGS, receivedAt)
    expect(effect).toBe('info')
    expect(changes).toMatchObject({
      runbookUrl: 'https://runbooks.example.com/5xx',
      metadata: { priority: 'P1', customFields: { region: 'eu', tier: 1 } },
    })
    expect(changes.severity).toBeUndefined()
  })

  it('stores what it does not monitor, and says so in its answer', async ({ expect }) => {
    const reason = (body: object) =>
      pagerduty.answer?.({ headers: new Headers(), body }, 'canonical', DEFAULT_SETTINGS)?.members.reason
    expect(reason(Object(pagerduty.example))).toBeUndefined()
    expect(reason(fieldsUpdated)).toBeUndefined()
    expect(reason(withData({}, 'incident.annotated'))).toBe('event type not monitored')
    const service = withEvent({ event_type: 'service.updated', resource_type: 'service' })
    expect(reason(service)).toBe('non-incident event')
    expect((await read(pagerduty, service)).alerts).toEqual([])
    const ping = { event: { id: 'e', event_type: 'pagey.ping', resource_type: 'pagey', data: {} } }
    expect(reason(ping)).toBe('non-incident event')
    expect(await read(pagerduty, ping)).toEqual({ alerts: [], changes: [], errors: [] })
    const note = withEvent({ event_type: 'incident.annotated', data: { id: 'N1', incident: { id: 'Q1' } } })
    expect((await alertOf(pagerduty, note)).dedupKey).toBe('Q1')
  })

  it('names what it must have', ({ expect }) => {
    const missing = (body: unknown) => bodyProblem(pagerduty, body, DEFAULT_SETTINGS)
    expect(missing({})).toEqual({ code: 'validation_failed', message: 'Missing event' })
    expect(missing({ event: [] })?.message).toBe('Missing event')
    expect(missing({ event: { resource_type: 'incident' } })?.message).toBe('Missing event.event_type')
    expect(missing({ event: { event_type: 'pagey.ping' } })?.message).toBe('Missing event.resource_type')
  })

  it('is delivered once by the id of its event, which is signed', async ({ expect }) => {
    const request = (body: unknown) => ({
      headers: new Headers({ 'X-Webhook-Id': 'w1', 'Idempotency-Key': 'k' }),
      bytes: utf8('{}'),
      body,
      receivedAt,
      requestId: 'r1',
    })
    expect(await deliveryKeyOf(pagerduty, request(pagerduty.example))).toBe('01HZX3N7Q2V9KJ0W')
    expect(await deliveryKeyOf(pagerduty, request({ event: {} }))).toBe('w1')
  })
})
