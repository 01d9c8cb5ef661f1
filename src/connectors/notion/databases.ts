/** Notion's databases that were shared with the integration. */
import * as z from 'zod'
import { headersOf, type Access } from '../access'
import { ask } from '../ask'
import type { VendorCtx } from '../vendor-ctx'
import { mapOk, type Outcome } from '../outcome'
import { API } from './details'

const PAGE = 100
const MISSING = { kind: 'no_resources', text: 'Database not found at Notion' } as const

const database = z.looseObject({
  id: z.string(),
  url: z.string().nullish(),
  title: z.array(z.object({ plain_text: z.string().nullish() })).nullish(),
})
const found = z.object({
  results: z.array(database),
  has_more: z.boolean(),
  next_cursor: z.string().nullish(),
})

export interface Database {
  readonly id: string
  readonly title: string
  readonly url: string | null
}

export interface DatabasePage {
  readonly databases: readonly Database[]
  readonly next: string | null
}

const shownAs = ({ id, url, title }: z.infer<typeof database>): Database => ({
  id,
  title: (title ?? []).map((part) => part.plain_text ?? '').join('') || 'Untitled',
  url: url ?? null,
})

/** One page of them. */
export async function databasePage(
  ctx: VendorCtx,
  access: Access,
  cursor: string | null,
): Promise<Outcome<DatabasePage>> {
  const asked = {
    filter: { property: 'object', value: 'database' },
    page_size: PAGE,
    ...(cursor === null ? {} : { start_cursor: cursor }),
  }
  const init = {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headersOf(access) },
    body: JSON.stringify(asked),
  } as const
  const answer = await ask(ctx.fetch, `${API}/search`, init, found, { 401: { kind: 'expired' } })
  return mapOk(answer, ({ results, has_more, next_cursor }) => ({
    databases: results.map(shownAs),
    next: has_more ? (next_cursor ?? null) : null,
  }))
}

/** One of them with its properties. */
export async function oneDatabase(
  ctx: VendorCtx,
  access: Access,
  id: string,
): Promise<Outcome<Database & { readonly properties: unknown }>> {
  const url = `${API}/databases/${encodeURIComponent(id)}`
  const judgement = { 400: MISSING, 401: { kind: 'expired' }, 404: MISSING } as const
  const answer = await ask(ctx.fetch, url, { headers: headersOf(access) }, database, judgement)
  return mapOk(answer, (it) => ({ ...shownAs(it), properties: it['properties'] ?? {} }))
}
