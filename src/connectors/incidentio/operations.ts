/** What incident.io can be asked. */
import * as z from 'zod'
import { operation, type Vendor } from '../operation'
import { read, withQuery } from '../read'
import { API, type Details } from './details'

type Asked = Vendor<Details>
const id = z.string().regex(/^[A-Za-z0-9_-]{1,64}$/)
const limit = z.int().min(1).max(100).default(25)

export const operations = [
  operation({
    name: 'list_incidents',
    description: 'Incidents created since a day (YYYY-MM-DD), newest first.',
    input: z.strictObject({ since: z.iso.date().optional(), limit }),
    run: (vendor: Asked, { since, limit }) =>
      read(vendor, withQuery(`${API}/v2/incidents`, { 'created_at[gte]': since, page_size: limit })),
  }),
  operation({
    name: 'get_incident',
    description: 'An incident with its roles, severity and timestamps.',
    input: z.strictObject({ id }),
    run: (vendor: Asked, { id }) => read(vendor, `${API}/v2/incidents/${id}`),
  }),
  operation({
    name: 'list_incident_updates',
    description: 'Updates that people wrote about an incident.',
    input: z.strictObject({ incidentId: id, limit }),
    run: (vendor: Asked, { incidentId, limit }) =>
      read(vendor, withQuery(`${API}/v2/incident_updates`, { incident_id: incidentId, page_size: limit })),
  }),
]
