/** The search of Microsoft Graph over sites, pages and files. */
import * as z from 'zod'

/** The body of a search. @param site restricts it to a site, by the second part of its id */
export function searchBody(query: string, site: string | null, size: number): object {
  const collection = site?.split(',')[1]
  const queryString = collection === undefined ? query : `(${query}) SiteId:${collection}`
  return {
    requests: [
      {
        entityTypes: ['driveItem', 'listItem', 'site'],
        query: { queryString },
        from: 0,
        size,
      },
    ],
  }
}

const resource = z.looseObject({
  '@odata.type': z.string().nullish(),
  id: z.string().nullish(),
  name: z.string().nullish(),
  displayName: z.string().nullish(),
  webUrl: z.string().nullish(),
  lastModifiedDateTime: z.string().nullish(),
  parentReference: z.object({ siteId: z.string().nullish(), driveId: z.string().nullish() }).nullish(),
  fields: z.looseObject({ title: z.string().nullish() }).nullish(),
})

export const searchAnswer = z.object({
  value: z.array(
    z.object({
      hitsContainers: z.array(
        z.object({
          hits: z
            .array(
              z.object({ hitId: z.string(), summary: z.string().nullish(), resource: resource.nullish() }),
            )
            .nullish(),
        }),
      ),
    }),
  ),
})

/** One thing that was found. */
export const hit = z.object({
  id: z.string(),
  type: z.string(),
  name: z.string(),
  webUrl: z.string().nullable(),
  summary: z.string(),
  lastModified: z.string().nullable(),
  siteId: z.string().nullable(),
  driveId: z.string().nullable(),
})
export type Hit = z.infer<typeof hit>

export const hitsIn = (answer: z.infer<typeof searchAnswer>): readonly Hit[] =>
  answer.value
    .flatMap(({ hitsContainers }) => hitsContainers)
    .flatMap(({ hits }) => hits ?? [])
    .map(({ hitId, summary, resource: it }) => ({
      id: it?.id ?? hitId,
      type: (it?.['@odata.type'] ?? '').replace('#microsoft.graph.', '') || 'item',
      name: it?.name ?? it?.displayName ?? it?.fields?.title ?? hitId,
      webUrl: it?.webUrl ?? null,
      // Graph marks what it found with tags of its own.
      summary: (summary ?? '').replaceAll(/<\/?(?:c0|ddd)\/?>/g, ''),
      lastModified: it?.lastModifiedDateTime ?? null,
      siteId: it?.parentReference?.siteId ?? null,
      driveId: it?.parentReference?.driveId ?? null,
    }))
