import { beforeAll, describe, it } from 'vitest'
import { analyse } from '../../src/agent/analyst/analyse'
import type { EvidenceItem } from '../../src/agent/evidence'
import { validateFindings } from '../../src/agent/findings'
import { renderSummary } from '../../src/agent/summary'
import { evidenceOf } from './evidence'
import { fiftyServices } from './fifty-services'
import { development, heldOut } from './index'
import { figuresOf, score } from './score'
import type { Scenario } from './scenario'
import { promised } from './scorecard'

const all = [...development, ...heldOut, fiftyServices]

interface Case {
  readonly scenario: Scenario
  readonly evidence: readonly EvidenceItem[]
}
let cases: readonly Case[] = []
beforeAll(async () => {
  cases = await Promise.all(all.map(async (scenario) => ({ scenario, evidence: await evidenceOf(scenario) })))
})
const casesOf = (scenarios: readonly Scenario[]): readonly Case[] =>
  cases.filter(({ scenario }) => scenarios.includes(scenario))

/** Everything of an analysis that anyone sees. */
function report(evidence: readonly EvidenceItem[]): string {
  const analysis = analyse(evidence)
  const suggestionTitles = analysis.suggestions.map(({ title }) => title)
  const summary = renderSummary({ findings: analysis.findings, suggestionTitles, modelTookPart: false })
  return JSON.stringify({ analysis, summary })
}

describe('the labelled scenarios', () => {
  it('are many, differ in name, and a third of them is held out', ({ expect }) => {
    expect(all.length).toBeGreaterThanOrEqual(45)
    expect(new Set(all.map(({ name }) => name)).size).toBe(all.length)
    expect(heldOut.length / all.length).toBeGreaterThan(0.3)
    expect(all.filter(({ cause }) => cause === 'nobody').length).toBeGreaterThanOrEqual(12)
  })

  for (const [name, scenarios] of Object.entries({ development, heldOut })) {
    it(`are answered as well as promised: ${name}`, ({ expect }) => {
      const figures = figuresOf(casesOf(scenarios).map(({ scenario, evidence }) => score(scenario, evidence)))
      expect(figures.top1).toBeGreaterThanOrEqual(promised.top1)
      expect(figures.top3).toBeGreaterThanOrEqual(promised.top3)
      expect(figures.named).toBeGreaterThanOrEqual(promised.named)
      expect(figures.mechanism).toBeGreaterThanOrEqual(promised.mechanism)
      expect(figures.abstained).toBeGreaterThanOrEqual(promised.abstained)
      expect(figures.wrongConfirmed).toBe(0)
    })
  }

  it('get the same report twice, and in whatever order the evidence comes, byte for byte', ({ expect }) => {
    for (const { evidence } of cases) {
      const once = report(evidence)
      expect(report(evidence)).toBe(once)
      expect(report(evidence.toReversed())).toBe(once)
      expect(report([...evidence.slice(3), ...evidence.slice(0, 3)])).toBe(once)
    }
  })

  it('get reports in which every claim holds by its evidence', ({ expect }) => {
    for (const { scenario, evidence } of cases) {
      const { dropped } = validateFindings(analyse(evidence).findings, evidence)
      expect({ scenario: scenario.name, dropped }).toEqual({ scenario: scenario.name, dropped: [] })
    }
  })

  it('are found among fifty services, too', ({ expect }) => {
    const [big] = casesOf([fiftyServices])
    expect(big === undefined ? null : score(fiftyServices, big.evidence)).toMatchObject({
      place: 1,
      answer: 'named',
    })
  })
})
