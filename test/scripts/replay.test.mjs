import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { compare } from '../../scripts/replay/compare.mjs'
import { withTimes } from '../../scripts/replay/times.mjs'

const made = [
  {
    title: 'A',
    service: 'checkout',
    severity: 'high',
    status: 'investigating',
    services: ['checkout'],
    alerts: ['A', 'B'],
  },
  { title: 'C', service: 'mail', severity: 'low', status: 'resolved', services: ['mail'], alerts: ['C'] },
]

describe('a replay', () => {
  it('is as expected when every incident has what is named, in any order', () => {
    const { ok, text } = compare([{ alerts: ['C'] }, { service: 'checkout', alerts: ['B', 'A'] }], made)
    assert.equal(ok, true, text)
  })

  it('shows what is different, what is missing and what nobody expected', () => {
    const { ok, text } = compare([{ service: 'checkout', alerts: ['A'] }, { service: 'search' }], made)
    assert.equal(ok, false)
    assert.match(text, /different: checkout\n {4}- alerts: \["A"\]\n {4}\+ alerts: \["A","B"\]/)
    assert.match(text, /missing: search/)
    assert.match(text, /not expected: C/)
  })

  it('fails on an incident too many', () => {
    assert.equal(compare([{ title: 'A' }], made).ok, false)
  })

  it('puts the times of today into recorded payloads', () => {
    const now = Date.parse('2026-03-01T10:00:00Z')
    assert.deepEqual(withTimes({ at: ['{{now}}', '{{now-5m}}', 'x {{now+2h}}', 3, null] }, now), {
      at: ['2026-03-01T10:00:00.000Z', '2026-03-01T09:55:00.000Z', 'x 2026-03-01T12:00:00.000Z', 3, null],
    })
  })
})
