/** What Confluence can be asked: runbooks, earlier postmortems, notes about a service. */
import * as z from 'zod'
import { isCloud } from '../atlassian/site'
import { operation, type Vendor } from '../operation'
import { read, withQuery } from '../read'
import { rootOf, type Details } from './details'
import { confluenceDocuments } from './find-documents'

type Asked = Vendor<Details>
const id = z.string().regex(/^\d{1,20}$/)
const limit = z.int().min(1).max(50).default(20)

const pages = (details: Details): string =>
  isCloud(details) ? `${rootOf(details)}/api/v2/pages` : `${rootOf(details)}/rest/api/content`

export const operations = [
  confluenceDocuments,
  operation({
    name: 'search',
    description: 'Content that matches a CQL query such as: type = page AND text ~ "checkout".',
    input: z.strictObject({ cql: z.string().min(1).max(1000), limit }),
    run: (vendor: Asked, { cql, limit }) =>
      read(vendor, withQuery(`${rootOf(vendor.details)}/rest/api/search`, { cql, limit })),
  }),
  operation({
    name: 'get_page',
    description: 'A page with its text in storage format.',
    input: z.strictObject({ id }),
    run: (vendor: Asked, { id }) => {
      const body = isCloud(vendor.details) ? { 'body-format': 'storage' } : { expand: 'body.storage,version' }
      return read(vendor, withQuery(`${pages(vendor.details)}/${id}`, body))
    },
  }),
  operation({
    name: 'list_child_pages',
    description: 'The pages below a page.',
    input: z.strictObject({ id, limit }),
    run: (vendor: Asked, { id, limit }) => {
      const below = isCloud(vendor.details) ? 'children' : 'child/page'
      return read(vendor, withQuery(`${pages(vendor.details)}/${id}/${below}`, { limit }))
    },
  }),
]
