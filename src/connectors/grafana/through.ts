/** What an investigation reads by itself, through Grafana's data sources: the same questions as to Prometheus and Loki. */
import * as z from 'zod'
import { openLoki } from '../loki/service-logs'
import type { Operation, Vendor } from '../operation'
import { ok, type Outcome } from '../outcome'
import { alertSeries } from '../prometheus/alert-series'
import { serviceMetrics } from '../prometheus/service-metrics'
import type { Details as PrometheusDetails } from '../prometheus/settings'
import { read, readingAs } from '../read'
import { serviceLogs } from '../service-logs'
import type { Details } from './details'

const sources = z.array(
  z.object({
    uid: z.string().regex(/^[A-Za-z0-9_-]{1,100}$/),
    type: z.string(),
    isDefault: z.boolean().default(false),
  }),
)

/** Where Grafana hands on requests to its first data source of a type, the default one before the others. */
async function proxyOf(vendor: Vendor<Details>, type: 'prometheus' | 'loki'): Promise<Outcome<string>> {
  const { baseUrl } = vendor.details
  const listed = readingAs(await read(vendor, `${baseUrl}/api/datasources`), sources)
  if (listed.kind !== 'ok') return listed
  const found = listed.value.filter((source) => source.type === type)
  const source = found.find(({ isDefault }) => isDefault) ?? found[0]
  return source === undefined
    ? { kind: 'no_resources' }
    : ok(`${baseUrl}/api/datasources/proxy/uid/${source.uid}`)
}

/** An operation of Prometheus, asked of the data source. */
const throughPrometheus = (operation: Operation<PrometheusDetails>): Operation<Details> => ({
  ...operation,
  run: async ({ ctx, access, details }, args) => {
    const base = await proxyOf({ ctx, access, details }, 'prometheus')
    if (base.kind !== 'ok') return base
    const unnamed = { tenantId: null, authType: 'none', serviceLabel: null, metricProfile: {} } as const
    return operation.run({ ctx, access, details: { ...unnamed, baseUrl: base.value } }, args)
  },
})

export const throughGrafana: readonly Operation<Details>[] = [
  throughPrometheus(serviceMetrics),
  throughPrometheus(alertSeries),
  serviceLogs(async (vendor: Vendor<Details>, services, span) => {
    const base = await proxyOf(vendor, 'loki')
    return base.kind === 'ok' ? openLoki(vendor, `${base.value}/loki/api/v1`, services, span) : base
  }),
]
