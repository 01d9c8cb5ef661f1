/** Notion pages by the words of their titles: its search knows no others. */
import * as z from 'zod'
import { findDocuments } from '../find-documents'
import { mapOk } from '../outcome'
import { readingAs, readPost } from '../read'
import { API, type Details } from './details'

const titled = z.object({
  type: z.literal('title'),
  title: z.array(z.object({ plain_text: z.string().nullish() })),
})
const found = z.object({
  results: z.array(
    z.object({
      url: z.string().nullish(),
      last_edited_time: z.string().nullish(),
      properties: z.record(z.string(), z.unknown()).default({}),
    }),
  ),
})

export const notionDocuments = findDocuments<Details>(async (vendor, { words, limit }) => {
  const url = `${API}/search`
  const asked = {
    query: words.join(' '),
    page_size: limit,
    filter: { property: 'object', value: 'page' },
  }
  return mapOk(readingAs(await readPost(vendor, url, asked), found), ({ results }) => ({
    url,
    documents: results.map((page) => ({
      title: titleIn(page.properties),
      url: page.url ?? null,
      excerpt: '',
      updatedAt: page.last_edited_time ?? null,
    })),
  }))
})

/** A page's title is the one property of that type, whatever its name. */
const titleIn = (properties: Readonly<Record<string, unknown>>): string =>
  Object.values(properties)
    .flatMap((property) => titled.safeParse(property).data?.title ?? [])
    .map((part) => part.plain_text ?? '')
    .join('')
