import * as z from 'zod'
import { iso } from '../../lib/time'
import type { listRecentIncidents } from '../../services/incident-alerts'
import { correlatedAlert } from './correlated-alerts'
import { severity } from './fields'

export const alertList = z.object({ alerts: z.array(correlatedAlert), total: z.int() })

const recent = z.object({
  id: z.uuid(),
  alertTitle: z.string(),
  alertService: z.string(),
  severity,
  sourceType: z.string(),
  status: z.enum(['investigating', 'analyzed', 'merged', 'resolved']),
  auroraStatus: z.enum(['idle', 'running', 'complete', 'error']),
  createdAt: z.iso.datetime(),
})

export const recentList = z.object({ incidents: z.array(recent) })

export const showRecent = (
  row: Awaited<ReturnType<typeof listRecentIncidents>>[number],
): z.infer<typeof recent> => ({
  ...row,
  alertService: row.alertService ?? 'unknown',
  createdAt: iso(row.createdAt),
})

export const merged = z.object({
  success: z.literal(true),
  message: z.literal('Alert merged successfully'),
  newAlertId: z.uuid(),
  sourceIncidentId: z.uuid(),
  targetIncidentId: z.uuid(),
  movedAlertCount: z.int(),
})

export const unmerged = z.object({
  success: z.literal(true),
  message: z.literal('Incident unmerged'),
  incidentId: z.uuid(),
  targetIncidentId: z.uuid().nullable(),
  movedAlertCount: z.int(),
})
