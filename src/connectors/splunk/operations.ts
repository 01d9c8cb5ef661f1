/** What Splunk can be asked. Searches that could change or send anything are refused before they leave. */
import * as z from 'zod'
import { operation, type Vendor } from '../operation'
import { read, withQuery } from '../read'
import type { Details } from './details'
import { exportSearch } from './export'
import { splunkServiceLogs } from './service-logs'

type Asked = Vendor<Details>
const at = ({ details }: Asked, path: string): string => `${details.baseUrl}${path}`
/** A moment in ISO 8601, or one relative to now in Splunk's own words. */
const moment = z.union([z.iso.datetime(), z.string().regex(/^(now|-\d{1,6}(s|m|h|d|w)(@(s|m|h|d|w))?)$/)])
const limit = z.int().min(1).max(1000).default(100)

const WRITES =
  /(^|[|[])\s*(delete|output\w+|\w*collect|summaryindex|dump|send\w+|script|runshellscript|map|run|rest|savedsearch)\b/i
const spl = z
  .string()
  .min(1)
  .max(8000)
  .refine((query) => !WRITES.test(query), 'The search contains a command that is not allowed')
  .refine((query) => !query.includes('`'), 'Macros are not allowed: what they hide cannot be checked')

/** A search begins with a command; words alone are a search for them. */
const asSearch = (query: string): string =>
  /^\s*(\||search\s)/i.test(query) ? query.trim() : `search ${query.trim()}`

export const operations = [
  splunkServiceLogs,
  operation({
    name: 'search',
    description: 'A search over a time window. Commands that write, send or call out are refused.',
    input: z.strictObject({
      query: spl,
      earliest: moment.default('-30m'),
      latest: moment.default('now'),
      limit,
    }),
    run: (vendor: Asked, { query, earliest, latest, limit }) =>
      exportSearch(vendor, { search: `${asSearch(query)} | head ${limit}`, earliest, latest }),
  }),
  operation({
    name: 'search_results',
    description: 'Results of a search that has run, such as the one that raised an alert.',
    input: z.strictObject({ sid: z.string().regex(/^[A-Za-z0-9_.:@-]{1,200}$/), limit }),
    run: (vendor: Asked, { sid, limit }) =>
      read(
        vendor,
        withQuery(at(vendor, `/services/search/v2/jobs/${encodeURIComponent(sid)}/results`), {
          output_mode: 'json',
          count: limit,
        }),
      ),
  }),
  operation({
    name: 'get_saved_search',
    description: 'A saved search with its query and schedule.',
    input: z.strictObject({ name: z.string().min(1).max(200) }),
    run: (vendor: Asked, { name }) =>
      read(vendor, `${at(vendor, `/services/saved/searches/${encodeURIComponent(name)}`)}?output_mode=json`),
  }),
]
