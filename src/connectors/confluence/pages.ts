/** Confluence's pages, in the newer API of the cloud and in that of servers. */
import * as z from 'zod'
import { headersOf, type Access } from '../access'
import { ask, type Judgement } from '../ask'
import { isCloud } from '../atlassian/site'
import type { VendorCtx } from '../vendor-ctx'
import { mapOk, ok, type Outcome } from '../outcome'
import { withQuery } from '../read'
import { rootOf, type Details } from './details'

/** A site with what authorises calls to it. */
export interface SiteSession {
  readonly ctx: VendorCtx
  readonly access: Access
  readonly details: Details
}

export interface Page {
  readonly id: string
  readonly title: string
  readonly version: number
  /** Storage format, which is XHTML. */
  readonly body: string
  /** Where people read it. */
  readonly url: string
}

const page = z.object({
  id: z.coerce.string().min(1),
  title: z.string(),
  version: z.object({ number: z.int() }).nullish(),
  body: z.object({ storage: z.object({ value: z.string() }).nullish() }).nullish(),
  _links: z.object({ base: z.string().nullish(), webui: z.string().nullish() }).nullish(),
})
const MISSING = { kind: 'no_resources', text: 'Page not found in Confluence' } as const
const READS: Judgement = { 401: { kind: 'expired' }, 404: MISSING }

const pagesOf = (details: Details): string =>
  isCloud(details) ? `${rootOf(details)}/api/v2/pages` : `${rootOf(details)}/rest/api/content`

/** The page as it is now. */
export async function readPage(site: SiteSession, id: string): Promise<Outcome<Page>> {
  const query = isCloud(site.details) ? { 'body-format': 'storage' } : { expand: 'body.storage,version' }
  const url = withQuery(`${pagesOf(site.details)}/${encodeURIComponent(id)}`, query)
  return mapOk(await ask(site.ctx.fetch, url, initOf(site), page, READS), (it) => shown(site, it))
}

export interface Draft {
  readonly spaceKey: string
  readonly parentPageId: string | null
  readonly title: string
  readonly body: string
}

/** Makes a page. No space of that key is `no_resources`. */
export async function createPage(site: SiteSession, draft: Draft): Promise<Outcome<Page>> {
  const placed = isCloud(site.details)
    ? mapOk(await spaceId(site, draft.spaceKey), (space) => ({
        spaceId: space,
        status: 'current',
        title: draft.title,
        ...(draft.parentPageId === null ? {} : { parentId: draft.parentPageId }),
        body: { representation: 'storage', value: draft.body },
      }))
    : ok({
        type: 'page',
        title: draft.title,
        space: { key: draft.spaceKey },
        ...(draft.parentPageId === null ? {} : { ancestors: [{ id: draft.parentPageId }] }),
        body: { storage: { value: draft.body, representation: 'storage' } },
      })
  if (placed.kind !== 'ok') return placed
  return send(site, 'POST', pagesOf(site.details), placed.value)
}

/** Gives a page another text, as its next version. */
export function updatePage(site: SiteSession, { id, version }: Page, draft: Draft): Promise<Outcome<Page>> {
  const next = { number: version + 1 }
  const common = isCloud(site.details)
    ? { status: 'current', body: { representation: 'storage', value: draft.body } }
    : { type: 'page', body: { storage: { value: draft.body, representation: 'storage' } } }
  const changed = { id, title: draft.title, version: next, ...common }
  return send(site, 'PUT', `${pagesOf(site.details)}/${encodeURIComponent(id)}`, changed)
}

const spaces = z.object({ results: z.array(z.object({ id: z.coerce.string() })) })

async function spaceId(site: SiteSession, key: string): Promise<Outcome<string>> {
  const url = withQuery(`${rootOf(site.details)}/api/v2/spaces`, { keys: key })
  const found = await ask(site.ctx.fetch, url, initOf(site), spaces, READS)
  if (found.kind !== 'ok') return found
  const [space] = found.value.results
  return space === undefined ? { kind: 'no_resources', text: 'Space not found in Confluence' } : ok(space.id)
}

async function send(
  site: SiteSession,
  method: 'POST' | 'PUT',
  url: string,
  body: unknown,
): Promise<Outcome<Page>> {
  const init = {
    method,
    headers: { ...initOf(site).headers, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  }
  return mapOk(await ask(site.ctx.fetch, url, init, page, READS), (it) => shown(site, it))
}

const initOf = ({ access }: SiteSession) => ({
  headers: { accept: 'application/json', ...headersOf(access) },
})

const shown = ({ details }: SiteSession, it: z.infer<typeof page>): Page => ({
  id: it.id,
  title: it.title,
  version: it.version?.number ?? 1,
  body: it.body?.storage?.value ?? '',
  url: addressOf(details, it),
})

const addressOf = (details: Details, { id, _links }: z.infer<typeof page>): string =>
  addressOn(details, _links?.webui ?? '') ??
  `${siteOf(details)}/pages/viewpage.action?pageId=${encodeURIComponent(id)}`

/** The vendor's own words for an address are kept only when they stay on the site. */
export function addressOn(details: Details, path: string): string | null {
  const site = siteOf(details)
  const address = `${site}/${path.replace(/^\/+/, '')}`
  return path !== '' && URL.canParse(address) && new URL(address).origin === new URL(site).origin
    ? address
    : null
}

const siteOf = ({ baseUrl, cloudId }: Details): string => (cloudId === null ? baseUrl : `${baseUrl}/wiki`)

/** The id in a page's address; null where there is none. */
export function pageIdOf(address: URL): string | null {
  const given = /\/pages\/(?:edit-v2\/)?(\d{1,20})(?:\/|$)/.exec(address.pathname)?.[1]
  const asked = address.searchParams.get('pageId')
  return given ?? (asked !== null && /^\d{1,20}$/.test(asked) ? asked : null)
}
