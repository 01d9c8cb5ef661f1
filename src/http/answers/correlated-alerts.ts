import * as z from 'zod'
import { iso } from '../../lib/time'
import type { IncidentDetail } from '../../services/incident-detail'
import { severity, time } from './fields'

export const correlatedAlert = z.object({
  id: z.uuid(),
  sourceType: z.string(),
  alertTitle: z.string(),
  alertService: z.string(),
  alertSeverity: severity,
  correlationStrategy: z.string(),
  correlationScore: z.number(),
  correlationDetails: z.record(z.string(), z.unknown()),
  receivedAt: time,
  state: z.string(),
  authenticity: z.string(),
})

export const showAlert = (
  row: IncidentDetail['correlatedAlerts'][number],
): z.infer<typeof correlatedAlert> => ({
  id: row.id,
  sourceType: row.sourceType,
  alertTitle: row.title,
  alertService: row.service ?? 'unknown',
  alertSeverity: row.severity,
  correlationStrategy: row.strategy,
  correlationScore: row.score,
  correlationDetails: row.details,
  receivedAt: iso(row.receivedAt),
  state: row.state,
  authenticity: row.authenticity,
})
