/** One incident with all that is known of it, as the API shows it. */
import * as z from 'zod'
import { iso, isoOrNull } from '../../lib/time'
import type { IncidentDetail } from '../../services/incident-detail'
import { message, showMessage } from './chat-sessions'
import { correlatedAlert, showAlert } from './correlated-alerts'
import { maybeTime, time } from './fields'
import { incidentAlert, incidentMembers, showIncident } from './incidents'
import { showSuggestion, suggestion } from './suggestions'
import { showUsage, tokenUsage } from './token-usage'

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

export const incidentDetail = z.object({
  incident: z.object({
    ...incidentMembers,
    alert: incidentAlert.extend({ triggeredAt: time, rawPayload: z.string().optional() }),
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
