/** What Loki can be asked. Times are ISO 8601 in and nanoseconds out. */
import * as z from 'zod'
import { operation, type Vendor } from '../operation'
import type { Details } from '../query-endpoint'
import { read, withQuery } from '../read'
import { lokiServiceLogs } from './service-logs'

const time = z.iso.datetime()
const label = z.string().regex(/^[a-zA-Z_][a-zA-Z0-9_]*$/)
const nanoseconds = (text: string): string => `${Date.parse(text)}000000`
const at = ({ details }: Vendor<Details>, path: string): string => `${details.baseUrl}/loki/api/v1${path}`

export const operations = [
  lokiServiceLogs,
  operation({
    name: 'query_range',
    description: 'Log lines or a log metric over a time window, newest first.',
    input: z.strictObject({
      query: z.string().min(1).max(8000),
      start: time,
      end: time,
      limit: z.int().min(1).max(1000).default(200),
    }),
    run: (vendor: Vendor<Details>, { query, start, end, limit }) =>
      read(
        vendor,
        withQuery(at(vendor, '/query_range'), {
          query,
          start: nanoseconds(start),
          end: nanoseconds(end),
          limit,
          direction: 'backward',
        }),
      ),
  }),
  operation({
    name: 'list_labels',
    description: 'The names of labels.',
    input: z.strictObject({}),
    run: (vendor: Vendor<Details>) => read(vendor, at(vendor, '/labels')),
  }),
  operation({
    name: 'label_values',
    description: 'The values of a label.',
    input: z.strictObject({ label }),
    run: (vendor: Vendor<Details>, { label }) =>
      read(vendor, at(vendor, `/label/${encodeURIComponent(label)}/values`)),
  }),
]
