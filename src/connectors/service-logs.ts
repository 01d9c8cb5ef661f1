/**
 * The error lines of some services around a moment, as templates with their counts: one call of an investigation, a few
 * searches of the vendor. A vendor says how it is searched, the rest is here.
 */
import * as z from 'zod'
import { countTemplates, logWindows, type LineTemplate, type LogLine } from '../lib/line-templates'
import { textOfLine } from '../lib/line-text'
import { iso } from '../lib/time'
import { operation, type Operation, type OperationOutcome, type Vendor } from './operation'
import { ok, type Outcome } from './outcome'

/** One search. Times in ms; `only` errors, or any line at all. */
export interface LogSearch {
  readonly service: string
  readonly from: number
  readonly to: number
  readonly only: 'errors' | 'any'
  readonly limit: number
}

/** A way to search. Lines of a service that the vendor does not know are none. */
export type SearchLogs = (search: LogSearch) => Promise<Outcome<readonly LogLine[]>>

/** How a vendor is searched; finds out first where these services log, where that must be found out. Times in ms. */
type OpenLogs<M> = (
  vendor: Vendor<M>,
  services: readonly string[],
  span: { readonly from: number; readonly to: number },
) => Promise<Outcome<{ readonly url: string; readonly search: SearchLogs }>>

/** Lines are long and only templates of them are kept. */
export const MOST_BYTES = 5 * 1024 * 1024
const MOST_LINES = 1000
const LONGEST_LINE = 1000
const MOST_TEMPLATES = 12

const input = z.strictObject({
  services: z.array(z.string().min(1).max(200)).min(1).max(4),
  /** The first sign of the trouble. */
  onset: z.iso.datetime(),
})

interface ServiceLogs {
  readonly service: string
  /** Whether a window had more lines than are read. */
  readonly cut: boolean
  readonly templates: readonly LineTemplate[]
}

/** The operation over one vendor's way of searching. */
export const serviceLogs = <M>(open: OpenLogs<M>): Operation<M> =>
  operation({
    name: 'service_logs',
    description:
      'Error lines of up to 4 services from 5 minutes before the onset to 15 minutes after it, as templates with their counts then and before.',
    input,
    run: async (vendor: Vendor<M>, { services, onset }): Promise<OperationOutcome> => {
      const at = Date.parse(onset)
      const now = vendor.ctx.now()
      const { incident, baseline } = logWindows(at, now)
      const opened = await open(vendor, services, { from: baseline[0], to: incident[1] })
      if (opened.kind !== 'ok') return opened
      const { url, search } = opened.value
      const read = await Promise.all(services.map((service) => readService(search, service, at, now)))
      const [failure, ...others] = read.filter((one) => one.kind !== 'ok')
      if (failure !== undefined && others.length + 1 === read.length) return failure
      return ok({
        url,
        status: 200,
        data: {
          shape: 'service_logs',
          asked: services,
          incident: incident.map(iso),
          baseline: baseline.map(iso),
          failed: services.filter((_, index) => read[index]?.kind !== 'ok'),
          services: read.flatMap((one) => (one.kind === 'ok' && one.value !== null ? [one.value] : [])),
        },
      })
    },
  })

/** Null for a service of which there is no line at all. */
async function readService(
  search: SearchLogs,
  service: string,
  onset: number,
  now: number,
): Promise<Outcome<ServiceLogs | null>> {
  const windows = logWindows(onset, now)
  const [incident, baseline] = await Promise.all(
    [windows.incident, windows.baseline].map(([from, to]) =>
      search({ service, from, to, only: 'errors', limit: MOST_LINES }),
    ),
  )
  if (incident?.kind !== 'ok') return incident ?? { kind: 'vendor_error' }
  if (baseline?.kind !== 'ok') return baseline ?? { kind: 'vendor_error' }
  // Searches of a vendor may be wider than what they are asked for.
  const lines = [
    ...incident.value.filter(isWithin(windows.incident)),
    ...baseline.value.filter(isWithin(windows.baseline)),
  ]
  if (lines.length === 0) {
    const [from, to] = windows.incident
    const any = await search({ service, from, to, only: 'any', limit: 1 })
    if (any.kind !== 'ok') return any
    return ok(any.value.length === 0 ? null : { service, cut: false, templates: [] })
  }
  const templates = await countTemplates(
    lines.map(({ at, text }) => ({ at, text: textOfLine(text).slice(0, LONGEST_LINE) })),
    onset,
    now,
  )
  return ok({
    service,
    cut: [incident, baseline].some(({ value }) => value.length >= MOST_LINES),
    templates: mostTelling(templates),
  })
}

const isWithin =
  ([from, to]: readonly [number, number]) =>
  ({ at }: LogLine): boolean =>
    at >= from && at <= to

/** Those that grew most, in the order of the others. */
function mostTelling(templates: readonly LineTemplate[]): readonly LineTemplate[] {
  const kept = templates
    .toSorted((a, b) => b.incident - b.baseline - (a.incident - a.baseline))
    .slice(0, MOST_TEMPLATES)
  return templates.filter((template) => kept.includes(template))
}
