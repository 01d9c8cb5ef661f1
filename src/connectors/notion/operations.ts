/** What Notion can be asked: runbooks and postmortems that were shared with the integration. */
import * as z from 'zod'
import { operation, type Vendor } from '../operation'
import { read, readPost, withQuery } from '../read'
import { API, type Details } from './details'
import { notionDocuments } from './find-documents'

type Asked = Vendor<Details>
const id = z.string().regex(/^[0-9a-f-]{32,36}$/i)
const cursor = z.string().max(200).optional()
const page_size = z.int().min(1).max(100).default(20)

export const operations = [
  notionDocuments,
  operation({
    name: 'search',
    description: 'Pages and databases whose title has these words.',
    input: z.strictObject({
      query: z.string().max(500),
      type: z.enum(['page', 'database']).optional(),
      cursor,
      page_size,
    }),
    run: (vendor: Asked, { query, type, cursor, page_size }) =>
      readPost(vendor, `${API}/search`, {
        query,
        page_size,
        ...(type === undefined ? {} : { filter: { property: 'object', value: type } }),
        ...(cursor === undefined ? {} : { start_cursor: cursor }),
      }),
  }),
  operation({
    name: 'get_page',
    description: 'A page with its properties.',
    input: z.strictObject({ id }),
    run: (vendor: Asked, { id }) => read(vendor, `${API}/pages/${id}`),
  }),
  operation({
    name: 'page_content',
    description: 'The blocks of a page or of another block.',
    input: z.strictObject({ id, cursor, page_size }),
    run: (vendor: Asked, { id, cursor, page_size }) =>
      read(vendor, withQuery(`${API}/blocks/${id}/children`, { start_cursor: cursor, page_size })),
  }),
]
