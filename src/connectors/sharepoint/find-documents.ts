/** Pages and files of SharePoint that have some words. */
import { findDocuments } from '../find-documents'
import { mapOk } from '../outcome'
import { quoted } from '../quoted'
import { readingAs, readPost } from '../read'
import { GRAPH, type Details } from './details'
import { hitsIn, searchAnswer, searchBody } from './search'

export const sharepointDocuments = findDocuments<Details>(async (vendor, { words, limit }) => {
  const url = `${GRAPH}/search/query`
  const asked = searchBody(words.map(quoted).join(' OR '), null, limit)
  return mapOk(readingAs(await readPost(vendor, url, asked), searchAnswer), (answer) => ({
    url,
    documents: hitsIn(answer)
      .filter(({ type }) => type !== 'site')
      .map(({ name, webUrl, summary, lastModified }) => ({
        title: name,
        url: webUrl,
        excerpt: summary,
        updatedAt: lastModified,
      })),
  }))
})
