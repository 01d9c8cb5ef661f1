/** What Opsgenie and JSM Operations can be asked. */
import * as z from 'zod'
import { operation, type Vendor } from '../operation'
import { read, withQuery } from '../read'
import { alertsOf, type Details } from './details'

type Asked = Vendor<Details>
const id = z.string().regex(/^[A-Za-z0-9_-]{1,100}$/)
const limit = z.int().min(1).max(100).default(50)

export const operations = [
  operation({
    name: 'list_alerts',
    description: 'Alerts that match a search such as: status: open AND tag: checkout.',
    input: z.strictObject({ query: z.string().max(1000).default(''), limit }),
    run: (vendor: Asked, { query, limit }) =>
      read(vendor, withQuery(alertsOf(vendor.details), { query, limit, sort: 'createdAt', order: 'desc' })),
  }),
  operation({
    name: 'get_alert',
    description: 'An alert with its details, responders and tags.',
    input: z.strictObject({ id }),
    run: (vendor: Asked, { id }) => read(vendor, `${alertsOf(vendor.details)}/${id}`),
  }),
  operation({
    name: 'list_alert_logs',
    description: 'What happened to an alert: who was notified, who acknowledged it.',
    input: z.strictObject({ id, limit }),
    run: (vendor: Asked, { id, limit }) =>
      read(vendor, withQuery(`${alertsOf(vendor.details)}/${id}/logs`, { limit })),
  }),
]
