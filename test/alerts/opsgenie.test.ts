import { describe, it } from 'vitest'
import { opsgenie } from '../../src/alerts/opsgenie'
import { alertOf, plain, read } from '../support/normalised'

const example = Object(opsgenie.example)
const withAction = (action: unknown, changes: object = {}) => ({
  ...example,
  action,
  alert: { ...example.alert, ...changes },
})

describe('Opsgenie', () => {
  it('becomes this alert', async ({ expect }) => {
    const at = Date.parse('2026-01-01T10:02:00Z')
    expect(await read(opsgenie, example)).toEqual({
      alerts: [
        {
          ...plain,
          source: 'opsgenie',
          sourceType: 'opsgenie',
          dedupKey: '70413a06-38d6-4c85-92b8-5ebc900d42e2',
          state: 'firing',
          severity: 'critical',
          severityRaw: 'P1',
          title: 'checkout-api error budget burn',
          description: 'Burn rate 14x over 1h',
          service: 'checkout-api',
          environment: 'production',
          startsAt: at,
          firedAt: at,
          eventTime: at,
          runbookUrl: 'https://runbooks.example.com/slo',
          labels: { service: 'checkout-api', env: 'production' },
          sourceAlertId: '1791',
          metadata: {
            alertId: '70413a06-38d6-4c85-92b8-5ebc900d42e2',
            alias: 'slo-burn-checkout-api',
            action: 'Create',
            priority: 'P1',
            entity: 'checkout-api',
            source: 'prometheus-prod',
            teams: ['payments'],
            username: 'Prometheus',
            details: { runbook: 'https://runbooks.example.com/slo' },
            integrationName: 'Aurora',
          },
        },
      ],
      changes: [],
      errors: [],
    })
  })

  it.for([
    ['Create', { state: 'firing', onlyIfOpen: false, forceState: false }],
    ['UnAcknowledge', { state: 'firing', onlyIfOpen: false, forceState: true }],
    ['Acknowledge', { state: 'acknowledged' }],
    ['Close', { state: 'resolved' }],
    ['Delete', { state: 'resolved' }],
    ['UpdatePriority', { state: 'firing', onlyIfOpen: true }],
    ['Escalate', { state: 'firing', onlyIfOpen: true }],
    ['UpdateMessage', { state: 'firing', onlyIfOpen: true }],
    ['UpdateDescription', { state: 'firing', onlyIfOpen: true }],
    ['AddNote', { state: 'info' }],
    ['SomethingNew', { state: 'info' }],
    [null, { state: 'info' }],
  ] as const)('means by the action %s what it should', async ([action, meaning], { expect }) => {
    expect(await alertOf(opsgenie, withAction(action))).toMatchObject(meaning)
  })

  it('reads its priorities', async ({ expect }) => {
    const severity = async (priority: unknown) =>
      (await alertOf(opsgenie, withAction('Create', { priority }))).severity
    const words = ['P1', 'P2', 'P3', 'P4', 'P5', null]
    expect(await Promise.all(words.map(severity))).toEqual([
      'critical',
      'high',
      'medium',
      'low',
      'low',
      'unknown',
    ])
  })

  it('names the service by tag, detail, entity, and by the source last', async ({ expect }) => {
    const service = async (changes: object) =>
      (await alertOf(opsgenie, withAction('Create', changes))).service
    const details = { service: 'by-detail' }
    expect(await service({ details })).toBe('checkout-api')
    expect(await service({ tags: [], details })).toBe('by-detail')
    expect(await service({ tags: [], entity: 'by-entity' })).toBe('by-entity')
    expect(await service({ tags: [], entity: '' })).toBe('prometheus-prod')
  })

  it('does not open what we raised there ourselves', async ({ expect }) => {
    const message = '[Aurora] Incident raised: checkout-api'
    expect((await alertOf(opsgenie, withAction('Create', { message }))).state).toBe('info')
  })

  it('keeps what is about no alert without an error, and names an alert without an id', async ({
    expect,
  }) => {
    expect(await read(opsgenie, { action: 'Ping' })).toEqual({ alerts: [], changes: [], errors: [] })
    const { alerts, errors } = await read(opsgenie, withAction('Create', { alertId: null }))
    expect([alerts, errors]).toEqual([[], [{ index: 0, message: 'Missing dedupKey' }]])
  })
})
