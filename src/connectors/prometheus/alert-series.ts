/** What an alert itself looks at: its own expression over time. */
import * as z from 'zod'
import { mapOk, ok, type Outcome } from '../outcome'
import { operation, type OperationOutcome, type Vendor } from '../operation'
import { read, withQuery } from '../read'
import type { Series } from '../series'
import { withoutComparison } from './comparison'
import { highest, readRange, seriesOf, windowAround, type Result, type Window } from './range'
import { labelsToTry, patternOf } from './service-labels'
import type { Details } from './settings'

const MAX_SERIES = 3

const alert = z.strictObject({
  service: z.string().min(1).max(200),
  /** Name of the alerting rule. */
  rule: z.string().min(1).max(200),
  /** The rule's expression where it is known; else the rule of that name is asked for. */
  expression: z.string().min(1).max(4000).optional(),
})
type Alert = z.infer<typeof alert>

const rules = z.object({
  data: z.object({
    groups: z.array(
      z.object({ rules: z.array(z.object({ name: z.string(), query: z.string(), type: z.string() })) }),
    ),
  }),
})

export const alertSeries = operation({
  name: 'alert_series',
  description:
    'The expressions of up to 3 alerts without their thresholds, from an hour before the onset to 15 minutes after it.',
  input: z.strictObject({ alerts: z.array(alert).min(1).max(3), onset: z.iso.datetime() }),
  run: async (vendor: Vendor<Details>, { alerts, onset }): Promise<OperationOutcome> => {
    const window = windowAround(Date.parse(onset), vendor.ctx.now())
    const expressions = await expressionsOf(vendor, alerts)
    if (expressions.kind !== 'ok') return expressions
    const known = alerts.flatMap((one) => {
      const expression = one.expression ?? expressions.value.get(one.rule)
      return expression === undefined ? [] : [{ ...one, query: withoutComparison(expression) }]
    })
    const answers = await Promise.all(known.map((one) => readAlert(vendor, one, window)))
    const read = answers.flatMap((answer) => (answer.kind === 'ok' ? [answer.value] : []))
    const failure = answers.find((answer) => answer.kind !== 'ok')
    if (failure !== undefined && read.length === 0) return failure
    const services = read.filter(({ series }) => series.length > 0)
    if (services.length === 0) return { kind: 'no_resources' }
    return ok({
      url: `${vendor.details.baseUrl}/api/v1/query_range`,
      status: 200,
      data: {
        shape: 'service_series',
        // These say nothing about the other metrics of a service, which are still to be read.
        asked: [],
        queries: known.map(({ query }) => query),
        services,
      },
    })
  },
})

/** Expressions by the name of their rule, of those alerts that bring none. */
async function expressionsOf(
  vendor: Vendor<Details>,
  alerts: readonly Alert[],
): Promise<Outcome<ReadonlyMap<string, string>>> {
  if (alerts.every(({ expression }) => expression !== undefined)) return ok(new Map())
  const answer = await read(vendor, withQuery(`${vendor.details.baseUrl}/api/v1/rules`, { type: 'alert' }))
  if (answer.kind === 'invalid_arguments' || answer.kind === 'not_found') return ok(new Map())
  return mapOk(answer, ({ data }) => {
    const parsed = rules.safeParse(data)
    const all = parsed.success ? parsed.data.data.groups.flatMap((group) => group.rules) : []
    return new Map(
      all.flatMap(({ name, query, type }): [string, string][] =>
        type === 'alerting' ? [[name, query]] : [],
      ),
    )
  })
}

async function readAlert(
  vendor: Vendor<Details>,
  { service, rule, query }: Alert & { readonly query: string },
  window: Window,
): Promise<Outcome<{ readonly service: string; readonly series: readonly Series[] }>> {
  const labels = labelsToTry(vendor.details.serviceLabel)
  return mapOk(await readRange(vendor, query, window), (results) => {
    const series = results
      .filter(({ metric }) => isAbout(metric, labels, service))
      .map((result) => seriesOf({ name: rule, profile: 'alert', unit: 'as_is' }, result, window))
    return { service, series: highest(series, MAX_SERIES) }
  })
}

/** A series that names a service in its labels is about that one; one that names none is the alert's. */
function isAbout(metric: Result['metric'], labels: readonly string[], service: string): boolean {
  const own = labels.filter((label) => metric[label] !== undefined)
  return (
    own.length === 0 ||
    own.some((label) => new RegExp(`^(?:${patternOf(label, [service])})$`, 'i').test(metric[label] ?? ''))
  )
}
