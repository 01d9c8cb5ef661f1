/** Pages of a Confluence site that have some words. */
import * as z from 'zod'
import { findDocuments } from '../find-documents'
import { mapOk } from '../outcome'
import { quoted } from '../quoted'
import { read, readingAs, withQuery } from '../read'
import { rootOf, type Details } from './details'
import { addressOn } from './pages'

const found = z.object({
  results: z.array(
    z.object({
      title: z.string(),
      excerpt: z.string().nullish(),
      url: z.string().nullish(),
      lastModified: z.string().nullish(),
    }),
  ),
})

export const confluenceDocuments = findDocuments<Details>(async (vendor, { words, limit }) => {
  const texts = words.map((word) => `text ~ ${quoted(quoted(word))}`)
  const cql = `type = page AND (${texts.join(' OR ')})`
  const url = withQuery(`${rootOf(vendor.details)}/rest/api/search`, { cql, limit })
  return mapOk(readingAs(await read(vendor, url), found), ({ results }) => ({
    url,
    documents: results.map(({ title, excerpt, url: path, lastModified }) => ({
      title: unmarked(title),
      url: addressOn(vendor.details, path ?? ''),
      excerpt: unmarked(excerpt ?? ''),
      updatedAt: lastModified ?? null,
    })),
  }))
})

/** Confluence marks what it found with words of its own. */
const unmarked = (text: string): string => text.replaceAll(/@@@(?:end)?hl@@@/g, '')
