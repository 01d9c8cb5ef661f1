/** Error lines of services in Datadog's logs. */
import * as z from 'zod'
import { ERROR_WORDS } from '../../lib/line-templates'
import { iso } from '../../lib/time'
import type { Vendor } from '../operation'
import { ok } from '../outcome'
import { quoted } from '../quoted'
import { readingAs, readPost } from '../read'
import { MOST_BYTES, serviceLogs } from '../service-logs'
import type { Details } from './details'

const ERRORS = `(status:(emergency OR alert OR critical OR error) OR ${ERROR_WORDS.join(' OR ')})`
const events = z.object({
  data: z.array(z.object({ attributes: z.object({ timestamp: z.string(), message: z.string().nullish() }) })),
})

export const datadogServiceLogs = serviceLogs(async (vendor: Vendor<Details>) => {
  const url = `${vendor.details.baseUrl}/api/v2/logs/events/search`
  return ok({
    url,
    search: async ({ service, from, to, only, limit }) => {
      const query = `service:${quoted(service)}${only === 'any' ? '' : ` ${ERRORS}`}`
      const body = {
        filter: { query, from: iso(from), to: iso(to) },
        sort: '-timestamp',
        page: { limit },
      }
      const found = readingAs(await readPost(vendor, url, body, { maxBytes: MOST_BYTES }), events)
      if (found.kind !== 'ok') return found
      return ok(
        found.value.data.map(({ attributes: { timestamp, message } }) => ({
          at: Date.parse(timestamp),
          text: message ?? '',
        })),
      )
    },
  })
})
