// What an analysis costs: processor time, measured in this process, without network and database.
import { table } from '../lib/table.mjs'
import { loadAnalyst } from './analyst.mjs'

const PROMISED_MS = 50
/** A busy machine is slow; four times the promise is a breach on any. */
const GROSS = 4
const REPEATS = 20

/** Prints processor milliseconds per analysis; answers the promises that were broken. */
export async function evaluateCost() {
  const { analyse, development, evidenceOf, fiftyServices, heldOut } = await loadAnalyst()
  const scenarios = []
  for (const scenario of [...development, ...heldOut]) scenarios.push(await evidenceOf(scenario))
  const evidence = await evidenceOf(fiftyServices)
  // The first analyses pay for the compiler.
  for (const one of scenarios) analyse(one)
  const rows = [
    [`the ${scenarios.length} scenarios`, ...timesOf(scenarios.map((one) => () => analyse(one)))],
    ['50 services with all telemetry', ...timesOf(Array(REPEATS).fill(() => analyse(evidence)))],
  ]
  console.log('\nProcessor time of one analysis, ms\n')
  console.log(
    table(
      ['case', 'mean', 'most'],
      rows.map(([name, ...times]) => [name, ...times.map((time) => time.toFixed(1))]),
    ),
  )
  const [, mean] = rows[1]
  console.log(`  promised: below ${PROMISED_MS} for 50 services`)
  return mean < GROSS * PROMISED_MS ? [] : [`an analysis of 50 services takes ${mean.toFixed(0)} ms`]
}

function timesOf(works) {
  const times = works.map((work) => {
    const before = process.cpuUsage()
    work()
    const { user, system } = process.cpuUsage(before)
    return (user + system) / 1000
  })
  return [times.reduce((sum, time) => sum + time, 0) / times.length, Math.max(...times)]
}
