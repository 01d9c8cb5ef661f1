/** What Datadog can be asked. Times are ISO 8601 in, whatever Datadog wants out. */
import * as z from 'zod'
import { operation, type Vendor } from '../operation'
import { read, readPost, withQuery } from '../read'
import type { Details } from './details'
import { datadogServiceLogs } from './service-logs'
import { datadogServiceMetrics } from './service-metrics'

const time = z.iso.datetime()
const window = { from: time, to: time }
const limit = z.int().min(1).max(1000).default(100)
const seconds = (text: string): number => Math.floor(Date.parse(text) / 1000)
const at = ({ details }: Vendor<Details>, path: string): string => `${details.baseUrl}${path}`

export const operations = [
  datadogServiceMetrics,
  datadogServiceLogs,
  operation({
    name: 'query_metrics',
    description: 'A metric query over a time window.',
    input: z.strictObject({ query: z.string().min(1).max(4000), ...window }),
    run: (vendor: Vendor<Details>, { query, from, to }) =>
      read(vendor, withQuery(at(vendor, '/api/v1/query'), { from: seconds(from), to: seconds(to), query })),
  }),
  operation({
    name: 'search_logs',
    description: 'Log events that match a query, newest first.',
    input: z.strictObject({ query: z.string().min(1).max(4000), ...window, limit }),
    run: (vendor: Vendor<Details>, { query, from, to, limit }) =>
      readPost(vendor, at(vendor, '/api/v2/logs/events/search'), {
        filter: { query, from, to },
        sort: '-timestamp',
        page: { limit },
      }),
  }),
  operation({
    name: 'search_spans',
    description: 'Trace spans that match a query, newest first.',
    input: z.strictObject({ query: z.string().min(1).max(4000), ...window, limit }),
    run: (vendor: Vendor<Details>, { query, from, to, limit }) =>
      readPost(vendor, at(vendor, '/api/v2/spans/events/search'), {
        data: {
          type: 'search_request',
          attributes: { filter: { query, from, to }, sort: '-timestamp', page: { limit } },
        },
      }),
  }),
  operation({
    name: 'search_events',
    description: 'Events such as deployments and configuration changes.',
    input: z.strictObject({ query: z.string().max(4000).default('*'), ...window, limit }),
    run: (vendor: Vendor<Details>, { query, from, to, limit }) =>
      readPost(vendor, at(vendor, '/api/v2/events/search'), {
        filter: { query, from, to },
        sort: '-timestamp',
        page: { limit },
      }),
  }),
  operation({
    name: 'get_monitor',
    description: 'A monitor with the state of its groups.',
    input: z.strictObject({ id: z.int().positive() }),
    run: (vendor: Vendor<Details>, { id }) =>
      read(vendor, withQuery(at(vendor, `/api/v1/monitor/${id}`), { group_states: 'all' })),
  }),
  operation({
    name: 'list_hosts',
    description: 'Hosts that match a filter.',
    input: z.strictObject({ filter: z.string().max(500).optional() }),
    run: (vendor: Vendor<Details>, { filter }) =>
      read(vendor, withQuery(at(vendor, '/api/v1/hosts'), { filter })),
  }),
]
