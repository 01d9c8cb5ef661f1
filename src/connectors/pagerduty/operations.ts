/** What PagerDuty can be asked. Times are ISO 8601. */
import * as z from 'zod'
import { operation, type Vendor } from '../operation'
import { read, withQuery } from '../read'
import { API, type Details } from './details'

type Asked = Vendor<Details>
const id = z.string().regex(/^[A-Z0-9]{1,32}$/)
const time = z.iso.datetime()
const limit = z.int().min(1).max(100).default(50)

export const operations = [
  operation({
    name: 'get_incident',
    description: 'An incident with its service, urgency and assignees.',
    input: z.strictObject({ id }),
    run: (vendor: Asked, { id }) => read(vendor, `${API}/incidents/${id}`),
  }),
  operation({
    name: 'list_incident_alerts',
    description: 'The alerts that an incident groups.',
    input: z.strictObject({ incidentId: id, limit }),
    run: (vendor: Asked, { incidentId, limit }) =>
      read(vendor, withQuery(`${API}/incidents/${incidentId}/alerts`, { limit })),
  }),
  operation({
    name: 'list_log_entries',
    description: 'What happened in an incident: notifications, acknowledgements, notes.',
    input: z.strictObject({ incidentId: id, limit }),
    run: (vendor: Asked, { incidentId, limit }) =>
      read(vendor, withQuery(`${API}/incidents/${incidentId}/log_entries`, { limit, is_overview: false })),
  }),
  operation({
    name: 'related_changes',
    description: 'Change events that PagerDuty relates to an incident.',
    input: z.strictObject({ incidentId: id }),
    run: (vendor: Asked, { incidentId }) =>
      read(vendor, `${API}/incidents/${incidentId}/related_change_events`),
  }),
  operation({
    name: 'past_incidents',
    description: 'Earlier incidents that resemble one.',
    input: z.strictObject({ incidentId: id }),
    run: (vendor: Asked, { incidentId }) => read(vendor, `${API}/incidents/${incidentId}/past_incidents`),
  }),
  operation({
    name: 'service_changes',
    description: 'Change events of a service in a time window.',
    input: z.strictObject({ serviceId: id, since: time, until: time.optional(), limit }),
    run: (vendor: Asked, { serviceId, since, until, limit }) =>
      read(vendor, withQuery(`${API}/services/${serviceId}/change_events`, { since, until, limit })),
  }),
  operation({
    name: 'list_oncalls',
    description: 'Who is on call now for escalation policies.',
    input: z.strictObject({ escalationPolicyIds: z.array(id).max(20).default([]) }),
    run: (vendor: Asked, { escalationPolicyIds }) =>
      read(
        vendor,
        withQuery(`${API}/oncalls`, { 'escalation_policy_ids[]': escalationPolicyIds, limit: 100 }),
      ),
  }),
]
