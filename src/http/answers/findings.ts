/** The findings of an investigation as the API shows them. */
import * as z from 'zod'
import { iso, isoOrNull } from '../../lib/time'
import type { Finding } from '../../services/findings'
import { maybeTime, time } from './fields'

const findingStatus = z.enum(['running', 'succeeded', 'failed', 'timeout', 'cancelled', 'inconclusive'])

const finding = z.object({
  agent_id: z.string(),
  role_name: z.literal('general_investigator'),
  purpose: z.string(),
  status: findingStatus,
  wave: z.int(),
  self_assessed_strength: z.enum(['strong', 'moderate', 'weak', 'inconclusive']).nullable(),
  current_action: z.string().nullable(),
  child_session_id: z.null(),
  started_at: time,
  completed_at: maybeTime,
  tools_used: z.array(z.string()),
  citations: z.array(z.string()),
  follow_ups_suggested: z.array(z.string()),
})

export const findingList = z.object({ findings: z.array(finding) })

export const showFinding = (row: Finding): z.infer<typeof finding> => ({
  agent_id: row.agentId,
  role_name: 'general_investigator',
  purpose: row.purpose,
  status: row.status,
  wave: 1,
  self_assessed_strength: row.strength,
  current_action: row.currentAction,
  child_session_id: null,
  started_at: iso(row.startedAt),
  completed_at: isoOrNull(row.endedAt),
  tools_used: [...new Set(row.evidence.map(({ tool }) => tool))],
  citations: row.evidence.map(({ number }) => String(number)),
  follow_ups_suggested: [],
})

export const findingDetail = z.object({
  agent_id: z.string(),
  status: findingStatus,
  body: z.string().nullable(),
  tool_call_history: z.array(
    z.object({
      tool_name: z.string(),
      command: z.string(),
      output: z.string(),
      status: z.enum(['success', 'error', 'empty']),
      started_at: time,
      completed_at: time,
    }),
  ),
})

export const showFindingDetail = (row: Finding): z.infer<typeof findingDetail> => ({
  agent_id: row.agentId,
  status: row.status,
  body: row.body,
  tool_call_history: row.evidence.map(({ tool, command, output, status, executedAt, durationMs }) => ({
    tool_name: tool,
    command,
    output,
    status,
    started_at: iso(executedAt),
    completed_at: iso(executedAt + durationMs),
  })),
})
