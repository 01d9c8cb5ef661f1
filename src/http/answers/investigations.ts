/** Investigations, evidence and findings as the API shows them. */
import * as z from 'zod'
import { iso, isoOrNull } from '../../lib/time'
import type { InvestigationDetail, InvestigationView, listEvidence } from '../../services/investigations'
import { maybeTime, time } from './fields'
import { showUsage, tokenUsage } from './token-usage'

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
    /** What was published comes first, then what a model noted on its way, whose evidence may speak against it. */
    hypotheses: z.array(
      claim.extend({
        status: z.enum(['open', 'supported', 'ruled_out']),
        service: z.string().nullable(),
        against: z.array(z.number()),
      }),
    ),
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

const PUBLISHED = { service: null, against: [] }

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
      ...(detail.findings?.claims ?? []).map((one) => ({
        ...one,
        ...PUBLISHED,
        status: 'supported' as const,
      })),
      ...(detail.findings?.ruledOut ?? []).map((one) => ({
        ...one,
        ...PUBLISHED,
        section: 'ruled_out',
        status: 'ruled_out' as const,
      })),
      ...detail.noted.map(({ statement, state, for: evidence, ...one }) => ({
        ...one,
        section: 'hypothesis',
        text: statement,
        status: state,
        evidence,
        origin: 'model' as const,
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
