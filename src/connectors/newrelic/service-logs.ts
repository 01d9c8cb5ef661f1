/** Error lines of services in New Relic's logs. */
import * as z from 'zod'
import { ERROR_WORDS } from '../../lib/line-templates'
import type { Vendor } from '../operation'
import { ok } from '../outcome'
import { readingAs } from '../read'
import { MOST_BYTES, serviceLogs } from '../service-logs'
import { nerdGraph, type Details } from './details'
import { askNrql, literal } from './nrql'

/** Attributes that name the service of a line. */
const NAMES = ['service.name', 'entity.name', 'appName', 'service', 'app', 'container_name', 'labels.app']
const ERRORS = `(lower(level) IN ('error', 'critical', 'fatal') OR message RLIKE r'(?is).*(${ERROR_WORDS.join('|')}).*')`

const lines = z.array(z.object({ timestamp: z.number(), message: z.string().nullish() }))

export const newrelicServiceLogs = serviceLogs(async (vendor: Vendor<Details>) =>
  ok({
    url: nerdGraph(vendor.details),
    search: async ({ service, from, to, only, limit }) => {
      const own = NAMES.map((name) => `${name} = ${literal(service)}`).join(' OR ')
      const where = `(${own})${only === 'any' ? '' : ` AND ${ERRORS}`}`
      const query = `SELECT timestamp, message FROM Log WHERE ${where} SINCE ${from} UNTIL ${to} LIMIT ${limit}`
      const found = readingAs(await askNrql(vendor, query, { maxBytes: MOST_BYTES }), lines)
      if (found.kind !== 'ok') return found
      return ok(found.value.map(({ timestamp, message }) => ({ at: timestamp, text: message ?? '' })))
    },
  }),
)
