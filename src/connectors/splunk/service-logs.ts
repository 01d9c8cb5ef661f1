/** Error lines of services in Splunk, in every index that the token may search. */
import * as z from 'zod'
import { ERROR_WORDS } from '../../lib/line-templates'
import { iso } from '../../lib/time'
import type { Vendor } from '../operation'
import { ok } from '../outcome'
import { quoted } from '../quoted'
import { readingAs } from '../read'
import { MOST_BYTES, serviceLogs } from '../service-logs'
import type { Details } from './details'
import { exportSearch, exportUrl } from './export'

/** Fields that name the service of a line. */
const NAMES = [
  'service',
  'service.name',
  'service_name',
  'app',
  'container_name',
  'kubernetes.container_name',
  'kubernetes.labels.app',
  'k8s.deployment.name',
]

const row = z.object({ result: z.object({ _time: z.string(), _raw: z.string() }) })

export const splunkServiceLogs = serviceLogs(async (vendor: Vendor<Details>) =>
  ok({
    url: exportUrl(vendor.details),
    search: async ({ service, from, to, only, limit }) => {
      const own = NAMES.map((name) => `${name}=${quoted(service)}`).join(' OR ')
      const errors = only === 'any' ? '' : ` (${ERROR_WORDS.join(' OR ')})`
      const search = `search index=* (${own})${errors} | head ${limit} | fields _time, _raw`
      const span = { earliest: iso(from), latest: iso(to) }
      const answer = await exportSearch(vendor, { search, ...span }, MOST_BYTES)
      const rows = readingAs(answer, z.array(z.unknown()))
      if (rows.kind !== 'ok') return rows
      // Between the results are lines about the progress of the search.
      return ok(
        rows.value.flatMap((one) => {
          const read = row.safeParse(one)
          if (!read.success) return []
          const { _time, _raw } = read.data.result
          return [{ at: Date.parse(_time), text: _raw }]
        }),
      )
    },
  }),
)
