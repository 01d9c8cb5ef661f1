/** What Azure can be asked. */
import * as z from 'zod'
import { operation, type Vendor } from '../operation'
import { read, readPost, withQuery } from '../read'
import { API, type Details } from './details'
import { azureServiceLogs } from './service-logs'
import { azureServiceMetrics } from './service-metrics'

const time = z.iso.datetime()
/** `/subscriptions/<guid>/resourceGroups/<name>/providers/…`, without steps out of it. */
const resource = z
  .string()
  .max(1000)
  .regex(/^\/subscriptions\/[0-9a-fA-F-]{36}(\/[\w.() -]+)*$/)
  .refine((path) => !path.split('/').some((part) => /^\.+$/.test(part)), 'Invalid resource')

export const operations = [
  azureServiceMetrics,
  azureServiceLogs,
  operation({
    name: 'query_metrics',
    description: 'Metrics of one Azure resource over a time window, such as `Percentage CPU`.',
    input: z.strictObject({
      resource,
      metrics: z
        .array(z.string().regex(/^[\w ./%-]{1,200}$/))
        .min(1)
        .max(20),
      aggregation: z.enum(['Average', 'Total', 'Maximum', 'Minimum', 'Count']).default('Average'),
      interval: z.enum(['PT1M', 'PT5M', 'PT15M', 'PT1H']).default('PT1M'),
      from: time,
      to: time,
    }),
    run: (vendor: Vendor<Details>, { resource, metrics, aggregation, interval, from, to }) =>
      read(
        vendor,
        withQuery(`${API}${encodeURI(resource)}/providers/microsoft.insights/metrics`, {
          'api-version': '2024-02-01',
          metricnames: metrics.join(','),
          aggregation,
          interval,
          timespan: `${from}/${to}`,
        }),
      ),
  }),
  operation({
    name: 'query_logs',
    description: 'A KQL query in a Log Analytics workspace, named by its resource id.',
    input: z.strictObject({
      workspace: resource.refine(
        (path) => /\/providers\/Microsoft\.OperationalInsights\/workspaces\/[^/]+$/i.test(path),
        'Invalid workspace',
      ),
      query: z.string().min(1).max(8000),
      from: time,
      to: time,
    }),
    // By way of the resource: the token for the resource manager is good for it, and no second one is needed.
    run: (vendor: Vendor<Details>, { workspace, query, from, to }) =>
      readPost(vendor, withQuery(`${API}${encodeURI(workspace)}/query`, { 'api-version': '2017-10-01' }), {
        query,
        timespan: `${from}/${to}`,
      }),
  }),
  operation({
    name: 'list_activity',
    description: 'Who changed what in the subscription, from the activity log.',
    input: z.strictObject({
      from: time,
      to: time,
      resourceGroup: z
        .string()
        .regex(/^[\w.()-]{1,90}$/)
        .optional(),
    }),
    run: (vendor: Vendor<Details>, { from, to, resourceGroup }) => {
      const group = resourceGroup === undefined ? '' : ` and resourceGroupName eq '${resourceGroup}'`
      return read(
        vendor,
        withQuery(
          `${API}/subscriptions/${encodeURIComponent(vendor.details.subscriptionId)}/providers/microsoft.insights/eventtypes/management/values`,
          {
            'api-version': '2015-04-01',
            $filter: `eventTimestamp ge '${from}' and eventTimestamp le '${to}'${group}`,
          },
        ),
      )
    },
  }),
]
