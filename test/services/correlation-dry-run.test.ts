import * as fc from 'fast-check'
import { describe, it } from 'vitest'
import { dryRun, dryRunRequest } from '../../src/services/correlation-dry-run'
import { pairsChanged } from '../../src/services/correlation/replay'
import type { Ctx } from '../../src/services/context'
import { putSettings, settingsOf } from '../../src/store/settings'
import { addedEdges } from '../support/edges'
import { aCorrelation, at } from '../support/alerts'

type Correlation = Awaited<ReturnType<typeof aCorrelation>>

const editorOf = ({ orgId, db }: Correlation): Ctx => ({
  actor: { userId: 'editor', orgId, role: 'editor', sid: null },
  db,
  now: at(100_000),
  nudge: { run: () => {}, stopped: () => {}, delivery: () => {}, feed: () => {} },
})

const rehearse = (org: Correlation, asked: object = {}) =>
  dryRun(editorOf(org), dryRunRequest.parse({ from: at(-60), to: at(50_000), ...asked }))

const SERVICES = ['checkout', 'cart', 'ledger', 'mail', null] as const

/** What one alert does at a moment. */
const happening = fc.record({
  key: fc.integer({ min: 0, max: 11 }),
  state: fc.constantFrom('firing', 'firing', 'firing', 'resolved', 'acknowledged'),
  severity: fc.constantFrom('low', 'high', 'critical'),
  wait: fc.integer({ min: 0, max: 400 }),
  title: fc.constantFrom('Errors are high', 'Latency is high', 'Disk full'),
})

describe('a rehearsal', () => {
  it(
    'of the present settings makes the present incidents, whatever happened',
    { timeout: 60_000 },
    async ({ expect }) => {
      await fc.assert(
        fc.asyncProperty(
          fc.array(happening, { minLength: 4, maxLength: 25 }),
          fc.boolean(),
          fc.integer({ min: 0, max: 12 }),
          async (happenings, autoExtend, cut) => {
            const org = await aCorrelation()
            await addedEdges(org.db, [
              ['checkout', 'ledger'],
              ['cart', 'ledger'],
            ])
            const [settings] = await settingsOf(org.db)
            await putSettings(org.db, settings?.version ?? null, { correlation: { autoExtend } }, at(0))
            let now = 0
            let from = 0
            for (const [index, { key, state, severity, wait, title }] of happenings.entries()) {
              now += wait + 1
              if (index === cut) from = now
              const service = SERVICES[key % SERVICES.length] ?? null
              await org.send({ dedupKey: `k${key}`, service, state, severity, title, eventTime: at(now) })
            }
            const result = await rehearse(org, { from: at(from) })
            expect(result).toMatchObject({ exact: true, pairsChanged: { joined: 0, split: 0 }, groups: [] })
            expect(result.proposed).toEqual(result.now)
          },
        ),
        { numRuns: 12 },
      )
    },
  )

  it('of other settings tells what would be different', async ({ expect }) => {
    const org = await aCorrelation()
    await org.send({ dedupKey: 'a', service: 'checkout', eventTime: at(0) })
    await org.send({ dedupKey: 'b', service: 'checkout', eventTime: at(10) })
    await org.send({ dedupKey: 'c', service: 'mail', eventTime: at(20) })
    const apart = await rehearse(org, { settings: { mode: 'off' } })
    expect(apart).toMatchObject({
      events: 3,
      exact: true,
      now: { incidents: 2, largest: 2 },
      proposed: { incidents: 3, largest: 1 },
      pairsChanged: { joined: 0, split: 1 },
    })
    const together = await rehearse(org, { rules: [{ name: 'all', groupBy: ['environment'] }] })
    expect(together).toMatchObject({
      proposed: { incidents: 1, largest: 3 },
      pairsChanged: { joined: 2, split: 0 },
    })
    expect(together.groups).toMatchObject([
      { key: 'g1', alertIds: { length: 3 }, incidentIdsNow: { length: 2 } },
    ])
    const [kept] = await org.rows<{ n: number }>('SELECT count(*) AS n FROM incidents WHERE org_id = ?')
    expect(kept?.n).toBe(2)
  })

  it('uses the title that an alert had when it opened, not a later one', async ({ expect }) => {
    const org = await aCorrelation()
    await org.send({ dedupKey: 'a', service: 'checkout', title: 'Errors are high', eventTime: at(0) })
    await org.send({ dedupKey: 'b', service: 'checkout', title: 'Errors are high', eventTime: at(300) })
    await org.send({ dedupKey: 'b', service: 'checkout', title: 'Something else', eventTime: at(310) })
    expect(await rehearse(org)).toMatchObject({
      now: { incidents: 1 },
      pairsChanged: { joined: 0, split: 0 },
    })
  })

  it('refuses periods that end before they begin or are too long', async ({ expect }) => {
    const org = await aCorrelation()
    await expect(rehearse(org, { to: at(-60) })).rejects.toThrow('Invalid to')
    await expect(rehearse(org, { to: at(8 * 86_400) })).rejects.toThrow('Period is longer than 7 days')
  })
})

describe('changed pairs', () => {
  it('are those that are together in one grouping only', ({ expect }) => {
    const homes = (...of: readonly string[]) => new Map(of.map((home, index) => [String(index), home]))
    expect(pairsChanged(homes('a', 'a', 'a', 'b'), homes('x', 'x', 'y', 'y'))).toEqual({
      joined: 1,
      split: 2,
    })
    expect(pairsChanged(homes('a', 'a', 'b'), homes('x', 'x', 'y'))).toEqual({ joined: 0, split: 0 })
  })
})
