/** Investigations, evidence and findings as the API shows them. */
import * as z from 'zod'
import { iso, isoOrNull } from '../../lib/time'
import type { Finding } from '../../services/findings'
import type { InvestigationDetail, InvestigationView, listEvidence } from '../../services/investigations'
import type { ModelUse } from '../../services/llm-usage'
import { showUsage, tokenUsage } from './incidents'

const time = z.iso.datetime()
const maybeTime = time.nullable()

const run = z.object({
  runId: z.uuid(),
  ordinal: z.int(),
  trigger: z.string(),
  state: z.enum(['queued', 'leased', 'running', 'succeeded', 'failed', 'timeout', 'cancelled']),
  step: z.string(),
  verdict: z.enum(['confirmed', 'likely', 'inconclusive']).nullable(),
  confidence: z.number().nullable(),
  analyst: z.string().nullable(),
  mechanism: z.string().nullable(),
  rootCauseService: z.string().nullable(),
  degraded: z.string().nullable(),
  budgetExhausted: z.string().nullable(),
  errorCode: z.string().nullable(),
  attempt: z.int(),
  used: z.object({ modelTurns: z.int(), toolCalls: z.int(), seconds: z.int() }),
  queuePosition: z.int().nullable(),
  notBefore: maybeTime,
  createdAt: time,
  startedAt: maybeTime,
  endedAt: maybeTime,
})

export const runList = z.object({ runs: z.array(run) })

const claim = z.object({
  section: z.string(),
  text: z.string(),
  evidence: z.array(z.number()),
  origin: z.enum(['rules', 'model']),
})

const part = z.number().nullable()
const parts = z.object({ earliness: part, metrics: part, dependents: part, change: part, logs: part })

export const runDetail = z.object({
  run: run.extend({
    steps: z.array(z.object({ step: z.string(), startedAt: time, endedAt: time, iterations: z.int() })),
    hypotheses: z.array(claim.extend({ status: z.enum(['supported', 'ruled_out']) })),
    droppedClaims: z.array(
      z.object({ section: z.string(), text: z.string(), evidence: z.array(z.number()), reason: z.string() }),
    ),
    notChecked: z.array(z.string()),
    /** Who could be at fault, the first suspect first; parts are null where nothing is known. */
    candidates: z.array(z.object({ service: z.string(), score: z.number(), parts })),
    tokenUsage: tokenUsage.nullable(),
  }),
})

export const showRun = (view: InvestigationView): z.infer<typeof run> => {
  const { run: row, queuePosition, modelTurns, toolCalls } = view
  const until = row.endedAt ?? row.heartbeatAt ?? row.startedAt
  return {
    runId: row.id,
    ordinal: row.ordinal,
    trigger: row.trigger,
    state: row.state,
    step: row.step,
    verdict: row.verdict,
    confidence: row.confidence,
    analyst: row.analyst,
    mechanism: row.mechanism,
    rootCauseService: row.rootCauseService,
    degraded: row.degraded,
    budgetExhausted: row.budgetExhausted,
    errorCode: row.errorCode,
    attempt: row.attempt,
    used: {
      modelTurns,
      toolCalls,
      seconds:
        row.startedAt === null || until === null
          ? 0
          : Math.max(0, Math.round((until - row.startedAt) / 1000)),
    },
    queuePosition,
    notBefore: isoOrNull(row.notBefore),
    createdAt: iso(row.createdAt),
    startedAt: isoOrNull(row.startedAt),
    endedAt: isoOrNull(row.endedAt),
  }
}

export const showRunDetail = (detail: InvestigationDetail): z.infer<typeof runDetail> => ({
  run: {
    ...showRun(detail),
    steps: detail.steps.map(({ step, from, to, iterations }) => ({
      step,
      startedAt: iso(from),
      endedAt: iso(to),
      iterations,
    })),
    hypotheses: [
      ...(detail.findings?.claims ?? []).map((one) => ({ ...one, status: 'supported' as const })),
      ...(detail.findings?.ruledOut ?? []).map((one) => ({
        ...one,
        section: 'ruled_out',
        status: 'ruled_out' as const,
      })),
    ],
    droppedClaims: detail.dropped,
    notChecked: detail.findings?.notChecked ?? [],
    candidates: (detail.findings?.candidates ?? []).map(
      ({ service, score, components: { A, M, G, C, L } }) => ({
        service,
        score,
        parts: { earliness: A, metrics: M, dependents: G, change: C, logs: L },
      }),
    ),
    tokenUsage: showUsage(detail.usage),
  },
})

const evidence = z.object({
  number: z.int(),
  runId: z.string(),
  tool: z.string(),
  command: z.string(),
  url: z.string().nullable(),
  output: z.string(),
  outputSha256: z.string(),
  truncated: z.boolean(),
  status: z.enum(['success', 'error', 'empty']),
  trust: z.enum(['high', 'normal', 'low']),
  errorCode: z.string().nullable(),
  executedAt: time,
  durationMs: z.int(),
})

export const evidenceList = z.object({ evidence: z.array(evidence), nextAfter: z.int().nullable() })

export const showEvidence = (
  page: Awaited<ReturnType<typeof listEvidence>>,
): z.infer<typeof evidenceList> => ({
  evidence: page.evidence.map((row) => ({
    number: row.number,
    runId: row.runId,
    tool: row.tool,
    command: row.command,
    url: row.url,
    output: row.output,
    outputSha256: row.outputSha256,
    truncated: row.truncated,
    status: row.status,
    trust: row.trust,
    errorCode: row.errorCode,
    executedAt: iso(row.executedAt),
    durationMs: row.durationMs,
  })),
  nextAfter: page.nextAfter,
})

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

export const modelUseList = z.object({
  models: z.array(
    z.object({
      model_name: z.string(),
      usage_count: z.int(),
      total_cost: z.number(),
      total_surcharge: z.literal(0),
      total_cost_with_surcharge: z.number(),
      first_used: time,
      last_used: time,
    }),
  ),
  total_models: z.int(),
  billing_summary: z.object({
    total_api_cost: z.number(),
    total_cost: z.number(),
    currency: z.literal('USD'),
  }),
})

export function showModelUse(models: readonly ModelUse[]): z.infer<typeof modelUseList> {
  const cost = models.reduce((total, model) => total + model.cost, 0)
  return {
    models: models.map((row) => ({
      model_name: row.model,
      usage_count: row.requestCount,
      total_cost: row.cost,
      total_surcharge: 0,
      total_cost_with_surcharge: row.cost,
      first_used: iso(row.firstUsed),
      last_used: iso(row.lastUsed),
    })),
    total_models: models.length,
    billing_summary: { total_api_cost: cost, total_cost: cost, currency: 'USD' },
  }
}
