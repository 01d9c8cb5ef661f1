import * as z from 'zod'
import { iso, isoOrNull } from '../../lib/time'
import type { PastIncidentFacts } from '../facts'

/** Another incident as tools tell of it. */
export const pastIncident = z.object({
  id: z.string(),
  title: z.string(),
  services: z.array(z.string()),
  severity: z.enum(['critical', 'high', 'medium', 'low', 'unknown']),
  status: z.string(),
  startedAt: z.string(),
  resolvedAt: z.string().nullable(),
  verdict: z.enum(['confirmed', 'likely', 'inconclusive']).nullable(),
  mechanism: z.string().nullable(),
  rootCauseService: z.string().nullable(),
  helpful: z.boolean().nullable(),
})

/** The facts as JSON, titles and lists bounded. */
export function pastIncidentOf(facts: PastIncidentFacts): z.infer<typeof pastIncident> {
  return {
    id: facts.id,
    title: facts.title.slice(0, 200),
    services: facts.services.slice(0, 10),
    severity: facts.severity,
    status: facts.status,
    startedAt: iso(facts.startedAt),
    resolvedAt: isoOrNull(facts.resolvedAt),
    verdict: facts.verdict,
    mechanism: facts.mechanism,
    rootCauseService: facts.rootCauseService,
    helpful: facts.helpful,
  }
}
