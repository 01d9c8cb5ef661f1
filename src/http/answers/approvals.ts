/** Uses of tools that write, as the API shows them. */
import * as z from 'zod'
import { iso, isoOrNull } from '../../lib/time'
import { APPROVAL_STATES, stateOf, type ApprovalRow } from '../../services/approvals'
import { maybeTime, time } from './fields'

const approval = z.object({
  id: z.uuid(),
  incidentId: z.uuid(),
  tool: z.string(),
  args: z.record(z.string(), z.unknown()),
  argsSha256: z.string(),
  reason: z.string(),
  risk: z.enum(['low', 'medium', 'high']),
  state: z.enum(APPROVAL_STATES),
  requestedBy: z.string(),
  decidedBy: z.string().nullable(),
  decidedAt: maybeTime,
  expiresAt: time,
  /** What the other system answered. */
  result: z.record(z.string(), z.unknown()).nullable(),
  error: z
    .object({
      code: z.string(),
      message: z.string(),
      /** The other system did not say: it may have been carried out there. */
      uncertain: z.boolean(),
    })
    .nullable(),
  endedAt: maybeTime,
  createdAt: time,
})

export const approvalAnswer = z.object({ approval })
export const approvalList = z.object({ approvals: z.array(approval), nextCursor: z.string().nullable() })

/** @param now ms: a request that is older than its time has expired */
export const showApproval = (row: ApprovalRow, now: number): z.infer<typeof approval> => ({
  id: row.id,
  incidentId: row.incidentId,
  tool: row.tool,
  args: { ...row.args },
  argsSha256: row.argsSha256,
  reason: row.reason,
  risk: row.risk,
  state: stateOf(row, now),
  requestedBy: row.requestedBy,
  decidedBy: row.decidedBy,
  decidedAt: isoOrNull(row.decidedAt),
  expiresAt: iso(row.expiresAt),
  result: row.result === null ? null : { ...row.result },
  error:
    row.errorCode === null
      ? null
      : {
          code: row.errorCode,
          message: row.error ?? row.errorCode,
          uncertain: row.errorCode === 'upstream_error',
        },
  endedAt: isoOrNull(row.endedAt),
  createdAt: iso(row.createdAt),
})
