/** Security events as the API shows them. */
import * as z from 'zod'
import { iso } from '../../lib/time'
import type { listSecurityEvents } from '../../services/security-events'

export const securityEventList = z.object({
  events: z.array(
    z.object({
      id: z.uuid(),
      kind: z.string(),
      place: z.string(),
      rules: z.array(z.string()),
      detail: z.string(),
      incidentId: z.string().nullable(),
      runId: z.string().nullable(),
      at: z.iso.datetime(),
    }),
  ),
  nextCursor: z.string().nullable(),
})

export const showSecurityEvents = ({
  events,
  nextCursor,
}: Awaited<ReturnType<typeof listSecurityEvents>>): z.infer<typeof securityEventList> => ({
  events: events.map(({ id, kind, place, rules, detail, incidentId, runId, at }) => ({
    id,
    kind,
    place,
    rules: [...rules],
    detail,
    incidentId,
    runId,
    at: iso(at),
  })),
  nextCursor,
})
