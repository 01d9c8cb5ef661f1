import { describe, it } from 'vitest'
import {
  followAlert,
  resolveIncident,
  worseOf,
  type IncidentSnapshot,
} from '../../src/alerts/incident-lifecycle'
import type { Effect } from '../../src/alerts/lifecycle'

const open: IncidentSnapshot = {
  status: 'investigating',
  severity: 'medium',
  acknowledgedAt: null,
  resolvedAt: null,
}
const closed: IncidentSnapshot = { ...open, status: 'resolved', resolvedAt: 5 }
const facts = { severity: 'medium', openAlerts: 1, autoResolveIncidents: true, at: 10 } as const
const NOTHING = { changes: {}, lifecycle: [] }

describe('the severity of an incident', () => {
  it('rises with its alerts, and each rise is an event', ({ expect }) => {
    for (const effect of ['opened', 'escalated', 'repeat'] as const) {
      expect(followAlert(open, effect, { ...facts, severity: 'critical' })).toEqual({
        changes: { severity: 'critical' },
        lifecycle: ['severity_changed'],
      })
    }
  })

  it('never falls', ({ expect }) => {
    for (const severity of ['medium', 'low', 'unknown'] as const) {
      expect(followAlert(open, 'opened', { ...facts, severity })).toEqual(NOTHING)
    }
    expect(worseOf('medium', 'low')).toBe('medium')
    expect(worseOf('unknown', 'low')).toBe('low')
  })
})

describe('an acknowledgement', () => {
  it('is dated once and never changes the status', ({ expect }) => {
    expect(followAlert(open, 'acknowledged', facts)).toEqual({
      changes: { acknowledgedAt: 10 },
      lifecycle: ['acknowledged'],
    })
    expect(followAlert({ ...open, acknowledgedAt: 3 }, 'acknowledged', facts)).toEqual(NOTHING)
  })
})

describe('a resolution', () => {
  const last = { ...facts, openAlerts: 0 }

  it('of the last open alert resolves the incident', ({ expect }) => {
    for (const effect of ['resolved', 'expired', 'auto_resolved'] as const) {
      for (const status of ['investigating', 'analyzed'] as const) {
        expect(followAlert({ ...open, status }, effect, last)).toEqual({
          changes: { status: 'resolved', resolvedAt: 10 },
          lifecycle: ['alert_resolved', 'resolved'],
        })
      }
    }
  })

  it('of one alert of several leaves it open', ({ expect }) => {
    expect(followAlert(open, 'resolved', facts)).toEqual({ changes: {}, lifecycle: ['alert_resolved'] })
  })

  it('is only noted when incidents do not resolve by themselves, or this one already did', ({ expect }) => {
    const noted = { changes: {}, lifecycle: ['alert_resolved', 'all_alerts_resolved'] }
    expect(followAlert(open, 'resolved', { ...last, autoResolveIncidents: false })).toEqual(noted)
    expect(followAlert(closed, 'resolved', last)).toEqual(noted)
  })

  it('by hand happens once', ({ expect }) => {
    expect(resolveIncident(open, 7)).toEqual({
      changes: { status: 'resolved', resolvedAt: 7 },
      lifecycle: ['resolved'],
    })
    expect(resolveIncident(closed, 7)).toEqual(NOTHING)
    expect(resolveIncident({ ...open, status: 'merged' }, 7)).toEqual(NOTHING)
  })
})

describe('a resolved incident', () => {
  it('is reopened by a reopening or an escalation', ({ expect }) => {
    for (const effect of ['reopened', 'escalated'] as const) {
      expect(followAlert(closed, effect, { ...facts, severity: 'high' })).toEqual({
        changes: { status: 'investigating', resolvedAt: null, severity: 'high' },
        lifecycle: ['reopened', 'severity_changed'],
      })
    }
  })

  it('stays resolved through repeats', ({ expect }) => {
    for (const effect of ['repeat', 'unacknowledged', 'stale', 'info', 'ignored'] as const) {
      expect(followAlert(closed, effect, facts)).toEqual(NOTHING)
    }
  })
})

describe('other incidents', () => {
  it('keep their analysis when an alert flaps', ({ expect }) => {
    expect(followAlert({ ...open, status: 'analyzed' }, 'reopened', facts)).toEqual(NOTHING)
  })

  it('that were merged away never change', ({ expect }) => {
    const effects: readonly Effect[] = ['opened', 'escalated', 'acknowledged', 'resolved', 'reopened']
    for (const effect of effects) {
      expect(
        followAlert({ ...open, status: 'merged' }, effect, { ...facts, severity: 'critical', openAlerts: 0 }),
      ).toEqual(NOTHING)
    }
  })
})
