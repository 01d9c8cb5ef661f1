import { describe, it } from 'vitest'
import { paceRepeat, saysNothingNew, type RepeatPace } from '../../src/alerts/repeat-pace'

describe('identical repeats of an alert', () => {
  it('are rows up to the tenth of a minute, then numbers, then rows again', ({ expect }) => {
    let pace: RepeatPace | null = null
    const counted = [...Array.from({ length: 15 }, (_, n) => n), 60_000].map((now) => {
      const step = paceRepeat(pace, now)
      pace = step.pace
      return step.isCounted
    })
    expect(counted).toEqual([...Array(10).fill(false), ...Array(5).fill(true), false])
  })

  it('say nothing but that the alert is still there', ({ expect }) => {
    const alert = { title: 'Slow', labels: { a: '1' }, severity: 'high', occurrences: 3, lastSeenAt: 1 }
    const again = { title: 'Slow', labels: { a: '1' }, occurrences: 4, lastSeenAt: 2, expiresAt: 9 }
    expect(saysNothingNew(alert, again)).toBe(true)
    expect(saysNothingNew(alert, { ...again, labels: { a: '2' } })).toBe(false)
    expect(saysNothingNew(alert, { ...again, severity: 'low' })).toBe(false)
  })
})
