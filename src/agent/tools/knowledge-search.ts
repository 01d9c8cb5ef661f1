import * as z from 'zod'
import { searchWords } from '../../lib/search-words'
import { isNothing, linkedBy, merged, searchedIn, writtenBy } from './documents'
import { tool } from './tool'

const LISTED = 12

/** Documents of the organisation that have some words. Its own rows are one read; its systems are asked at the same time. */
export const knowledgeSearch = tool({
  name: 'knowledge_search',
  description:
    "Documents of the organisation that have some of these words: postmortems of other incidents, runbooks that alerts link to, pages of connected knowledge systems. Give the few words that matter; the systems' own tools read a page in full.",
  access: 'read',
  input: z.strictObject({
    query: z
      .string()
      .max(300)
      .refine((text) => searchWords(text).length > 0, 'Invalid query'),
  }),
  mints: 'if_found',
  run: async ({ query }, { reads, documents }) => {
    const words = searchWords(query)
    const [own, systems] = await Promise.all([
      reads.documents({ names: [query, ...words], words }),
      documents?.(query) ?? [],
    ])
    const answers = [writtenBy(own.postmortems), linkedBy(own.runbooks), ...systems]
    const [found, asked] = [merged(answers).slice(0, LISTED), searchedIn(answers)]
    return {
      status: isNothing(found, asked) ? 'empty' : 'success',
      output: { documents: found, searched: asked },
      trust: 'normal',
    }
  },
})
