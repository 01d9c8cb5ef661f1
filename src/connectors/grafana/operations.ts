/** What Grafana can be asked. Times are ISO 8601 in and milliseconds out. */
import * as z from 'zod'
import { operation, type Vendor } from '../operation'
import { read, withQuery } from '../read'
import type { Details } from './details'
import { throughGrafana } from './through'

const time = z.iso.datetime()
const uid = z.string().regex(/^[A-Za-z0-9_-]{1,100}$/)
const at = ({ details }: Vendor<Details>, path: string): string => `${details.baseUrl}${path}`

export const operations = [
  ...throughGrafana,
  operation({
    name: 'list_datasources',
    description: 'Data sources with their ids and types.',
    input: z.strictObject({}),
    run: (vendor: Vendor<Details>) => read(vendor, at(vendor, '/api/datasources')),
  }),
  operation({
    name: 'query_prometheus',
    description: 'A PromQL query over a time window through a data source.',
    input: z.strictObject({
      datasourceUid: uid,
      query: z.string().min(1).max(8000),
      start: time,
      end: time,
      stepSeconds: z.int().min(1).max(86_400).default(60),
    }),
    run: (vendor: Vendor<Details>, { datasourceUid, query, start, end, stepSeconds }) =>
      read(
        vendor,
        withQuery(at(vendor, `/api/datasources/proxy/uid/${datasourceUid}/api/v1/query_range`), {
          query,
          start,
          end,
          step: stepSeconds,
        }),
      ),
  }),
  operation({
    name: 'list_alert_rules',
    description: 'Alert rules with their state.',
    input: z.strictObject({}),
    run: (vendor: Vendor<Details>) => read(vendor, at(vendor, '/api/prometheus/grafana/api/v1/rules')),
  }),
  operation({
    name: 'get_alert_rule',
    description: 'The definition of an alert rule.',
    input: z.strictObject({ uid }),
    run: (vendor: Vendor<Details>, { uid }) =>
      read(vendor, at(vendor, `/api/v1/provisioning/alert-rules/${uid}`)),
  }),
  operation({
    name: 'list_annotations',
    description: 'Annotations such as deployments in a time window.',
    input: z.strictObject({ from: time, to: time, tags: z.array(z.string().max(200)).max(10).optional() }),
    run: (vendor: Vendor<Details>, { from, to, tags }) =>
      read(
        vendor,
        withQuery(at(vendor, '/api/annotations'), {
          from: Date.parse(from),
          to: Date.parse(to),
          tags,
          limit: 100,
        }),
      ),
  }),
  operation({
    name: 'search_dashboards',
    description: 'Dashboards by name.',
    input: z.strictObject({ query: z.string().max(200) }),
    run: (vendor: Vendor<Details>, { query }) =>
      read(vendor, withQuery(at(vendor, '/api/search'), { query, type: 'dash-db', limit: 50 })),
  }),
  operation({
    name: 'get_dashboard',
    description: 'A dashboard with the queries of its panels.',
    input: z.strictObject({ uid }),
    run: (vendor: Vendor<Details>, { uid }) => read(vendor, at(vendor, `/api/dashboards/uid/${uid}`)),
  }),
]
