import * as z from 'zod'
import { DAY, iso } from '../../lib/time'
import { pastIncident, pastIncidentOf } from './past-incident'
import { tool } from './tool'

/** Output of `recent_incidents`, newest first. */
export const recentIncidentsOutput = z.object({
  service: z.string(),
  since: z.string(),
  days: z.number(),
  total: z.number(),
  incidents: z.array(pastIncident),
})
export type RecentIncidents = z.infer<typeof recentIncidentsOutput>

/** Open and recent incidents of a service other than this one. */
export const recentIncidents = tool({
  name: 'recent_incidents',
  description: 'Other incidents of a service in the last days, open or past, newest first.',
  access: 'read',
  input: z.strictObject({ service: z.string().min(1).max(200), days: z.int().min(1).max(90).default(7) }),
  run: async ({ service, days }, { reads, now }) => {
    const since = now - days * DAY
    const [incident, found] = await Promise.all([reads.incident(), reads.recentIncidents(service, since)])
    const others = found.filter((item) => item.id !== incident.id)
    const output: RecentIncidents = {
      service,
      since: iso(since),
      days,
      total: others.length,
      incidents: others.map(pastIncidentOf),
    }
    return { status: others.length === 0 ? 'empty' : 'success', output, trust: 'normal' }
  },
})
