/** What Cloudflare can be asked. */
import * as z from 'zod'
import { operation, type Vendor } from '../operation'
import { read, readPost, withQuery } from '../read'
import { API, type Details } from './details'

const id = z.string().regex(/^[a-f0-9]{32}$/)
const time = z.iso.datetime()
const script = z.string().regex(/^[A-Za-z0-9_-]{1,100}$/)
type Asked = Vendor<Details>

const HTTP_ERRORS = `query ($zone: String!, $from: Time!, $to: Time!) {
  viewer { zones(filter: { zoneTag: $zone }) {
    httpRequestsAdaptiveGroups(limit: 500, filter: { datetime_geq: $from, datetime_leq: $to }, orderBy: [datetimeMinute_ASC]) {
      count dimensions { datetimeMinute edgeResponseStatus }
    }
  } }
}`

export const operations = [
  operation({
    name: 'list_zones',
    description: 'Zones with their status.',
    input: z.strictObject({ page: z.int().min(1).max(100).default(1) }),
    run: (vendor: Asked, { page }) => read(vendor, withQuery(`${API}/zones`, { per_page: 50, page })),
  }),
  operation({
    name: 'list_dns_records',
    description: 'DNS records of a zone.',
    input: z.strictObject({ zoneId: id, name: z.string().max(255).optional() }),
    run: (vendor: Asked, { zoneId, name }) =>
      read(vendor, withQuery(`${API}/zones/${zoneId}/dns_records`, { name, per_page: 100 })),
  }),
  operation({
    name: 'list_worker_deployments',
    description: 'Deployments of a Worker.',
    input: z.strictObject({ accountId: id, script }),
    run: (vendor: Asked, { accountId, script }) =>
      read(vendor, `${API}/accounts/${accountId}/workers/scripts/${script}/deployments`),
  }),
  operation({
    name: 'list_audit_logs',
    description: 'Who changed what in an account.',
    input: z.strictObject({ accountId: id, since: time, before: time.optional() }),
    run: (vendor: Asked, { accountId, since, before }) =>
      read(vendor, withQuery(`${API}/accounts/${accountId}/audit_logs`, { since, before, per_page: 100 })),
  }),
  operation({
    name: 'list_notifications',
    description: 'Notifications that an account sent.',
    input: z.strictObject({ accountId: id, since: time.optional() }),
    run: (vendor: Asked, { accountId, since }) =>
      read(vendor, withQuery(`${API}/accounts/${accountId}/alerting/v3/history`, { since, per_page: 50 })),
  }),
  operation({
    name: 'http_statuses',
    description: 'Requests of a zone by minute and response status.',
    input: z.strictObject({ zoneId: id, from: time, to: time }),
    run: (vendor: Asked, { zoneId, from, to }) =>
      readPost(vendor, `${API}/graphql`, { query: HTTP_ERRORS, variables: { zone: zoneId, from, to } }),
  }),
]
