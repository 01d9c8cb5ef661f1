/** What a cluster can be asked. The body of a search is fixed here: no script and no write can be in it. */
import * as z from 'zod'
import { operation, type Vendor } from '../operation'
import { read, readPost } from '../read'
import type { Details } from './details'
import { elasticsearchServiceLogs } from './service-logs'

type Asked = Vendor<Details>
/** Names and patterns, never paths; hidden indices belong to the cluster. */
const index = z.string().regex(/^[a-z0-9*][a-z0-9*_.,-]{0,254}$/)
const moment = z.union([z.iso.datetime(), z.string().regex(/^now(-\d{1,5}[smhdwM])?$/)])
const at = ({ details }: Asked, path: string): string => `${details.baseUrl}${path}`

export const operations = [
  elasticsearchServiceLogs,
  operation({
    name: 'search',
    description: 'Documents of an index that match a query string in a time window, newest first.',
    input: z.strictObject({
      index,
      query: z.string().min(1).max(4000),
      terms: z.record(z.string().min(1).max(200), z.string().max(1000)).default({}),
      from: moment.default('now-30m'),
      to: moment.default('now'),
      timeField: z
        .string()
        .regex(/^[A-Za-z0-9_@.-]{1,200}$/)
        .default('@timestamp'),
      size: z.int().min(1).max(500).default(50),
    }),
    run: (vendor: Asked, { index, query, terms, from, to, timeField, size }) =>
      readPost(vendor, at(vendor, `/${encodeURIComponent(index)}/_search`), {
        size,
        sort: [{ [timeField]: 'desc' }],
        query: {
          bool: {
            filter: [
              ...Object.entries(terms).map(([field, value]) => ({ term: { [field]: value } })),
              { range: { [timeField]: { gte: from, lte: to } } },
            ],
            must: [{ query_string: { query } }],
          },
        },
      }),
  }),
  operation({
    name: 'list_indices',
    description: 'Indices, aliases and data streams.',
    input: z.strictObject({ pattern: index.default('*') }),
    run: (vendor: Asked, { pattern }) =>
      read(vendor, at(vendor, `/_resolve/index/${encodeURIComponent(pattern)}`)),
  }),
  operation({
    name: 'field_types',
    description: 'The fields of an index with their types.',
    input: z.strictObject({ index }),
    run: (vendor: Asked, { index }) =>
      read(vendor, `${at(vendor, `/${encodeURIComponent(index)}/_field_caps`)}?fields=*`),
  }),
]
