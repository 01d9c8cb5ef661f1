import { describe, it } from 'vitest'
import { idsInOrder, newId, parseId, timeOfId } from '../../src/lib/ids'

describe('ids', () => {
  it('are version 7 UUIDs that carry their creation time and sort by it', ({ expect }) => {
    const earlier = newId(1_767_225_600_000)
    const later = newId(1_767_225_600_001)
    expect(earlier).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
    expect(timeOfId(earlier)).toBe(1_767_225_600_000)
    expect(earlier < later).toBe(true)
  })

  it('of one moment sort in the order in which they were made', ({ expect }) => {
    const next = idsInOrder(1_767_225_600_000)
    const ids = Array.from({ length: 5000 }, () => next())
    expect(ids.toSorted((a, b) => (a < b ? -1 : 1))).toEqual(ids)
    expect(new Set(ids).size).toBe(5000)
    expect(ids.every((id) => parseId(id) === id)).toBe(true)
  })

  it('are read in any case and refused when malformed', ({ expect }) => {
    const id = newId()
    expect(parseId(id.toUpperCase())).toBe(id)
    for (const bad of ['', 'x', id.slice(1), `${id}0`, id.replaceAll('-', '')])
      expect(parseId(bad)).toBeNull()
  })
})
