/** The job that writes a postmortem: claims its run, reads what is stored, and publishes the text in one guarded batch. */
import * as z from 'zod'
import { findingsSchema } from '../../agent/findings'
import { announceIncident } from '../../store/feed'
import { lifecycle } from '../../store/lifecycle'
import {
  addVersion,
  markPostmortemFailed,
  postmortemMaterial,
  publishGenerated,
  type PostmortemJob,
} from '../../store/postmortems'
import { claimRun, endRun, finishEffect } from '../../store/runs'
import { isGuardFailure } from '../../store/db'
import type { TenantDb } from '../../store/tenant-db'
import { shownSummary } from '../incident-summary'
import { renderPostmortem, type PostmortemFacts } from './render'

const TRIES = 5

/** Once however often it is called. @throws storage errors: the queue or the sweep calls again */
export async function writePostmortem(db: TenantDb, runId: string, now: number): Promise<void> {
  const [run] = await claimRun(db, runId, `postmortem:${runId}`, now)
  if (run === undefined || run.incidentId === null) return
  const job: PostmortemJob = { incidentId: run.incidentId, runId }
  const lease = { runId, epoch: run.leaseEpoch }
  if (run.attempt > TRIES) {
    await db.commit([
      ...endRun(db, lease, { state: 'failed', errorCode: 'internal', errorDetail: 'no_progress' }, now),
      markPostmortemFailed(db, job),
      finishEffect(db, `run:${runId}`, now),
    ])
    return
  }
  const content = renderPostmortem(await gather(db, job.incidentId))
  try {
    await db.commit([
      ...endRun(db, lease, { state: 'succeeded', step: 'write', analyst: 'builtin' }, now),
      addVersion(db, { incidentId: job.incidentId, content, origin: 'generated', userId: null }, now),
      publishGenerated(db, job, content, now),
      finishEffect(db, `run:${runId}`, now),
      lifecycle(db, {
        incidentId: job.incidentId,
        actor: 'system',
        event: 'postmortem_ready',
        details: { runId },
        dedupeKey: `${job.incidentId}:postmortem_ready:${runId}`,
        at: now,
      }),
      announceIncident(db, job.incidentId, 'postmortem_ready', now),
    ])
  } catch (error) {
    // Another holder took the run over: theirs is published.
    if (!isGuardFailure(error)) throw error
  }
}

async function gather(db: TenantDb, incidentId: string): Promise<PostmortemFacts> {
  const [[incident], lifecycles, alerts, changes, [analysis], suggestions] = await postmortemMaterial(
    db,
    incidentId,
  )
  if (incident === undefined) throw new Error(`incident ${incidentId} is gone`)
  return {
    title: incident.alertTitle,
    severity: incident.severity,
    services: incident.affectedServices,
    sources: [...new Set(alerts.map(({ sourceType }) => sourceType))],
    startedAt: incident.startedAt,
    resolvedAt: incident.resolvedAt,
    summary: shownSummary(incident),
    verdict: analysis?.verdict ?? null,
    mechanism: analysis?.mechanism ?? null,
    findings: storedFindings(analysis?.claims),
    timeline: [
      ...alerts.map(({ startsAt, title, service, severity }) => ({
        at: startsAt,
        text: `Alert ${title}${service === null ? '' : ` on ${service}`} (${severity})`,
      })),
      ...lifecycles.map(({ at, event, actor }) => ({
        at,
        text: `${sentence(event)}${actor === null || actor === 'system' ? '' : ' by a person'}`,
      })),
    ],
    changes: changes.map(({ finishedAt, title }) => ({ at: finishedAt, text: title })),
    actions: suggestions.map(({ title, description, executedAt, executionStatus }) => ({
      title,
      description,
      done: executedAt !== null || executionStatus === 'completed',
    })),
  }
}

const part = z.number().nullable()
const stored = findingsSchema
  .extend({
    verdict: z.string(),
    candidates: z
      .array(
        z.object({
          service: z.string(),
          score: z.number(),
          components: z.object({ A: part, M: part, G: part, C: part, L: part }),
        }),
      )
      // Runs of before had none.
      .default([]),
  })
  .loose()

/** The findings that a run published; null when there are none. */
export function storedFindings(claims: unknown) {
  const parsed = stored.safeParse(claims)
  if (!parsed.success) return null
  const origin = (given: 'rules' | 'model' | undefined) => given ?? 'rules'
  return {
    headline: parsed.data.headline,
    notChecked: parsed.data.notChecked,
    candidates: parsed.data.candidates,
    claims: parsed.data.claims.map((claim) => ({ ...claim, origin: origin(claim.origin) })),
    ruledOut: parsed.data.ruledOut.map((item) => ({ ...item, origin: origin(item.origin) })),
  }
}

/** `rca_started` as `Rca started`. */
const sentence = (event: string): string => {
  const words = event.replaceAll('_', ' ')
  return words.charAt(0).toUpperCase() + words.slice(1)
}
