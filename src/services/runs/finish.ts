/** The last batch of an investigation: everything is published at once, or nothing. */
import type { Publication, RunState, StepResult } from '../../agent/run/state'
import { newId } from '../../lib/ids'
import { iso } from '../../lib/time'
import { appendMessage } from '../../store/chat-messages'
import { releaseSession } from '../../store/session-runs'
import { announce, announceIncident, type FeedRow } from '../../store/feed'
import { insertSuggestions, publishCitations, retireSuggestions } from '../../store/findings'
import { ensureNotMerged, publishAnalysis } from '../../store/incidents'
import { lifecycle } from '../../store/lifecycle'
import type { EvidenceRow } from '../../store/run-rows'
import { endRun } from '../../store/runs'
import { judgeSuggestions } from '../command-policies/judge'
import { citationsFrom } from './citations'
import { found } from './commit'
import type { Executor, Held } from './executor'

/** @throws a guard failure when the lease is lost */
export async function finishInvestigation(
  executor: Executor,
  { run, lease }: Held,
  state: RunState,
  result: StepResult & { readonly publication: Publication },
  evidence: readonly EvidenceRow[],
): Promise<void> {
  const { db, room } = executor
  const now = executor.now()
  const { publication } = result
  const incidentId = state.incident.id
  const proposed = publication.suggestions.map((suggestion, ordinal) => ({
    id: newId(now),
    incidentId,
    runId: run.id,
    ordinal,
    ...suggestion,
    evidence: [...suggestion.evidence],
    createdAt: now,
  }))
  const { suggestions, records } = await judgeSuggestions(db, proposed, now)
  const cited = evidence.filter(({ number }) => publication.cited.includes(number))
  await db.commit([
    ...endRun(
      db,
      lease,
      {
        state: 'succeeded',
        step: 'notify',
        verdict: publication.verdict,
        confidence: publication.confidence,
        mechanism: publication.mechanism,
        rootCauseService: publication.rootCauseService,
        analyst: publication.analyst,
        degraded: result.checkpoint.degraded,
        budgetExhausted: result.checkpoint.budgetExhausted,
        claims: { ...publication.findings, candidates: publication.candidates },
        droppedClaims: publication.dropped,
        services: state.incident.affectedServices,
      },
      now,
    ),
    ensureNotMerged(db, incidentId),
    ...(await found(executor, state, result, now)),
    retireSuggestions(db, incidentId),
    ...(suggestions.length === 0 ? [] : [insertSuggestions(db, suggestions)]),
    ...records,
    publishCitations(db, incidentId, publication.cited, now),
    publishAnalysis(db, incidentId, publication, now),
    ...appendMessage(db, {
      sessionId: run.sessionId,
      sender: 'assistant',
      text: publication.summary,
      citations: citationsFrom(cited),
      runId: run.id,
      createdAt: now,
    }),
    releaseSession(db, run.sessionId, run.id, 'completed', room.lastSeq() + 2, now),
    lifecycle(db, {
      incidentId,
      actor: 'system',
      event: 'rca_completed',
      details: { runId: run.id, verdict: publication.verdict },
      dedupeKey: `${incidentId}:rca_completed:${run.id}`,
      at: now,
    }),
    ...(suggestions.length + cited.length === 0
      ? []
      : [
          announce(db, [
            ...cited.map(({ id, number }): FeedRow => ({
              incidentId,
              event: { type: 'citation', citation: { id, key: String(number) } },
            })),
            ...suggestions.map(({ id, title }): FeedRow => ({
              incidentId,
              event: { type: 'suggestion', suggestion: { id, title, createdAt: iso(now) } },
            })),
          ]),
        ]),
    announceIncident(db, incidentId, 'analysis_finished', now),
  ])
  room.tell([
    { kind: 'whole_text', text: publication.summary },
    { kind: 'end', outcome: 'completed' },
  ])
  executor.publish()
}
