/** What Fly.io can be asked about its organisation. Times are ISO 8601. */
import * as z from 'zod'
import { operation, type Vendor } from '../operation'
import { read, withQuery } from '../read'
import { API, type Details } from './details'

type Asked = Vendor<Details>
const app = z.string().regex(/^[a-z0-9][a-z0-9-]{0,99}$/)
const machineId = z.string().regex(/^[a-z0-9]{1,32}$/)
const time = z.iso.datetime()

export const operations = [
  operation({
    name: 'list_apps',
    description: 'Apps of the organisation.',
    input: z.strictObject({}),
    run: (vendor: Asked) => read(vendor, withQuery(`${API}/apps`, { org_slug: vendor.details.org_slug })),
  }),
  operation({
    name: 'list_machines',
    description: 'Machines of an app with their state, checks and last events.',
    input: z.strictObject({ app }),
    run: (vendor: Asked, { app }) => read(vendor, `${API}/apps/${app}/machines`),
  }),
  operation({
    name: 'get_machine',
    description: 'One machine with its events.',
    input: z.strictObject({ app, machineId }),
    run: (vendor: Asked, { app, machineId }) => read(vendor, `${API}/apps/${app}/machines/${machineId}`),
  }),
  operation({
    name: 'query_metrics',
    description: 'A PromQL query over the metrics of the organisation.',
    input: z.strictObject({
      query: z.string().min(1).max(8000),
      start: time,
      end: time,
      stepSeconds: z.int().min(1).max(86_400).default(60),
    }),
    run: (vendor: Asked, { query, start, end, stepSeconds }) =>
      read(
        vendor,
        withQuery(`https://api.fly.io/prometheus/${vendor.details.org_slug}/api/v1/query_range`, {
          query,
          start,
          end,
          step: stepSeconds,
        }),
      ),
  }),
]
