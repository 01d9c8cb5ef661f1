import * as z from 'zod'
import { pastIncident, pastIncidentOf } from './past-incident'
import { serviceKey } from '../analyst/names'
import { tool } from './tool'

const THRESHOLD = 0.4
const STOP_WORDS = new Set(['the', 'a', 'an', 'is', 'are', 'was', 'for', 'in', 'on', 'at'])

/** Output of `similar_incidents`, most similar first. */
export const similarIncidentsOutput = z.object({
  considered: z.number(),
  incidents: z.array(pastIncident.extend({ score: z.number(), sameKey: z.boolean() })),
})
export type SimilarIncidents = z.infer<typeof similarIncidentsOutput>

/** Past analysed incidents: same alert key 0.5, shared services 0.3, shared title words 0.2. */
export const similarIncidents = tool({
  name: 'similar_incidents',
  description:
    'Past analysed incidents that resemble this one by alert key, services and title, with verdict and feedback.',
  access: 'read',
  input: z.strictObject({ limit: z.int().min(1).max(5).default(5) }),
  run: async ({ limit }, { reads }) => {
    const [incident, alerts, past] = await Promise.all([
      reads.incident(),
      reads.alerts(500),
      reads.pastIncidents(),
    ])
    const keys = new Set(alerts.map((alert) => alert.dedupKey))
    const services = new Set(
      [...alerts.flatMap((alert) => alert.service ?? []), ...incident.affectedServices].map(serviceKey),
    )
    const words = wordsOf(incident.title)
    const candidates = past.filter(
      (item) => item.id !== incident.id && item.verdict !== null && item.helpful !== false,
    )
    const incidents = candidates
      .map((item) => {
        const sameKey = item.dedupKeys.some((key) => keys.has(key))
        const score =
          (sameKey ? 0.5 : 0) +
          0.3 * jaccard(services, new Set(item.services.map(serviceKey))) +
          0.2 * jaccard(words, wordsOf(item.title))
        return { ...pastIncidentOf(item), score: Math.round(score * 10_000) / 10_000, sameKey }
      })
      .filter((item) => item.score >= THRESHOLD)
      .toSorted(
        (a, b) =>
          b.score - a.score ||
          (a.startedAt > b.startedAt ? -1 : a.startedAt < b.startedAt ? 1 : a.id < b.id ? -1 : 1),
      )
      .slice(0, limit)
    return {
      status: incidents.length === 0 ? 'empty' : 'success',
      output: { considered: candidates.length, incidents },
      trust: 'normal',
    }
  },
})

/** Letters and digits of at least two characters, without filler words. */
function wordsOf(title: string): ReadonlySet<string> {
  const words =
    title
      .normalize('NFKC')
      .toLowerCase()
      .match(/[\p{L}\p{N}]{2,}/gu) ?? []
  return new Set(words.filter((word) => !STOP_WORDS.has(word)))
}

function jaccard(a: ReadonlySet<string>, b: ReadonlySet<string>): number {
  const shared = [...a].filter((item) => b.has(item)).length
  const all = a.size + b.size - shared
  return all === 0 ? 0 : shared / all
}
