import { describe, it } from 'vitest'
import { waitFor } from '../../src/jobs/ingest-pace'

describe('a batch of deliveries', () => {
  const last = { began: 1000, ended: 1040 }

  it('never waits when it comes alone', ({ expect }) => {
    expect(waitFor(1, { began: 0, ended: 0 }, 1_000_000)).toBe(0)
    expect(waitFor(1, last, 1250)).toBe(0)
  })

  it('lets others gather when one was taken up just before, unless it is full', ({ expect }) => {
    expect(waitFor(3, last, 1041)).toBe(209)
    expect(waitFor(100, last, 1160)).toBe(0)
  })

  it('leaves receiving three times the time that the last batch took, within bounds', ({ expect }) => {
    expect(waitFor(100, last, 1050)).toBe(110)
    expect(waitFor(100, { began: 0, ended: 60_000 }, 60_000)).toBe(1000)
    expect(waitFor(1, { began: 90_000, ended: 90_000 }, 0)).toBe(1000)
  })
})
