import { describe, it } from 'vitest'
import { paceJoin, type JoinPace } from '../../src/alerts/join-pace'

/** Joins at these times; how many each told to the streams and to the records. */
function joinAll(times: readonly number[]) {
  let pace: JoinPace | null = null
  return times.map((now, index) => {
    const step = paceJoin(pace, index + 1, now)
    pace = step.pace
    return step
  })
}

describe('joins of an incident', () => {
  it('are each told at once up to the 60th of a minute', ({ expect }) => {
    const steps = joinAll(Array.from({ length: 60 }, (_, n) => n))
    expect(steps.every(({ stream, note }) => stream === 1 && note === 1)).toBe(true)
  })

  it('are told together from the 61st on, every 2 and every 10 seconds, and none is left out', ({
    expect,
  }) => {
    const times = Array.from({ length: 2000 }, (_, n) => n * 15)
    const steps = joinAll([...times, 60_000])
    const sum = (of: 'stream' | 'note') => steps.reduce((total, step) => total + step[of], 0)
    expect(sum('stream')).toBe(2001)
    expect(sum('note')).toBe(2001)
    const told = (of: 'stream' | 'note') => steps.filter((step) => step[of] > 0).length
    expect(told('stream')).toBeLessThanOrEqual(60 + 30_000 / 2000 + 1)
    expect(told('note')).toBeLessThanOrEqual(60 + 30_000 / 10_000 + 1)
  })

  it('are told at once again in a calmer minute', ({ expect }) => {
    const times = Array.from({ length: 100 }, (_, n) => n)
    const [last] = joinAll([...times, 120_000, 120_001]).slice(-1)
    expect(last).toMatchObject({ stream: 1, note: 1, pace: { joins: 2 } })
  })
})
