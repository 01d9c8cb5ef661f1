/** Which metrics there are of some services, and in which of their labels the service is named. */
import * as z from 'zod'
import { ok, type Outcome } from '../outcome'
import type { Vendor } from '../operation'
import { read, withQuery } from '../read'
import { STATUS_LABELS } from './failures'
import type { FoundMetric } from './metric'
import { quoted } from './promql'
import { DECISIVE_LABELS } from './request-metrics'
import { DESTINATION_LABELS, labelsToTry, patternOf, prefixOf } from './service-labels'
import type { Details } from './settings'

/** A metric, the services that one of its labels names, and how. */
export interface FoundSeries extends FoundMetric {
  /** Null where the metric's own name begins with that of the service. */
  readonly label: string | null
  /** Whether the label's values are the bare names. */
  readonly whole: boolean
  /** As they were asked for, in lower case. */
  readonly services: ReadonlySet<string>
}

type Row = Readonly<Record<string, string>>

const MAX_LABELS = 16
/** Labels whose presence or values decide how a metric is read. */
const TELLING = [...STATUS_LABELS, ...DECISIVE_LABELS, 'container', 'area'] as const
const MINUTE = 60_000

const names = z.object({ data: z.array(z.string()) })
const vector = z.object({
  data: z.object({ result: z.array(z.object({ metric: z.record(z.string(), z.string()) })) }),
})
const list = z.object({ data: z.array(z.record(z.string(), z.string())) })

/** The metrics that had series of these services (in lower case) at a time (ms), by their names. */
export async function findMetrics(
  vendor: Vendor<Details>,
  services: readonly string[],
  at: number,
): Promise<Outcome<readonly FoundSeries[]>> {
  const labels = labelsToTry(vendor.details.serviceLabel)
  const grouped = await rowsByLabel(vendor, labels, services, at)
  const rows = grouped.length > 0 ? ok(grouped) : await rowsOfSeries(vendor, labels, services, at)
  if (rows.kind !== 'ok') return rows
  const found = seriesOf(rows.value, labels, services)
  const known = new Set(found.flatMap((one) => [...one.services]))
  const unknown = services.filter((service) => !known.has(service))
  return ok([...found, ...(await namedAfter(vendor, unknown, at))])
}

/** One grouping for each label that the server knows: its size is that of the names, however many series there are. */
async function rowsByLabel(
  vendor: Vendor<Details>,
  labels: readonly string[],
  services: readonly string[],
  at: number,
): Promise<readonly Row[]> {
  const answer = await read(vendor, withQuery(`${vendor.details.baseUrl}/api/v1/labels`, spanOf(at)))
  const listed = answer.kind === 'ok' ? names.safeParse(answer.value.data) : null
  const there = new Set(listed?.data?.data)
  const groups = labels.filter((label) => there.has(label)).slice(0, MAX_LABELS)
  const telling = TELLING.filter((label) => there.has(label))
  const answers = await Promise.all(
    groups.map((label) =>
      grouped(vendor, selectorOf(label, services), [...new Set([label, ...telling])], at),
    ),
  )
  return answers.flat()
}

async function grouped(vendor: Vendor<Details>, selector: string, labels: readonly string[], at: number) {
  const query = `group by (${['__name__', ...labels].join(', ')}) (${selector})`
  const url = withQuery(`${vendor.details.baseUrl}/api/v1/query`, { query, time: at / 1000 })
  const answer = await read(vendor, url)
  const parsed = answer.kind === 'ok' ? vector.safeParse(answer.value.data) : null
  return parsed?.data?.data.result.map(({ metric }): Row => metric) ?? []
}

/** The plain list of series, for servers that cannot group by name. */
async function rowsOfSeries(
  vendor: Vendor<Details>,
  labels: readonly string[],
  services: readonly string[],
  at: number,
): Promise<Outcome<readonly Row[]>> {
  const url = withQuery(`${vendor.details.baseUrl}/api/v1/series`, {
    'match[]': labels.map((label) => selectorOf(label, services)),
    ...spanOf(at),
    limit: 5000,
  })
  const answer = await read(vendor, url)
  if (answer.kind === 'invalid_arguments' || answer.kind === 'not_found') return { kind: 'vendor_error' }
  if (answer.kind !== 'ok') return answer
  const parsed = list.safeParse(answer.value.data)
  return parsed.success ? ok(parsed.data.data) : { kind: 'vendor_error' }
}

const spanOf = (at: number) => ({ start: (at - 15 * MINUTE) / 1000, end: (at + 15 * MINUTE) / 1000 })

/** What goes out to another service is that one's, whatever it was measured beside. */
function selectorOf(label: string, services: readonly string[]): string {
  const ends = DESTINATION_LABELS.some((one) => one === label)
  const own = ends ? '' : DESTINATION_LABELS.map((one) => `,${one}=""`).join('')
  return `{${label}=~${quoted(`(?i:${patternOf(label, services)})`)}${own}}`
}

/** For each metric the fewest labels that name all its services, the most telling first. */
function seriesOf(
  rows: readonly Row[],
  labels: readonly string[],
  services: readonly string[],
): readonly FoundSeries[] {
  const patterns = new Map(
    labels.map((label) => [label, new RegExp(`^(?:${patternOf(label, services)})$`, 'i')]),
  )
  const byName = Map.groupBy(rows, (row) => row['__name__'] ?? '')
  byName.delete('')
  return [...byName.keys()].toSorted().flatMap((name) => {
    const own = byName.get(name) ?? []
    const values = valuesOf(own)
    const ends = DESTINATION_LABELS.filter((label) => values.has(label))
    const known = new Set<string>()
    return (ends.length > 0 ? ends : labels).flatMap((label): readonly FoundSeries[] => {
      const pattern = patterns.get(label)
      const named = [...(values.get(label) ?? [])].flatMap((value) => {
        const service = pattern?.exec(value)?.[1]?.toLowerCase()
        return service === undefined || known.has(service) ? [] : [{ value, service }]
      })
      for (const { service } of named) known.add(service)
      if (named.length === 0) return []
      const whole = named.every(({ value, service }) => value.toLowerCase() === service)
      return [{ name, label, whole, services: new Set(named.map(({ service }) => service)), labels: values }]
    })
  })
}

function valuesOf(rows: readonly Row[]): ReadonlyMap<string, ReadonlySet<string>> {
  const values = new Map<string, Set<string>>()
  for (const row of rows)
    for (const [label, value] of Object.entries(row))
      if (value !== '') values.set(label, (values.get(label) ?? new Set()).add(value))
  return values
}

/** Metrics that carry the service's name in their own, for services that no label names. */
async function namedAfter(
  vendor: Vendor<Details>,
  services: readonly string[],
  at: number,
): Promise<readonly FoundSeries[]> {
  if (services.length === 0) return []
  const pattern = `(?i:(?:${services.map(prefixOf).join('|')}).+)`
  const rows = await grouped(vendor, `{__name__=~${quoted(pattern)}}`, TELLING, at)
  return [...Map.groupBy(rows, (row) => row['__name__'] ?? '')].flatMap(([name, own]) => {
    const service = services.find((one) => name.toLowerCase().startsWith(prefixOf(one)))
    return service === undefined
      ? []
      : [{ name, label: null, whole: false, services: new Set([service]), labels: valuesOf(own) }]
  })
}
