/** What SharePoint can be asked: runbooks and notes on sites and in libraries. */
import * as z from 'zod'
import { operation, type Vendor } from '../operation'
import { read, readPost, withQuery } from '../read'
import { driveId, GRAPH, itemId, pageId, siteId, type Details } from './details'
import { sharepointDocuments } from './find-documents'
import { searchBody } from './search'

type Asked = Vendor<Details>

export const operations = [
  sharepointDocuments,
  operation({
    name: 'search',
    description: 'Files, list items and sites that match words or a KQL query.',
    input: z.strictObject({
      query: z.string().min(1).max(500),
      siteId: siteId.optional(),
      size: z.int().min(1).max(50).default(10),
    }),
    run: (vendor: Asked, { query, siteId, size }) =>
      readPost(vendor, `${GRAPH}/search/query`, searchBody(query, siteId ?? null, size)),
  }),
  operation({
    name: 'list_pages',
    description: 'The pages of a site.',
    input: z.strictObject({ siteId, top: z.int().min(1).max(100).default(50) }),
    run: (vendor: Asked, { siteId, top }) =>
      read(vendor, withQuery(`${GRAPH}/sites/${siteId}/pages/microsoft.graph.sitePage`, { $top: top })),
  }),
  operation({
    name: 'get_page',
    description: 'A page with its texts.',
    input: z.strictObject({ siteId, pageId }),
    run: (vendor: Asked, { siteId, pageId }) =>
      read(
        vendor,
        withQuery(`${GRAPH}/sites/${siteId}/pages/${pageId}/microsoft.graph.sitePage`, {
          $expand: 'canvasLayout',
        }),
      ),
  }),
  operation({
    name: 'get_item',
    description: 'What is known of a file: name, size, who changed it when.',
    input: z.strictObject({ driveId, itemId }),
    run: (vendor: Asked, { driveId, itemId }) => read(vendor, `${GRAPH}/drives/${driveId}/items/${itemId}`),
  }),
]
