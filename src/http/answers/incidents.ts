/** Incidents as the API shows them. */
import * as z from 'zod'
import { iso, isoOrNull } from '../../lib/time'
import type { IncidentDetail } from '../../services/incidents'
import type { ListedIncident } from '../../services/list-incidents'
import { message, showMessage } from './chat-sessions'

const time = z.iso.datetime()
const maybeTime = time.nullable()
const status = z.enum(['investigating', 'analyzed', 'merged', 'resolved'])
const auroraStatus = z.enum(['idle', 'running', 'complete', 'error'])
const severity = z.enum(['critical', 'high', 'medium', 'low', 'unknown'])

const alert = z.object({
  title: z.string(),
  service: z.string(),
  source: z.string(),
  sourceUrl: z.string(),
  metadata: z.record(z.string(), z.unknown()),
})

const common = {
  id: z.uuid(),
  sourceType: z.string(),
  sourceAlertId: z.string(),
  status,
  severity,
  auroraStatus,
  summary: z.string(),
  chatSessionId: z.uuid().nullable(),
  activeTab: z.enum(['thoughts', 'chat']),
  correlatedAlertCount: z.int(),
  affectedServices: z.array(z.string()),
  mergedIntoIncidentId: z.uuid().optional(),
  /** The maintenance window that keeps it quiet. */
  suppressedBy: z.uuid().optional(),
  mergedIntoTitle: z.string().optional(),
  startedAt: time,
  analyzedAt: maybeTime,
  resolvedAt: maybeTime,
  alertFiredAt: maybeTime,
  createdAt: time,
  updatedAt: time,
}

export const incident = z.object({ ...common, alert })

export const incidentList = z.object({
  incidents: z.array(incident),
  total: z.int(),
  /** True when more than `total` may match: they were not all counted. */
  totalIsCapped: z.boolean(),
  limit: z.int(),
  offset: z.int(),
  /** Asks for the next page as `cursor`; null on the last one. */
  nextCursor: z.string().nullable(),
})

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

const suggestion = z.object({
  id: z.uuid(),
  title: z.string(),
  description: z.string(),
  type: z.string(),
  risk: z.string(),
  command: z.string().nullable(),
  rationale: z.string().nullable(),
  undo: z.string().nullable(),
  summary: z.string().nullable(),
  createdAt: time,
  executedAt: maybeTime,
  executionSessionId: z.string().nullable(),
  executionStatus: z.string().nullable(),
  filePath: z.string().nullable(),
  originalContent: z.string().nullable(),
  suggestedContent: z.string().nullable(),
  userEditedContent: z.string().nullable(),
  repository: z.string().nullable(),
  prUrl: z.string().nullable(),
  prNumber: z.int().nullable(),
  createdBranch: z.string().nullable(),
  appliedAt: maybeTime,
  evidence: z.array(z.int()),
  origin: z.string(),
  runId: z.string().nullable(),
})

const thought = z.object({
  id: z.uuid(),
  timestamp: time,
  content: z.string(),
  type: z.string(),
  createdAt: time,
})

const citation = z.object({
  id: z.uuid(),
  key: z.string(),
  toolName: z.string(),
  command: z.string(),
  output: z.string(),
  executedAt: maybeTime,
  createdAt: time,
})

const investigation = z
  .object({
    runId: z.uuid(),
    state: z.string(),
    step: z.string(),
    verdict: z.enum(['confirmed', 'likely', 'inconclusive']).nullable(),
    confidence: z.number().nullable(),
    analyst: z.string().nullable(),
    degraded: z.string().nullable(),
    budgetExhausted: z.string().nullable(),
    mechanism: z.string().nullable(),
    rootCauseService: z.string().nullable(),
    queuePosition: z.int().nullable(),
    startedAt: maybeTime,
    endedAt: maybeTime,
  })
  .nullable()

export const tokenUsage = z.object({
  requestCount: z.int(),
  totalInputTokens: z.int(),
  totalOutputTokens: z.int(),
  totalTokens: z.int(),
  totalCost: z.number(),
  models: z.array(
    z.object({
      model: z.string(),
      requestCount: z.int(),
      inputTokens: z.int(),
      outputTokens: z.int(),
      cost: z.number(),
    }),
  ),
})

export const incidentDetail = z.object({
  incident: z.object({
    ...common,
    alert: alert.extend({ triggeredAt: time, rawPayload: z.string().optional() }),
    correlatedAlerts: z.array(correlatedAlert).optional(),
    suggestions: z.array(suggestion).optional(),
    streamingThoughts: z.array(thought).optional(),
    citations: z.array(citation).optional(),
    chatSessions: z
      .array(
        z.object({
          id: z.uuid(),
          title: z.string(),
          status: z.string(),
          createdAt: time,
          updatedAt: time,
          messages: z.array(message),
        }),
      )
      .optional(),
    tokenUsage: tokenUsage.nullable().optional(),
    streamCursor: z.string(),
    investigation,
  }),
})

export const patched = z.object({ success: z.literal(true), id: z.uuid() })

/** The members that lists and details share. */
export const showIncident = (row: ListedIncident): z.infer<typeof incident> => ({
  id: row.id,
  sourceType: row.sourceType,
  sourceAlertId: row.sourceAlertId,
  status: row.status,
  severity: row.severity,
  alert: {
    title: row.alertTitle,
    service: row.alertService ?? 'unknown',
    source: row.sourceType,
    sourceUrl: row.sourceUrl,
    metadata: row.alertMetadata,
  },
  auroraStatus: row.auroraStatus,
  summary: row.summary,
  chatSessionId: row.chatSessionId,
  activeTab: row.activeTab,
  correlatedAlertCount: row.correlatedAlertCount,
  affectedServices: [...row.affectedServices],
  ...(row.mergedIntoIncidentId === null
    ? {}
    : { mergedIntoIncidentId: row.mergedIntoIncidentId, mergedIntoTitle: row.mergedIntoTitle ?? '' }),
  ...(row.suppressedBy === null ? {} : { suppressedBy: row.suppressedBy }),
  startedAt: iso(row.startedAt),
  analyzedAt: isoOrNull(row.analyzedAt),
  resolvedAt: isoOrNull(row.resolvedAt),
  alertFiredAt: isoOrNull(row.alertFiredAt),
  createdAt: iso(row.createdAt),
  updatedAt: iso(row.updatedAt),
})

const showSuggestion = (row: IncidentDetail['suggestions'][number]): z.infer<typeof suggestion> => ({
  id: row.id,
  title: row.title,
  description: row.description,
  type: row.type,
  risk: row.risk,
  command: row.command,
  rationale: row.rationale,
  undo: row.undo,
  summary: row.summary,
  createdAt: iso(row.createdAt),
  executedAt: isoOrNull(row.executedAt),
  executionSessionId: row.executionSessionId,
  executionStatus: row.executionStatus,
  filePath: row.filePath,
  originalContent: row.originalContent,
  suggestedContent: row.suggestedContent,
  userEditedContent: row.userEditedContent,
  repository: row.repository,
  prUrl: row.prUrl,
  prNumber: row.prNumber,
  createdBranch: row.createdBranch,
  appliedAt: isoOrNull(row.appliedAt),
  evidence: [...row.evidence],
  origin: row.origin,
  runId: row.runId,
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

/** Sums over the models; null where none was used. */
export function showUsage(models: IncidentDetail['usage']): z.infer<typeof tokenUsage> | null {
  if (models.length === 0) return null
  const sum = (of: (model: (typeof models)[number]) => number): number =>
    models.reduce((total, model) => total + of(model), 0)
  const totalInputTokens = sum(({ inputTokens }) => inputTokens)
  const totalOutputTokens = sum(({ outputTokens }) => outputTokens)
  return {
    requestCount: sum(({ requestCount }) => requestCount),
    totalInputTokens,
    totalOutputTokens,
    totalTokens: totalInputTokens + totalOutputTokens,
    totalCost: sum(({ cost }) => cost),
    models: models.map((model) => ({ ...model })),
  }
}

/** The detail; members that were not asked for are left out. */
export function showDetail(detail: IncidentDetail): z.infer<typeof incidentDetail> {
  const { incident: row, include, run } = detail
  const when = <T>(name: (typeof include)[number], value: T): T | undefined =>
    include.includes(name) ? value : undefined
  const shown = showIncident(row)
  return {
    incident: {
      ...shown,
      alert: {
        ...shown.alert,
        triggeredAt: iso(row.startedAt),
        rawPayload: when('rawPayload', detail.rawPayload),
      },
      correlatedAlerts: when('correlatedAlerts', detail.correlatedAlerts.map(showAlert)),
      suggestions: when('suggestions', detail.suggestions.map(showSuggestion)),
      streamingThoughts: when(
        'streamingThoughts',
        detail.thoughts.map(({ id, timestamp, content, type, createdAt }) => ({
          id,
          timestamp: iso(timestamp),
          content,
          type,
          createdAt: iso(createdAt),
        })),
      ),
      citations: when(
        'citations',
        detail.citations.map((cited) => ({
          id: cited.id,
          key: String(cited.number),
          toolName: cited.tool,
          command: cited.command,
          output: cited.output,
          executedAt: iso(cited.executedAt),
          createdAt: iso(cited.createdAt),
        })),
      ),
      chatSessions: when(
        'chatSessions',
        detail.chatSessions.map(({ session, messages }) => ({
          id: session.id,
          title: session.title,
          status: session.status,
          createdAt: iso(session.createdAt),
          updatedAt: iso(session.updatedAt),
          messages: messages.map(showMessage),
        })),
      ),
      tokenUsage: when('tokenUsage', showUsage(detail.usage)),
      streamCursor: String(detail.streamCursor),
      investigation:
        run === null
          ? null
          : {
              runId: run.id,
              state: run.state,
              step: run.step,
              verdict: run.verdict,
              confidence: run.confidence,
              analyst: run.analyst,
              degraded: run.degraded,
              budgetExhausted: run.budgetExhausted,
              mechanism: run.mechanism,
              rootCauseService: run.rootCauseService,
              queuePosition: detail.queuePosition,
              startedAt: isoOrNull(run.startedAt),
              endedAt: isoOrNull(run.endedAt),
            },
    },
  }
}
