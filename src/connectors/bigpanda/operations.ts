/** What BigPanda can be asked. */
import * as z from 'zod'
import { operation, type Vendor } from '../operation'
import { read, withQuery } from '../read'
import { API, type Details } from './details'

type Asked = Vendor<Details>
const id = z.string().regex(/^[A-Za-z0-9_-]{1,64}$/)
const time = z.iso.datetime()
const seconds = (text: string): number => Math.floor(Date.parse(text) / 1000)

export const operations = [
  operation({
    name: 'list_incident_alerts',
    description: 'The alerts that an incident correlates.',
    input: z.strictObject({ incidentId: id }),
    run: (vendor: Asked, { incidentId }) => read(vendor, `${API}/v2.0/incidents/${incidentId}/alerts`),
  }),
  operation({
    name: 'list_changes',
    description: 'Changes such as deployments in a time window.',
    input: z.strictObject({ from: time, to: time }),
    run: (vendor: Asked, { from, to }) =>
      read(vendor, withQuery(`${API}/v2.1/changes`, { from: seconds(from), to: seconds(to) })),
  }),
  operation({
    name: 'list_environments',
    description: 'Environments of the organisation.',
    input: z.strictObject({}),
    run: (vendor: Asked) => read(vendor, `${API}/v2.0/environments`),
  }),
]
