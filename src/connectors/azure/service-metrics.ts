/** Metrics of services in Log Analytics: requests of roles, calls to what is no role, counters of processes and containers. */
import * as z from 'zod'
import type { Vendor } from '../operation'
import { mapOk } from '../outcome'
import { quoted } from '../quoted'
import { serviceSeries, type MinutePoint } from '../service-series'
import type { MetricKind } from '../series'
import { API, type Details } from './details'
import { queryWorkspaces, unionOf, workspacesOf } from './workspaces'

const COLUMNS =
  'At:datetime, Service:string, Source:string, Requests:long, Failed:long, P95:real, Counter:string, Value:real'

/** What a counter tells, and what one of its numbers is in the unit of that. */
const COUNTERS: Readonly<Record<string, { readonly kind: MetricKind; readonly unit: number }>> = {
  '% Processor Time Normalized': { kind: 'saturation', unit: 0.01 },
  'Private Bytes': { kind: 'memory', unit: 1 },
  cpuUsageNanoCores: { kind: 'cpu', unit: 1e-9 },
  memoryWorkingSetBytes: { kind: 'memory', unit: 1 },
}

const row = z.object({
  At: z.string(),
  Service: z.string(),
  Source: z.string(),
  Requests: z.number().nullish(),
  Failed: z.number().nullish(),
  P95: z.number().nullish(),
  Counter: z.string().nullish(),
  Value: z.number().nullish(),
})

export const azureServiceMetrics = serviceSeries(
  () => API,
  async (vendor: Vendor<Details>, services, span) => {
    const workspaces = await workspacesOf(vendor)
    if (workspaces.kind !== 'ok') return workspaces
    const query = `${unionOf(COLUMNS, tablesOf(services.map(quoted).join(', ')))} | order by Service asc, Source asc, Counter asc, At asc`
    const rows = await queryWorkspaces(vendor, workspaces.value, query, span, row)
    const spelled = new Map(services.map((service) => [service.toLowerCase(), service]))
    return mapOk(rows, (read) =>
      read.flatMap((one) => {
        const service = spelled.get(one.Service.toLowerCase())
        return service === undefined ? [] : pointsOf(service, one)
      }),
    )
  },
)

/** One row a minute and service. What is called is named by the first part of its address. */
function tablesOf(names: string): readonly string[] {
  const minute = 'At=bin(TimeGenerated, 1m)'
  // A sampled item stands for several.
  const requests = `summarize Requests=sum(ItemCount), Failed=sumif(ItemCount, Success == false), P95=percentilew(DurationMs, ItemCount, 95) by ${minute}`
  const counters = Object.keys(COUNTERS).map(quoted).join(', ')
  return [
    `AppRequests | where AppRoleName in~ (${names}) | ${requests}, Service=tolower(AppRoleName) | extend Source="AppRequests"`,
    `AppDependencies | extend Service=tolower(extract("^([^.:/| ]+)", 1, Target)) | where Service in~ (${names}) | ${requests}, Service | extend Source="AppDependencies"`,
    `AppPerformanceCounters | where AppRoleName in~ (${names}) and Name in (${counters}) | summarize Value=avg(Value) by ${minute}, Service=tolower(AppRoleName), Counter=Name | extend Source="AppPerformanceCounters"`,
    `Perf | where ObjectName == "K8SContainer" and CounterName in (${counters}) | extend Service=tolower(tostring(split(InstanceName, "/")[-1])) | where Service in~ (${names}) | summarize Value=avg(CounterValue) by ${minute}, Service, Counter=CounterName | extend Source="Perf"`,
  ]
}

function pointsOf(
  service: string,
  { At, Source, Requests, Failed, P95, Counter, Value }: z.infer<typeof row>,
): readonly MinutePoint[] {
  const point = (profile: MetricKind, name: string, value: number | null | undefined) =>
    value == null ? [] : [{ service, profile, name: `${name} of ${Source}`, at: Date.parse(At), value }]
  const counter = COUNTERS[Counter ?? '']
  if (counter !== undefined) return point(counter.kind, Counter ?? '', (Value ?? Number.NaN) * counter.unit)
  if (Requests == null || Requests === 0) return []
  return [
    ...point('error_ratio', 'failed share', (Failed ?? 0) / Requests),
    ...point('latency_p95', 'p95', P95 == null ? null : P95 / 1000),
    ...point('request_rate', 'rate', Requests / 60),
  ]
}
