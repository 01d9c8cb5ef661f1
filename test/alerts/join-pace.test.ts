import { describe, it } from 'vitest'
import { joinsDueAt, paceJoin, tellDue, type JoinPace } from '../../src/alerts/join-pace'

/** Joins at these times; how many each told to the streams and to the records. */
function joinAll(times: readonly number[]) {
  let pace: JoinPace | null = null
  return times.map((now) => {
    const step = paceJoin(pace, now)
    pace = step.pace
    return step
  })
}

const burst = (count: number) => joinAll(Array.from({ length: count }, (_, n) => n))

describe('joins of an incident', () => {
  it('are each told at once up to the 60th of a minute', ({ expect }) => {
    expect(burst(60).every(({ stream, note }) => stream === 1 && note === 1)).toBe(true)
    expect(joinsDueAt(burst(60)[59]?.pace ?? never())).toBeNull()
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

  it('that wait when a burst ends are due 2 and 10 seconds after the last word', ({ expect }) => {
    const { pace } = burst(100)[99] ?? never()
    expect(pace).toMatchObject({ unstreamed: 40, unnoted: 40 })
    expect(joinsDueAt(pace)).toBe(59 + 2000)
    expect(tellDue(pace, 2058)).toMatchObject({ stream: 0, note: 0, pace })
    const streams = tellDue(pace, 2059)
    expect(streams).toMatchObject({ stream: 40, note: 0 })
    expect(joinsDueAt(streams.pace)).toBe(59 + 10_000)
    const notes = tellDue(streams.pace, 10_059)
    expect(notes).toMatchObject({ stream: 0, note: 40 })
    expect(joinsDueAt(notes.pace)).toBeNull()
  })
})

function never(): never {
  throw new Error('there is no such step')
}
