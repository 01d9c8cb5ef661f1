/** What the command that prints the scorecard needs of the scenarios. */

import { at } from '../agent/fakes'
import { edgesOf, seriesOf } from './evidence'
import type { Scenario } from './scenario'
import { START, STEP } from './series'

export { analyse } from '../../src/agent/analyst/analyse'
export { evidenceOf } from './evidence'
export { fiftyServices } from './fifty-services'
export { development, heldOut } from './index'
export { figuresOf, score } from './score'

/** Figures below which the scorecard fails, with some air below what is reached. */
export const promised = { top1: 0.9, top3: 0.95, named: 0.85, mechanism: 0.9, abstained: 1 }

/** A scenario as simple methods see it: the services that alert, the call graph, series in seconds. */
export function observable(scenario: Scenario) {
  return {
    alerts: scenario.alerts
      .toSorted((a, b) => (a.at ?? 0) - (b.at ?? 0))
      .flatMap(({ service }) => service ?? []),
    onset: at(0) / 1000,
    edges: edgesOf(scenario),
    series: seriesOf(scenario).flatMap(({ service, series }) =>
      series.map(({ name, values }) => ({
        labels: { __name__: name, service },
        points: values.flatMap((value, index) =>
          value === null ? [] : [[at(START + index * STEP) / 1000, value]],
        ),
      })),
    ),
  }
}
