import { describe, it } from 'vitest'
import { newrelic } from '../../src/alerts/newrelic'
import { alertOf, plain, read } from '../support/normalised'

const example = Object(newrelic.example)
const id = '2f1c6e0b-5a7d-4a8e-9d63-0b1f5c7a9e21'
const url = 'https://radar-api.service.newrelic.com/accounts/1234567/issues/2f1c6e0b'

describe('New Relic', () => {
  it('becomes this alert', async ({ expect }) => {
    const startsAt = Date.parse('2026-01-01T10:02:00Z')
    expect(await read(newrelic, example)).toEqual({
      alerts: [
        {
          ...plain,
          kind: 'issue',
          source: 'newrelic',
          sourceType: 'newrelic',
          dedupKey: id,
          state: 'firing',
          severity: 'critical',
          severityRaw: 'CRITICAL',
          title: "checkout-api query result is > 2 on 'Apdex low'",
          service: 'checkout-api',
          startsAt,
          firedAt: startsAt,
          eventTime: Date.parse('2026-01-01T10:03:00Z'),
          sourceUrl: url,
          sourceAlertId: id,
          metadata: {
            issueId: id,
            issueUrl: url,
            priority: 'CRITICAL',
            trigger: 'STATE_CHANGE',
            impactedEntities: ['checkout-api'],
            totalIncidents: 1,
            policyNames: ['Payments golden signals'],
            conditionNames: ['Apdex low'],
            workflowName: 'aurora',
          },
        },
      ],
      changes: [],
      errors: [],
    })
  })

  it('reads its states, and repeats an issue whatever triggered the message', async ({ expect }) => {
    const state = async (value: unknown, trigger = 'STATE_CHANGE') =>
      (await alertOf(newrelic, { ...example, state: value, trigger })).state
    expect(await state('CREATED')).toBe('firing')
    expect(await state('ACTIVATED', 'PRIORITY_CHANGED')).toBe('firing')
    expect(await state('acknowledged')).toBe('acknowledged')
    expect(await state('CLOSED')).toBe('resolved')
    expect(await state('SOMETHING')).toBe('info')
    expect(await state(undefined)).toBe('firing')
  })

  it('finds its identity and its service under their other names', async ({ expect }) => {
    const { id: _, impactedEntities: __, ...rest } = example
    const other = { ...rest, entitiesData: { names: ['ledger'] } }
    expect(await alertOf(newrelic, { ...other, issueId: 7 })).toMatchObject({
      dedupKey: '7',
      service: 'ledger',
    })
    expect((await alertOf(newrelic, { ...other, issue_id: 'i-8' })).dedupKey).toBe('i-8')
    expect((await read(newrelic, other)).errors).toEqual([{ index: 0, message: 'Missing dedupKey' }])
  })

  it("keeps the original's answer on the original's path", ({ expect }) => {
    const request = { headers: new Headers(), body: example }
    const settings = Object(newrelic.settings)
    expect(newrelic.answer?.(request, 'A', settings)).toEqual({
      status: 202,
      members: { accepted: true, issueId: id },
    })
    expect(newrelic.answer?.(request, 'canonical', settings)).toBeNull()
  })
})
