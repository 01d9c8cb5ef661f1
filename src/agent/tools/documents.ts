/**
 * Documents as tools tell of them: what the organisation wrote and linked itself, and what its knowledge systems found. What
 * was asked is not told again: evidence holds what came in, and only such addresses may be called.
 */
import * as z from 'zod'
import { iso } from '../../lib/time'
import { toolErrorCodes } from '../evidence'
import type { DocumentFacts, LinkedRunbookFacts, PostmortemFacts, SystemAnswer } from '../facts'

/** `source` is `postmortems`, `alerts` or the connected system. */
export const foundDocument = z.object({
  source: z.string(),
  title: z.string(),
  url: z.string().nullable(),
  excerpt: z.string(),
  updatedAt: z.string().nullable(),
})
type FoundDocument = z.infer<typeof foundDocument>

/** Who was asked, and what came of it. */
export const searched = z.array(
  z.object({ source: z.string(), found: z.number(), error: z.enum(toolErrorCodes).nullable() }),
)

export const linkedBy = (runbooks: readonly LinkedRunbookFacts[]): SystemAnswer => ({
  system: 'alerts',
  error: null,
  documents: runbooks.map(({ url, title, service, linkedAt }) => ({
    title: `Runbook of ${title}`,
    url,
    excerpt: `Linked by the alert ${title}${service === null ? '' : ` of ${service}`}.`,
    updatedAt: iso(linkedAt),
  })),
})

export const writtenBy = (postmortems: readonly PostmortemFacts[]): SystemAnswer => ({
  system: 'postmortems',
  error: null,
  documents: postmortems.map(({ incidentId, title, excerpt, updatedAt }) => ({
    title: `Postmortem of ${title}`,
    url: `/incidents/${incidentId}`,
    excerpt,
    updatedAt: iso(updatedAt),
  })),
})

/** The best of each first, then the second best of each: no system keeps the others out. Each address once. */
export function merged(answers: readonly SystemAnswer[]): readonly FoundDocument[] {
  const ranked = answers
    .flatMap(({ system, documents }) =>
      documents.map((document: DocumentFacts, place) => ({
        place,
        document: { source: system, ...document },
      })),
    )
    .toSorted((a, b) => a.place - b.place)
    .map(({ document }) => document)
  const seen = new Set<string>()
  return ranked.filter(({ url }) => {
    if (url === null) return true
    const isNew = !seen.has(url)
    seen.add(url)
    return isNew
  })
}

export const searchedIn = (answers: readonly SystemAnswer[]): z.infer<typeof searched> =>
  answers.map(({ system, documents, error }) => ({ source: system, found: documents.length, error }))

/** Nothing was found, and there is nothing to say about those who were asked either. */
export const isNothing = (found: readonly unknown[], asked: z.infer<typeof searched>): boolean =>
  found.length === 0 && asked.every(({ error }) => error === null)
