/** What ThousandEyes can be asked. Times are ISO 8601. */
import * as z from 'zod'
import { operation, type Vendor } from '../operation'
import { read, withQuery } from '../read'
import { API, type Details } from './details'

type Asked = Vendor<Details>
const time = z.iso.datetime()
const testId = z.string().regex(/^\d{1,20}$/)
const group = ({ details }: Asked) => ({ aid: details.account_group_id ?? undefined })

export const operations = [
  operation({
    name: 'list_alerts',
    description: 'Alerts in a time window.',
    input: z.strictObject({ from: time, to: time }),
    run: (vendor: Asked, { from, to }) =>
      read(vendor, withQuery(`${API}/alerts`, { ...group(vendor), startDate: from, endDate: to })),
  }),
  operation({
    name: 'list_tests',
    description: 'Tests with their kind and target.',
    input: z.strictObject({}),
    run: (vendor: Asked) => read(vendor, withQuery(`${API}/tests`, group(vendor))),
  }),
  operation({
    name: 'test_results',
    description:
      'Results of a test in a time window: loss and latency, HTTP timings, paths or name resolution.',
    input: z.strictObject({
      testId,
      kind: z.enum(['network', 'http-server', 'path-vis', 'page-load', 'dns-server', 'web-transactions']),
      from: time,
      to: time,
    }),
    run: (vendor: Asked, { testId, kind, from, to }) =>
      read(
        vendor,
        withQuery(`${API}/test-results/${testId}/${kind}`, {
          ...group(vendor),
          startDate: from,
          endDate: to,
        }),
      ),
  }),
]
