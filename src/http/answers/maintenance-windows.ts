import * as z from 'zod'
import { iso, isoOrNull } from '../../lib/time'
import type { listSuppressed, readWindow } from '../../services/maintenance-windows'
import { maybeTime, severity, time } from './fields'

export const maintenanceWindow = z.object({
  id: z.uuid(),
  name: z.string(),
  reason: z.string(),
  startsAt: time,
  endsAt: time,
  match: z.array(z.object({ field: z.string(), op: z.string(), value: z.json().optional() })),
  endWhenQuietSeconds: z.int().nullable(),
  state: z.enum(['scheduled', 'active', 'ended']),
  /** When something matching fired last. */
  lastMatchAt: maybeTime,
  /** When it really ended. */
  endedAt: maybeTime,
  createdBy: z.string(),
  createdAt: time,
  updatedAt: time,
})

export const windowAnswer = z.object({ maintenanceWindow })
export const windowList = z.object({ maintenanceWindows: z.array(maintenanceWindow) })

const hidden = z.object({
  incidentId: z.uuid(),
  title: z.string(),
  service: z.string(),
  severity,
  status: z.enum(['investigating', 'analyzed', 'merged', 'resolved']),
  suppressedAt: time,
  /** Null while it is hidden. */
  endedAt: maybeTime,
  outcome: z.enum(['released', 'resolved']).nullable(),
})
export const suppressedList = z.object({ suppressed: z.array(hidden) })

type Row = Awaited<ReturnType<typeof readWindow>>
type Hidden = Awaited<ReturnType<typeof listSuppressed>>[number]

export const showWindow = (row: Row, now: number): z.infer<typeof maintenanceWindow> => ({
  id: row.id,
  name: row.name,
  reason: row.reason,
  startsAt: iso(row.startsAt),
  endsAt: iso(row.endsAt),
  match: row.match.map((one) => ({ ...one })),
  endWhenQuietSeconds: row.endWhenQuietSeconds,
  state: row.endedAt !== null || row.endsAt <= now ? 'ended' : row.startsAt <= now ? 'active' : 'scheduled',
  lastMatchAt: isoOrNull(row.lastMatchAt),
  endedAt: isoOrNull(row.endedAt),
  createdBy: row.createdBy,
  createdAt: iso(row.createdAt),
  updatedAt: iso(row.updatedAt),
})

export const showSuppressed = (row: Hidden): z.infer<typeof hidden> => ({
  incidentId: row.id,
  title: row.title,
  service: row.service ?? 'unknown',
  severity: row.severity,
  status: row.status,
  suppressedAt: iso(row.at),
  endedAt: isoOrNull(row.endedAt),
  outcome: row.outcome,
})
