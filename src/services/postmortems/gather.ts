/** What a postmortem tells of, from stored rows. */
import { postmortemMaterial } from '../../store/postmortems'
import type { TenantDb } from '../../store/tenant-db'
import { shownSummary } from '../incident-summary'
import { storedFindings } from '../stored-findings'
import type { PostmortemFacts } from './render'

/** Null when the incident is gone. */
export async function gatherFacts(db: TenantDb, incidentId: string): Promise<PostmortemFacts | null> {
  const [[incident], lifecycles, alerts, changes, [analysis], suggestions] = await postmortemMaterial(
    db,
    incidentId,
  )
  if (incident === undefined) return null
  return {
    title: incident.alertTitle,
    severity: incident.severity,
    services: incident.affectedServices,
    sources: [...new Set(alerts.map(({ sourceType }) => sourceType))],
    startedAt: incident.startedAt,
    resolvedAt: incident.resolvedAt,
    summary: shownSummary(incident),
    verdict: analysis?.verdict ?? null,
    rootCauseService: analysis?.rootCauseService ?? null,
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

/** `rca_started` as `Rca started`. */
const sentence = (event: string): string => {
  const words = event.replaceAll('_', ' ')
  return words.charAt(0).toUpperCase() + words.slice(1)
}
