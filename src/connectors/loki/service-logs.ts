/** Error lines of services in Loki: the label that names them is found first, since every installation has its own. */
import * as z from 'zod'
import { ERROR_WORDS } from '../../lib/line-templates'
import type { Vendor } from '../operation'
import { ok, type Outcome } from '../outcome'
import type { Details } from '../query-endpoint'
import { quoted } from '../quoted'
import { read, readingAs, withQuery } from '../read'
import { MOST_BYTES, serviceLogs, type SearchLogs } from '../service-logs'

/** Labels that name a service, the most telling first. */
const LABELS = [
  'service_name',
  'service',
  'app',
  'app_kubernetes_io_name',
  'k8s_deployment_name',
  'deployment',
  'container',
  'k8s_container_name',
  'component',
  'job',
] as const

const found = z.object({ data: z.array(z.record(z.string(), z.string())).nullish() })
const streams = z.object({
  data: z.object({ result: z.array(z.object({ values: z.array(z.tuple([z.string(), z.string()])) })) }),
})

/** A search of the API at `base`, which a data source of Grafana has, too. */
export async function openLoki(
  vendor: Vendor<unknown>,
  base: string,
  services: readonly string[],
  span: { readonly from: number; readonly to: number },
): Promise<Outcome<{ readonly url: string; readonly search: SearchLogs }>> {
  const series = await findSeries(vendor, base, services, span)
  if (series.kind !== 'ok') return series
  const url = `${base}/query_range`
  return ok({
    url,
    search: async ({ service, from, to, only, limit }) => {
      const label = LABELS.find((one) => series.value.some((it) => names(it[one], service)))
      if (label === undefined) return ok([])
      const filter = only === 'any' ? '' : ` |~ ${quoted(`(?i)(?:${ERROR_WORDS.join('|')})`)}`
      const query = `{${label}=~${pattern([service])}}${filter}`
      const parameters = {
        query,
        start: nanoseconds(from),
        end: nanoseconds(to),
        limit,
        direction: 'backward',
      }
      const answer = await read(vendor, withQuery(url, parameters), { maxBytes: MOST_BYTES })
      const lines = readingAs(answer, streams)
      if (lines.kind !== 'ok') return lines
      return ok(
        lines.value.data.result.flatMap(({ values }) =>
          values.map(([time, text]) => ({ at: Number(time.slice(0, -6)), text })),
        ),
      )
    },
  })
}

export const lokiServiceLogs = serviceLogs((vendor: Vendor<Details>, services, span) =>
  openLoki(vendor, `${vendor.details.baseUrl}/loki/api/v1`, services, span),
)

async function findSeries(
  vendor: Vendor<unknown>,
  base: string,
  services: readonly string[],
  { from, to }: { readonly from: number; readonly to: number },
): Promise<Outcome<readonly Readonly<Record<string, string>>[]>> {
  const url = withQuery(`${base}/series`, {
    'match[]': LABELS.map((label) => `{${label}=~${pattern(services)}}`),
    start: nanoseconds(from),
    end: nanoseconds(to),
  })
  const listed = readingAs(await read(vendor, url, { maxBytes: MOST_BYTES }), found)
  return listed.kind === 'ok' ? ok(listed.value.data ?? []) : listed
}

const nanoseconds = (ms: number): string => `${ms}000000`

/** Whether a label's value is this name, perhaps behind its namespace. */
const names = (value: string | undefined, service: string): boolean =>
  value !== undefined && (value.split('/').at(-1) ?? '').toLowerCase() === service.toLowerCase()

/** The same as an RE2 expression; the names are data and no part of the language. */
const pattern = (services: readonly string[]): string =>
  quoted(
    `(?i)(?:.+/)?(?:${services.map((name) => name.replaceAll(/[\\^$.*+?()[\]{}|]/g, String.raw`\$&`)).join('|')})`,
  )
