/** What knowledge systems find, in their own forms. */
import { json, type Seen } from './fake'

/** Confluence's search, of a server below `/confluence`. */
export const searchedConfluence =
  (results: readonly object[]) =>
  ({ url, method }: Seen): Response | null =>
    method === 'GET' && url.pathname === '/confluence/rest/api/search'
      ? json({ results, start: 0, limit: 25, size: results.length, totalSize: results.length })
      : null

/** Notion's search for pages. */
export const searchedNotion =
  (results: readonly object[]) =>
  ({ url, method, body }: Seen): Response | null =>
    method === 'POST' && url.pathname === '/v1/search' && JSON.parse(body).filter?.value === 'page'
      ? json({ object: 'list', results, has_more: false, next_cursor: null })
      : null
