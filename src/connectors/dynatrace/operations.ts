/** What Dynatrace can be asked. Times are ISO 8601, or relative ones such as `now-30m`. */
import * as z from 'zod'
import { operation, type Vendor } from '../operation'
import { read, withQuery } from '../read'
import type { Details } from './details'
import { dynatraceServiceMetrics } from './service-metrics'

type Asked = Vendor<Details>
const at = ({ details }: Asked, path: string): string => `${details.environmentUrl}/api/v2${path}`
const moment = z.union([z.iso.datetime(), z.string().regex(/^now(-\d{1,5}[smhdwM])?$/)])
const window = { from: moment.default('now-2h'), to: moment.default('now') }
const selector = z.string().min(1).max(4000)

export const operations = [
  dynatraceServiceMetrics,
  operation({
    name: 'get_problem',
    description: 'A problem with its evidence and the entities it touches.',
    input: z.strictObject({ id: z.string().regex(/^[A-Za-z0-9_-]{1,100}$/) }),
    run: (vendor: Asked, { id }) => read(vendor, at(vendor, `/problems/${id}`)),
  }),
  operation({
    name: 'list_problems',
    description: 'Problems in a time window.',
    input: z.strictObject({ problemSelector: selector.optional(), ...window }),
    run: (vendor: Asked, { problemSelector, from, to }) =>
      read(vendor, withQuery(at(vendor, '/problems'), { problemSelector, from, to, pageSize: 50 })),
  }),
  operation({
    name: 'query_metrics',
    description: 'Data points of a metric over a time window.',
    input: z.strictObject({
      metricSelector: selector,
      entitySelector: selector.optional(),
      resolution: z
        .string()
        .regex(/^(\d{1,5}[mhdwMqy]?|Inf)$/)
        .default('1m'),
      ...window,
    }),
    run: (vendor: Asked, query) => read(vendor, withQuery(at(vendor, '/metrics/query'), query)),
  }),
  operation({
    name: 'search_logs',
    description: 'Log records that match a query, newest first.',
    input: z.strictObject({
      query: z.string().max(4000),
      ...window,
      limit: z.int().min(1).max(1000).default(100),
    }),
    run: (vendor: Asked, { query, from, to, limit }) =>
      read(vendor, withQuery(at(vendor, '/logs/search'), { query, from, to, limit, sort: '-timestamp' })),
  }),
  operation({
    name: 'list_entities',
    description:
      'Entities that a selector matches, such as: type("SERVICE"),entityName.contains("checkout").',
    input: z.strictObject({ entitySelector: selector, ...window }),
    run: (vendor: Asked, { entitySelector, from, to }) =>
      read(vendor, withQuery(at(vendor, '/entities'), { entitySelector, from, to, pageSize: 100 })),
  }),
  operation({
    name: 'list_events',
    description: 'Events such as deployments and configuration changes.',
    input: z.strictObject({
      eventSelector: selector.optional(),
      entitySelector: selector.optional(),
      ...window,
    }),
    run: (vendor: Asked, { eventSelector, entitySelector, from, to }) =>
      read(
        vendor,
        withQuery(at(vendor, '/events'), { eventSelector, entitySelector, from, to, pageSize: 100 }),
      ),
  }),
]
