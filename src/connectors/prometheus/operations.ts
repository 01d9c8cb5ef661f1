/** What a Prometheus-compatible API can be asked. Times are ISO 8601. */
import * as z from 'zod'
import { operation, type Vendor } from '../operation'
import { read, withQuery } from '../read'
import { alertSeries } from './alert-series'
import { serviceMetrics } from './service-metrics'
import type { Details } from './settings'

const time = z.iso.datetime()
const promql = z.string().min(1).max(8000)
const label = z.string().regex(/^[a-zA-Z_][a-zA-Z0-9_]*$/)
const at = ({ details }: Vendor<Details>, path: string): string => `${details.baseUrl}${path}`

export const operations = [
  serviceMetrics,
  alertSeries,
  operation({
    name: 'query',
    description: 'An instant PromQL query.',
    input: z.strictObject({ query: promql, time: time.optional() }),
    run: (vendor: Vendor<Details>, { query, time }) =>
      read(vendor, withQuery(at(vendor, '/api/v1/query'), { query, time })),
  }),
  operation({
    name: 'query_range',
    description: 'A PromQL query over a time window.',
    input: z.strictObject({
      query: promql,
      start: time,
      end: time,
      stepSeconds: z.int().min(1).max(86_400).default(60),
    }),
    run: (vendor: Vendor<Details>, { query, start, end, stepSeconds }) =>
      read(vendor, withQuery(at(vendor, '/api/v1/query_range'), { query, start, end, step: stepSeconds })),
  }),
  operation({
    name: 'list_alerts',
    description: 'Alerts that are pending or firing now.',
    input: z.strictObject({}),
    run: (vendor: Vendor<Details>) => read(vendor, at(vendor, '/api/v1/alerts')),
  }),
  operation({
    name: 'list_rules',
    description: 'Alerting and recording rules with their state.',
    input: z.strictObject({ type: z.enum(['alert', 'record']).optional() }),
    run: (vendor: Vendor<Details>, { type }) =>
      read(vendor, withQuery(at(vendor, '/api/v1/rules'), { type })),
  }),
  operation({
    name: 'find_series',
    description: 'Series that match selectors, for finding metric and label names.',
    input: z.strictObject({
      match: z.array(promql).min(1).max(5),
      start: time.optional(),
      end: time.optional(),
    }),
    run: (vendor: Vendor<Details>, { match, start, end }) =>
      read(vendor, withQuery(at(vendor, '/api/v1/series'), { 'match[]': match, start, end, limit: 200 })),
  }),
  operation({
    name: 'label_values',
    description: 'The values of a label.',
    input: z.strictObject({ label }),
    run: (vendor: Vendor<Details>, { label }) =>
      read(vendor, at(vendor, `/api/v1/label/${encodeURIComponent(label)}/values`)),
  }),
]
