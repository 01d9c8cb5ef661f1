import * as fc from 'fast-check'
import { describe, it } from 'vitest'
import type { CanonicalAlert } from '../../src/alerts/canonical'
import { timeOut, transition, type AlertSnapshot } from '../../src/alerts/lifecycle'
import { plain } from '../support/normalised'

const T = Date.parse('2026-01-01T10:00:00Z')
const at = (seconds: number): number => T + seconds * 1000
const settings = { reopenWindowSeconds: 600, autoResolveSeconds: null }

const event = (
  state: CanonicalAlert['state'],
  seconds: number,
  changed: Partial<CanonicalAlert> = {},
): CanonicalAlert => ({
  ...plain,
  source: 'generic',
  sourceType: 'generic',
  dedupKey: 'k',
  state,
  severity: 'high',
  severityRaw: 'error',
  title: 'New title',
  service: null,
  eventTime: at(seconds),
  labels: { a: 'b' },
  metadata: {},
  sourceAlertId: 'k',
  ...changed,
})

const firing: AlertSnapshot = {
  state: 'firing',
  severity: 'high',
  occurrences: 1,
  flaps: 0,
  lastSeenAt: at(1),
  lastTransitionAt: at(0),
  acknowledgedAt: null,
  resolvedAt: null,
  expiresAt: null,
  metadata: {},
}
const acknowledged: AlertSnapshot = {
  ...firing,
  state: 'acknowledged',
  acknowledgedAt: at(10),
  lastTransitionAt: at(10),
}
const resolved: AlertSnapshot = { ...firing, state: 'resolved', resolvedAt: at(10), lastTransitionAt: at(10) }

const step = (alert: AlertSnapshot | null, one: CanonicalAlert, given = settings) =>
  transition(alert, one, given, at(1000))

describe('without an alert', () => {
  it('a firing event opens one', ({ expect }) => {
    expect(step(null, event('firing', 5, { service: 'shop' }))).toMatchObject({
      effect: 'opened',
      opensNew: true,
      lastAlertAt: at(5),
      changes: {
        state: 'firing',
        severity: 'high',
        title: 'New title',
        service: 'shop',
        occurrences: 1,
        flaps: 0,
        lastSeenAt: at(1000),
        lastTransitionAt: at(5),
        resolvedAt: null,
      },
    })
  })

  it('every other event is ignored', ({ expect }) => {
    for (const state of ['acknowledged', 'resolved', 'info'] as const) {
      expect(step(null, event(state, 5))).toMatchObject({ effect: 'ignored', opensNew: false, changes: {} })
    }
    expect(step(null, event('firing', 5, { onlyIfOpen: true })).effect).toBe('ignored')
  })
})

describe('a firing alert', () => {
  it('counts a repeat and takes its title, labels and severity', ({ expect }) => {
    const result = step(firing, event('firing', 20, { severity: 'medium', severityRaw: 'warn' }))
    expect(result).toMatchObject({
      effect: 'repeat',
      opensNew: false,
      severityRose: false,
      lastAlertAt: at(1000),
      changes: {
        occurrences: 2,
        lastSeenAt: at(1000),
        title: 'New title',
        labels: { a: 'b' },
        severity: 'medium',
      },
    })
    expect(result.changes).not.toHaveProperty('state')
    expect(result.changes).not.toHaveProperty('service')
  })

  it('keeps a known severity when the repeat names none', ({ expect }) => {
    const { changes, effect } = step(firing, event('firing', 20, { severity: 'unknown' }))
    expect(effect).toBe('repeat')
    expect(changes).not.toHaveProperty('severity')
  })

  it('escalates when the severity rises', ({ expect }) => {
    expect(step(firing, event('firing', 20, { severity: 'critical' }))).toMatchObject({
      effect: 'escalated',
      severityRose: true,
      lastAlertAt: at(20),
      changes: { severity: 'critical', occurrences: 2 },
    })
  })

  it('is acknowledged and resolved', ({ expect }) => {
    expect(step(firing, event('acknowledged', 20))).toMatchObject({
      effect: 'acknowledged',
      changes: { state: 'acknowledged', acknowledgedAt: at(20), lastTransitionAt: at(20) },
      lastAlertAt: null,
    })
    const { effect, changes } = step(firing, event('resolved', 20, { severity: 'low' }))
    expect(effect).toBe('resolved')
    expect(changes).toEqual({
      state: 'resolved',
      resolvedAt: at(20),
      lastTransitionAt: at(20),
      expiresAt: null,
    })
  })

  it('appends info and merges what it adds', ({ expect }) => {
    const known = { ...firing, metadata: { a: 1 } }
    const result = step(known, event('info', -50, { metadata: { b: 2 }, runbookUrl: 'https://r.example/' }))
    expect(result).toMatchObject({ effect: 'info', lastAlertAt: null })
    expect(result.changes).toEqual({ metadata: { a: 1, b: 2 }, runbookUrl: 'https://r.example/' })
  })
})

describe('an acknowledged alert', () => {
  it('stays acknowledged through repeats', ({ expect }) => {
    const result = step(acknowledged, event('firing', 20))
    expect(result.effect).toBe('repeat')
    expect(result.changes).not.toHaveProperty('state')
  })

  it('fires again when the severity rises', ({ expect }) => {
    expect(step(acknowledged, event('firing', 20, { severity: 'critical' }))).toMatchObject({
      effect: 'escalated',
      changes: { state: 'firing', acknowledgedAt: null },
    })
  })

  it('fires again when the vendor takes the acknowledgement back', ({ expect }) => {
    expect(step(acknowledged, event('firing', 20, { forceState: true }))).toMatchObject({
      effect: 'unacknowledged',
      changes: { state: 'firing', acknowledgedAt: null, lastTransitionAt: at(20) },
    })
  })

  it('appends another acknowledgement and info, and is resolved', ({ expect }) => {
    expect(step(acknowledged, event('acknowledged', 20))).toMatchObject({ effect: 'info', changes: {} })
    expect(step(acknowledged, event('info', 20)).effect).toBe('info')
    expect(step(acknowledged, event('resolved', 20)).effect).toBe('resolved')
  })
})

describe('a resolved alert', () => {
  it('reopens inside the window', ({ expect }) => {
    expect(step(resolved, event('firing', 609))).toMatchObject({
      effect: 'reopened',
      opensNew: false,
      lastAlertAt: at(609),
      changes: { state: 'firing', flaps: 1, occurrences: 2, resolvedAt: null, lastTransitionAt: at(609) },
    })
  })

  it('gives way to a new alert from the end of the window on', ({ expect }) => {
    const result = step(resolved, event('firing', 610))
    expect(result).toMatchObject({ effect: 'opened', opensNew: true, changes: { occurrences: 1, flaps: 0 } })
    const never = { ...settings, reopenWindowSeconds: 0 }
    expect(step(resolved, event('firing', 11), never).opensNew).toBe(true)
  })

  it('reopens for seven days when the vendor says so', ({ expect }) => {
    const week = 7 * 86_400
    expect(step(resolved, event('firing', week + 9, { reopening: true })).effect).toBe('reopened')
    expect(step(resolved, event('firing', week + 10, { reopening: true })).effect).toBe('opened')
  })

  it('ignores acknowledgements and resolutions, appends info', ({ expect }) => {
    expect(step(resolved, event('acknowledged', 20)).effect).toBe('ignored')
    expect(step(resolved, event('resolved', 20)).effect).toBe('ignored')
    expect(step(resolved, event('info', 20)).effect).toBe('info')
    expect(step(resolved, event('firing', 20, { onlyIfOpen: true })).effect).toBe('info')
  })

  it('says when it comes back worse', ({ expect }) => {
    expect(step(resolved, event('firing', 20, { severity: 'critical' })).severityRose).toBe(true)
    expect(step(resolved, event('firing', 20)).severityRose).toBe(false)
  })
})

describe('the order of events', () => {
  it('makes an older transition stale, which changes nothing', ({ expect }) => {
    const stale = { effect: 'stale', opensNew: false, changes: {}, lastAlertAt: null }
    expect(step(acknowledged, event('resolved', 9))).toMatchObject(stale)
    expect(step({ ...firing, lastTransitionAt: at(10) }, event('acknowledged', 9))).toMatchObject(stale)
    expect(step(resolved, event('firing', 9))).toMatchObject(stale)
    expect(step(resolved, event('resolved', 9))).toMatchObject(stale)
  })

  it('at equal times lets resolved beat acknowledged and that beat firing', ({ expect }) => {
    expect(step(firing, event('acknowledged', 0)).effect).toBe('acknowledged')
    expect(step(firing, event('resolved', 0)).effect).toBe('resolved')
    expect(step(acknowledged, event('resolved', 10)).effect).toBe('resolved')
    expect(step(resolved, event('firing', 10)).effect).toBe('stale')
    expect(step(resolved, event('acknowledged', 10)).effect).toBe('stale')
    expect(step(acknowledged, event('firing', 10, { forceState: true })).effect).toBe('repeat')
  })

  it('never makes a firing event on an open alert stale: an older one only counts', ({ expect }) => {
    const worse = event('firing', 5, { severity: 'critical', forceState: true })
    const result = step(acknowledged, worse)
    expect(result).toMatchObject({ effect: 'repeat', severityRose: false, lastAlertAt: at(1000) })
    expect(result.changes).toEqual({ occurrences: 2, lastSeenAt: at(1000) })
  })

  it('never moves the last sighting back', ({ expect }) => {
    const seen = { ...firing, lastSeenAt: at(5000) }
    expect(step(seen, event('firing', 20)).changes.lastSeenAt).toBe(at(5000))
  })
})

describe('an alert that runs out of time', () => {
  const expiring = { ...firing, expiresAt: at(300) }
  const quiet = { ...settings, autoResolveSeconds: 3600 }

  it('expires at its time and not before', ({ expect }) => {
    expect(timeOut(expiring, settings, at(300) - 1)).toBeNull()
    expect(timeOut(expiring, settings, at(300))).toMatchObject({
      effect: 'expired',
      changes: { state: 'resolved', resolvedAt: at(300) },
    })
  })

  it('is resolved when it was not seen for long enough', ({ expect }) => {
    expect(timeOut(firing, quiet, at(3601) - 1)).toBeNull()
    expect(timeOut(acknowledged, quiet, at(3601))).toMatchObject({ effect: 'auto_resolved' })
    expect(timeOut(firing, settings, at(1e9))).toBeNull()
    expect(timeOut({ ...resolved, expiresAt: at(0) }, quiet, at(1e9))).toBeNull()
  })

  it('is put off by every refresh, even an older one', ({ expect }) => {
    const refresh = event('firing', 0, { expiresAt: at(600) })
    expect(step(expiring, refresh).changes.expiresAt).toBe(at(600))
    expect(step({ ...expiring, lastTransitionAt: at(50) }, refresh).changes.expiresAt).toBe(at(600))
  })

  it('is believed when it fires again with its old start time', ({ expect }) => {
    const expired = { ...expiring, ...timeOut(expiring, settings, at(300))?.changes }
    const refresh = event('firing', 0, { expiresAt: at(1300) })
    expect(transition(expired, refresh, settings, at(400))).toMatchObject({
      effect: 'reopened',
      lastAlertAt: at(400),
      changes: { state: 'firing', expiresAt: at(1300) },
    })
    expect(transition(expired, refresh, settings, at(901)).effect).toBe('opened')
  })
})

describe('any sequence of events', () => {
  it('leaves a state that fits its times', ({ expect }) => {
    const anyEvent = fc
      .tuple(
        fc.constantFrom('firing', 'acknowledged', 'resolved', 'info'),
        fc.integer({ min: 0, max: 2000 }),
        fc.constantFrom('critical', 'low', 'unknown'),
      )
      .map(([state, seconds, severity]) => event(state, seconds, { severity }))
    fc.assert(
      fc.property(fc.array(anyEvent, { maxLength: 30 }), (events) => {
        let alert: AlertSnapshot | null = null
        for (const one of events) {
          const { changes, opensNew, effect }: ReturnType<typeof transition> = step(alert, one)
          if (alert === null && !opensNew) continue
          const before: AlertSnapshot = alert ?? firing
          alert = { ...before, ...changes }
          expect(alert.state === 'resolved').toBe(alert.resolvedAt !== null)
          expect(alert.state === 'acknowledged').toBe(
            alert.acknowledgedAt !== null && alert.state !== 'resolved',
          )
          if (!opensNew) expect(alert.lastTransitionAt).toBeGreaterThanOrEqual(before.lastTransitionAt)
          if (effect === 'stale' || effect === 'ignored') expect(alert).toEqual(before)
        }
      }),
    )
  })
})
