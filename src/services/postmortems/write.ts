/** The run that writes a postmortem: from what is stored, worded by a language model where there is one, published in one guarded batch. */
import { checkpointSchema } from '../../agent/run/state'
import { askForWording, wordingFrom, type Worded, type Wording } from '../../agent/run/wording'
import type { Statement } from '../../store/db'
import { announceIncident } from '../../store/feed'
import { lifecycle } from '../../store/lifecycle'
import { addVersion, evidenceNumbered, publishGenerated } from '../../store/postmortems'
import { endRun, finishEffect } from '../../store/runs'
import { noteSecurity } from '../../store/security-events'
import type { TenantDb } from '../../store/tenant-db'
import { assistantOf, settled } from '../runs/assistant'
import type { Executor, Held, Progress } from '../runs/executor'
import { failRun } from '../runs/fail'
import { depsOf } from '../runs/investigate'
import { asItem } from '../runs/load-state'
import { afterNoTurn } from '../runs/without-model'
import { securityRows } from '../security-events'
import { gatherFacts } from './gather'
import { renderPostmortem, type PostmortemFacts } from './render'

/** One step: asks a model for its wording, if there is one and something to word, and publishes. */
export async function writePostmortem(
  executor: Executor,
  held: Held,
  signal: AbortSignal,
): Promise<Progress> {
  const { db } = executor
  const { incidentId } = held.run
  const facts = incidentId === null ? null : await gatherFacts(db, incidentId)
  if (incidentId === null || facts === null) {
    await failRun(executor, held, { state: 'failed', code: 'internal', detail: 'the incident is gone' })
    return { kind: 'over' }
  }
  const { degraded, halved } = checkpointSchema.parse(held.run.checkpoint)
  const isWorthwhile = degraded === null && (facts.findings?.claims.length ?? 0) > 0
  const assistant = isWorthwhile ? await assistantOf(executor, held) : null
  if (assistant === null || assistant === 'unavailable') {
    const reason = assistant === null ? degraded : 'model_unavailable'
    return publish(executor, held, incidentId, { content: renderPostmortem(facts), degraded: reason })
  }
  const worded = await toWord(db, incidentId, facts)
  const deps = { ...depsOf(executor, incidentId, signal), onText: () => {} }
  const asked = await askForWording(worded, halved, deps, assistant)
  if (asked.kind !== 'turn') return afterNoTurn(executor, held, assistant, asked)
  const wording = wordingFrom(asked, worded)
  const quarantined = securityRows(
    { incidentId, runId: held.run.id },
    { evidence: [], struck: asked.struck },
    executor.now(),
  )
  return publish(executor, held, incidentId, {
    content: renderPostmortem(inWords(facts, wording)),
    degraded: null,
    isModel: wording.isModel,
    paid: [
      ...settled(executor, held, assistant, asked.spent),
      ...(quarantined.length === 0 ? [] : [noteSecurity(db, quarantined)]),
    ],
  })
}

interface Written {
  readonly content: string
  readonly degraded: string | null
  readonly isModel?: boolean
  readonly paid?: readonly Statement[]
}

/** @throws a guard failure when the lease is lost */
async function publish(
  executor: Executor,
  { run, lease }: Held,
  incidentId: string,
  { content, degraded, isModel = false, paid = [] }: Written,
): Promise<Progress> {
  const { db } = executor
  const now = executor.now()
  const runId = run.id
  const { budgetExhausted } = checkpointSchema.parse(run.checkpoint)
  const analyst = isModel ? 'model' : 'builtin'
  await db.commit([
    ...endRun(db, lease, { state: 'succeeded', step: 'write', analyst, degraded, budgetExhausted }, now),
    addVersion(db, { incidentId, content, origin: 'generated', userId: null }, now),
    publishGenerated(db, { incidentId, runId }, content, now),
    finishEffect(db, `run:${runId}`, now),
    lifecycle(db, {
      incidentId,
      actor: 'system',
      event: 'postmortem_ready',
      details: { runId },
      dedupeKey: `${incidentId}:postmortem_ready:${runId}`,
      at: now,
    }),
    announceIncident(db, incidentId, 'postmortem_ready', now),
    ...paid,
  ])
  executor.publish()
  return { kind: 'over' }
}

/** What a model is handed: the published claims with what they cite, and the text as the rules write it. */
async function toWord(db: TenantDb, incidentId: string, facts: PostmortemFacts): Promise<Worded> {
  const claims = facts.findings?.claims ?? []
  const numbers = [...new Set(claims.flatMap(({ evidence }) => evidence))]
  return {
    title: facts.title,
    draft: renderPostmortem(facts),
    verdict: facts.verdict ?? 'inconclusive',
    rootCauseService: facts.rootCauseService,
    claims,
    evidence: (await evidenceNumbered(db, incidentId, numbers)).map(asItem),
  }
}

const inWords = (
  facts: PostmortemFacts,
  { summary, claims, lessons, isModel }: Wording,
): PostmortemFacts => ({
  ...facts,
  findings: facts.findings === null ? null : { ...facts.findings, claims },
  ...(summary.length === 0 ? {} : { story: summary }),
  lessons,
  isWordedByModel: isModel,
})
