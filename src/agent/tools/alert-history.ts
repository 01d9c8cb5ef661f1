import * as z from 'zod'
import { DAY, iso, isoOrNull } from '../../lib/time'
import { tool } from './tool'

const LISTED = 30

/** Output of `alert_history`. Durations are seconds. */
export const alertHistoryOutput = z.object({
  alertId: z.string(),
  since: z.string(),
  days: z.number(),
  total: z.number(),
  flaps: z.number(),
  typicalSeconds: z.number().nullable(),
  firings: z.array(
    z.object({
      alertId: z.string(),
      incidentId: z.string().nullable(),
      startedAt: z.string(),
      resolvedAt: z.string().nullable(),
      occurrences: z.number(),
      flaps: z.number(),
    }),
  ),
})
export type AlertHistory = z.infer<typeof alertHistoryOutput>

/** Earlier firings of the same alert identity. */
export const alertHistory = tool({
  name: 'alert_history',
  description:
    'Earlier firings of the same alert key: how often, how long they typically last, how often they flapped.',
  access: 'read',
  input: z.strictObject({ alertId: z.uuid(), days: z.int().min(1).max(90).default(30) }),
  run: async ({ alertId, days }, { reads, now }) => {
    const since = now - days * DAY
    const firings = await reads.alertHistory(alertId, since)
    const durations = firings
      .flatMap((firing) =>
        firing.resolvedAt === null ? [] : [(firing.resolvedAt - firing.startedAt) / 1000],
      )
      .toSorted((a, b) => a - b)
    const output: AlertHistory = {
      alertId,
      since: iso(since),
      days,
      total: firings.length,
      flaps: firings.reduce((sum, firing) => sum + firing.flaps, 0),
      typicalSeconds:
        durations.length === 0 ? null : Math.round(durations[Math.floor(durations.length / 2)] ?? 0),
      firings: firings.slice(0, LISTED).map((firing) => ({
        alertId: firing.alertId,
        incidentId: firing.incidentId,
        startedAt: iso(firing.startedAt),
        resolvedAt: isoOrNull(firing.resolvedAt),
        occurrences: firing.occurrences,
        flaps: firing.flaps,
      })),
    }
    return { status: firings.length === 0 ? 'empty' : 'success', output, trust: 'high' }
  },
})
