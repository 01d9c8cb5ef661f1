/** What Sentry can be asked about its organisation. */
import * as z from 'zod'
import { operation, type Vendor } from '../operation'
import { read, withQuery } from '../read'
import { organisation, type Details } from './details'
import { sentryServiceEvents } from './service-events'

type Asked = Vendor<Details>
const query = z.string().max(2000).default('')
const period = z
  .string()
  .regex(/^[1-9]\d{0,3}[smhdw]$/)
  .default('24h')
const id = z.string().regex(/^[A-Za-z0-9_-]{1,64}$/)
const project = z.string().regex(/^\d{1,20}$/)
const at = ({ details }: Asked, path: string): string => `${organisation(details)}${path}`

export const operations = [
  sentryServiceEvents,
  operation({
    name: 'search_issues',
    description: 'Issues that match a search, such as: is:unresolved firstSeen:-1h.',
    input: z.strictObject({ query, statsPeriod: period, project: project.optional() }),
    run: (vendor: Asked, { query, statsPeriod, project }) =>
      read(vendor, withQuery(at(vendor, '/issues/'), { query, statsPeriod, project, limit: 50 })),
  }),
  operation({
    name: 'get_issue',
    description: 'An issue with its counts and releases.',
    input: z.strictObject({ id }),
    run: (vendor: Asked, { id }) => read(vendor, at(vendor, `/issues/${id}/`)),
  }),
  operation({
    name: 'latest_event',
    description: 'The newest event of an issue with its stack trace.',
    input: z.strictObject({ issueId: id }),
    run: (vendor: Asked, { issueId }) => read(vendor, at(vendor, `/issues/${issueId}/events/latest/`)),
  }),
  operation({
    name: 'list_releases',
    description: 'Releases, newest first.',
    input: z.strictObject({ project: project.optional() }),
    run: (vendor: Asked, { project }) =>
      read(vendor, withQuery(at(vendor, '/releases/'), { project, per_page: 25 })),
  }),
  operation({
    name: 'query_events',
    description: 'A table over error events: fields and aggregates such as title and count().',
    input: z.strictObject({
      fields: z.array(z.string().min(1).max(200)).min(1).max(20),
      query,
      statsPeriod: period,
    }),
    run: (vendor: Asked, { fields, query, statsPeriod }) =>
      read(vendor, withQuery(at(vendor, '/events/'), { field: fields, query, statsPeriod, per_page: 50 })),
  }),
]
