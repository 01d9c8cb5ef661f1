import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import { compare } from '../../scripts/replay/compare.mjs'
import { readCase } from '../../scripts/replay/read-case.mjs'
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

  it('holds an incident against the one of its title, and leaves another its exact match', () => {
    const two = [
      { ...made[0], title: 'B', severity: 'low' },
      { ...made[0], title: 'A' },
    ]
    const { text } = compare([{ title: 'A', severity: 'low' }], two)
    assert.match(text, /different: A\n {4}- severity: "low"\n {4}\+ severity: "high"/)
    assert.equal(compare([{ service: 'checkout' }, { title: 'B', severity: 'low' }], two).ok, true)
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

describe('a file to replay', () => {
  const folder = mkdtempSync(join(tmpdir(), 'aurora-replay-'))
  after(() => rmSync(folder, { recursive: true }))
  let files = 0
  const fileOf = (content) => {
    const path = join(folder, `case-${++files}.json`)
    writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content))
    return path
  }

  it('may leave out all but what is sent and expected', () => {
    const wanted = {
      deliveries: [{ integration: 'generic', payload: { title: 'A' } }],
      expect: { incidents: [] },
    }
    const { case: read } = readCase(fileOf(wanted))
    assert.deepEqual([read.topology, read.integrations, read.deliveries[0].headers], [[], {}, {}])
    assert.ok('case' in readCase(join(process.cwd(), 'examples/checkout-outage.json')))
  })

  it('is refused with every place that is wrong', () => {
    const { problem } = readCase(
      fileOf({
        integrations: { probe: { settings: {} } },
        deliveries: [5, { integration: 'generic' }],
        expect: { incidents: [{ sevrity: 'low' }, { severity: 'bad' }, {}] },
      }),
    )
    for (const place of [
      'integrations.probe.source',
      'deliveries.0',
      'deliveries.1.payload',
      'sevrity',
      'incidents.1.severity',
      'incidents.2',
    ])
      assert.ok(problem.includes(place), `${place} in ${problem}`)
  })

  it('that cannot be used ends the command with 2 and no stack trace', () => {
    const run = (...given) =>
      spawnSync(process.execPath, ['scripts/replay.mjs', ...given], { encoding: 'utf8' })
    for (const [given, said] of [
      [[], /^Usage: npm run replay/],
      [[join(folder, 'none.json')], /cannot be read: ENOENT/],
      [[fileOf('{"deliveries": [')], /cannot be read: /],
      [[fileOf({ deliveries: [] })], /is not a case to replay:\n {2}deliveries: /],
    ]) {
      const { status, stderr } = run(...given)
      assert.equal(status, 2, stderr)
      assert.match(stderr, said)
      assert.doesNotMatch(stderr, /^\s+at /m)
    }
  })
})
