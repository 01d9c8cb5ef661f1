// The labelled scenarios of test/scenarios through the analyst alone, beside simple methods where they have something to go by.
import { table } from '../lib/table.mjs'
import { loadAnalyst } from './analyst.mjs'
import { baselines } from './baselines.mjs'
import { breaches, share } from './score.mjs'

/** Prints the scorecard of the scenarios; answers the promises that were broken. */
export async function evaluateScenarios() {
  const { development, evidenceOf, figuresOf, heldOut, observable, promised, score } = await loadAnalyst()
  const groups = { development, 'held out': heldOut }
  const broken = []
  for (const [name, scenarios] of Object.entries(groups)) {
    const scored = []
    for (const scenario of scenarios) scored.push(score(scenario, await evidenceOf(scenario)))
    console.log(`\nLabelled scenarios, ${name} (${scenarios.length})\n`)
    for (const one of scored) console.log(lineOf(one))
    const figures = figuresOf(scored)
    const withCause = scored
      .filter(({ scenario }) => scenario.cause !== 'nobody')
      .map(({ scenario }) => scenario)
    const causes = withCause.map(({ cause }) => cause)
    const rows = Object.entries(baselines).map(([method, answer]) => {
      const answers = withCause.map((scenario) => answer(observable(scenario)))
      return [method, share(causes, answers, 1).toFixed(2), share(causes, answers, 3).toFixed(2)]
    })
    console.log(
      `\n${table(['method', 'top 1', 'top 3'], [['aurora edge', figures.top1.toFixed(2), figures.top3.toFixed(2)], ...rows])}`,
    )
    console.log(
      `\n  of ${figures.causes} with a cause: the report names it in ${percent(figures.named)}; of ${figures.cases - figures.causes} without: it names nobody in ${percent(figures.abstained)}\n  kind of failure right in ${percent(figures.mechanism)}; wrong service named ${figures.wrong} times, as confirmed ${figures.wrongConfirmed} times`,
    )
    broken.push(...breaches(`scenarios, ${name}`, figures, promised))
    if (figures.wrongConfirmed > 0) broken.push(`scenarios, ${name}: a wrong cause was called confirmed`)
  }
  return broken
}

const percent = (part) => `${Math.round(part * 100)} %`

function lineOf({ scenario, analysis, place, answer, mechanismRight }) {
  const due = scenario.cause === 'nobody' ? answer === 'abstained' : place === 1
  const got =
    analysis.rootCauseService ?? `nobody (${analysis.candidates[0]?.service ?? 'no candidate'} leads)`
  const miss =
    due || scenario.cause === 'nobody'
      ? ''
      : `; ${scenario.cause} is ${place === null ? 'not ranked' : `number ${place}`}`
  const kind =
    mechanismRight || scenario.mechanism === undefined ? '' : `; it is ${[scenario.mechanism].flat()[0]}`
  return `  ${due ? '✓' : '✗'} ${scenario.name}: ${analysis.verdict} ${analysis.confidence.toFixed(2)} ${got}, ${analysis.mechanism}${miss}${kind}`
}
