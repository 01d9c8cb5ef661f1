/** Confluence's pages for people: read, taken apart as a runbook, and written when somebody asks for it. */
import * as z from 'zod'
import { confluence } from '../../connectors/confluence'
import { details } from '../../connectors/confluence/details'
import {
  createPage,
  pageIdOf,
  readPage,
  updatePage,
  type Draft,
  type Page,
  type SiteSession,
} from '../../connectors/confluence/pages'
import type { Outcome } from '../../connectors/outcome'
import { AppError } from '../../lib/errors'
import { alsoNamed } from '../../connectors/form'
import { text } from '../../lib/fields'
import { requireRole, type Ctx } from '../context'
import { accountOf, askAccount } from './ask-account'
import type { Ports } from './ports'
import { parseRunbook, type Runbook } from './runbook'
import { readOnly, recordWrite } from './vendor-writes'

export const pageInput = alsoNamed(
  { pageUrl: 'url', page_url: 'url' },
  z.looseObject({ url: text({ error: 'Confluence page URL is required', max: 2000 }) }),
)

/** The page of an address on the connected site. @throws AppError validation_failed, not_connected, vendor refusals */
export async function fetchPage(ctx: Ctx, ports: Ports, address: string): Promise<Page> {
  const row = await accountOf(ctx, confluence, 'uniform')
  const { baseUrl } = details.parse(row.publicJson)
  if (!URL.canParse(address)) throw new AppError('validation_failed', 'Invalid Confluence page URL')
  const url = new URL(address)
  if (url.origin !== new URL(baseUrl).origin)
    throw new AppError('validation_failed', 'Confluence page URL does not match configured base URL')
  const id = pageIdOf(url)
  if (id === null) throw new AppError('validation_failed', 'Unable to parse Confluence page ID from URL')
  return inSite(ctx, ports, (site) => readPage(site, id))
}

export interface ParsedPage extends Runbook {
  readonly page: Page
  readonly baseUrl: string
}

/** The same as a runbook: its sections, and its steps with their commands. */
export async function parsePage(ctx: Ctx, ports: Ports, address: string): Promise<ParsedPage> {
  const page = await fetchPage(ctx, ports, address)
  const row = await accountOf(ctx, confluence, 'uniform')
  return { page, baseUrl: details.parse(row.publicJson).baseUrl, ...parseRunbook(page.body) }
}

/**
 * Publishes a text: as the next version of the page that it was published as before, else as a new page.
 * @param former the id of that page; null for a first time
 * @throws AppError forbidden, not_connected, insufficient_permission for a connection that may only read, vendor refusals
 */
export async function publishPage(
  ctx: Ctx,
  ports: Ports,
  draft: Draft,
  former: string | null,
): Promise<Page> {
  requireRole(ctx, 'editor')
  const row = await accountOf(ctx, confluence, 'uniform')
  if (!details.parse(row.publicJson).canWrite) throw readOnly('Confluence', 'confluence_export')
  await recordWrite(ctx, row, 'publish_page', { space: draft.spaceKey, page: former })
  return inSite(ctx, ports, async (site) => {
    const known = former === null ? null : await readPage(site, former)
    if (known === null || known.kind === 'no_resources') return createPage(site, draft)
    return known.kind === 'ok' ? updatePage(site, known.value, draft) : known
  })
}

const inSite = <T>(ctx: Ctx, ports: Ports, work: (site: SiteSession) => Promise<Outcome<T>>): Promise<T> =>
  askAccount(ctx, ports, confluence, 'uniform', (vendor, access, row) =>
    work({ ctx: vendor, access, details: details.parse(row.publicJson) }),
  )
