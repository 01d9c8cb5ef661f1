/** Documents of a knowledge system that have some of the words asked for, in one shape for every vendor. */
import * as z from 'zod'
import { searchWords } from '../lib/search-words'
import { operation, type Operation, type OperationOutcome, type Vendor } from './operation'
import { ok, type Outcome } from './outcome'

/** As the vendor tells of it; the excerpt is empty where it tells none. */
interface Found {
  readonly title: string
  readonly url: string | null
  readonly excerpt: string
  /** ISO 8601. */
  readonly updatedAt: string | null
}

export interface DocumentQuestion {
  /** At least one; see `searchWords`. */
  readonly words: readonly string[]
  readonly limit: number
}

interface DocumentAnswer {
  readonly url: string
  /** The best first. */
  readonly documents: readonly Found[]
}

const LONGEST_TITLE = 200
const LONGEST_EXCERPT = 400

const input = z.strictObject({
  query: z
    .string()
    .max(300)
    .refine((text) => searchWords(text).length > 0, 'Invalid query'),
  limit: z.int().min(1).max(20).default(10),
})

/** What the operation answers. */
export const documentsOutput = z.object({
  documents: z.array(
    z.object({
      title: z.string(),
      url: z.string().nullable(),
      excerpt: z.string(),
      updatedAt: z.string().nullable(),
    }),
  ),
})

/** The operation over one vendor's search. */
export const findDocuments = <M>(
  find: (vendor: Vendor<M>, question: DocumentQuestion) => Promise<Outcome<DocumentAnswer>>,
): Operation<M> =>
  operation({
    name: 'find_documents',
    description:
      'Runbooks, postmortems and other documents that have some of these words, the best first: title, address, excerpt, when it was changed.',
    input,
    run: async (vendor: Vendor<M>, { query, limit }): Promise<OperationOutcome> => {
      const found = await find(vendor, { words: searchWords(query), limit })
      if (found.kind !== 'ok') return found
      const documents = found.value.documents.slice(0, limit).map(shown)
      return ok({ url: found.value.url, status: 200, data: { documents } })
    },
  })

const shown = ({ title, url, excerpt, updatedAt }: Found): Found => ({
  title: short(title, LONGEST_TITLE) || 'Untitled',
  url: url !== null && /^https?:\/\//i.test(url) ? url : null,
  excerpt: short(excerpt, LONGEST_EXCERPT),
  updatedAt,
})

function short(text: string, length: number): string {
  const flat = text.replaceAll(/\s+/g, ' ').trim()
  return flat.length > length ? `${flat.slice(0, length).replace(/[\uD800-\uDBFF]$/, '')}…` : flat
}
