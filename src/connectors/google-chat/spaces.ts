/** Google Chat's spaces. */
import * as z from 'zod'
import type { Schema } from '../../lib/schema'
import { headersOf, type Access } from '../access'
import { ask, type Judgement } from '../ask'
import type { Page } from '../paging'
import type { VendorCtx } from '../vendor-ctx'
import { mapOk, ok, type Outcome } from '../outcome'
import { withQuery } from '../read'
import { API, SPACE_NAMES } from './details'

const MOST_PAGES = 20
const space = z.object({
  name: z.string().regex(/^spaces\/[\w-]{1,100}$/),
  displayName: z.string().nullish(),
})
const listed = z.object({ spaces: z.array(space).nullish(), nextPageToken: z.string().nullish() })
export type Space = z.infer<typeof space>

const MISSING = {
  kind: 'no_resources',
  text: 'The space for incidents was not found in Google Chat',
} as const
const GONE = { kind: 'insufficient_permission', text: 'The app is not in the space for incidents' } as const

const get = <T>(ctx: VendorCtx, access: Access, url: string, schema: Schema<T>, judgement?: Judgement) =>
  ask(ctx.fetch, url, { headers: headersOf(access) }, schema, judgement)

const post = <T>(ctx: VendorCtx, access: Access, url: string, body: object, schema: Schema<T>) =>
  ask(
    ctx.fetch,
    url,
    {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headersOf(access) },
      body: JSON.stringify(body),
    },
    schema,
    // Being a member already is fine.
    { 409: ALREADY },
  )
const ALREADY = { kind: 'no_resources', text: 'Already there' } as const

/** One page of the spaces that the access sees. */
export async function spacePage(
  ctx: VendorCtx,
  access: Access,
  cursor: string | null,
): Promise<Outcome<Page>> {
  const url = withQuery(`${API}/spaces`, {
    pageSize: 100,
    filter: 'spaceType = "SPACE"',
    pageToken: cursor ?? undefined,
  })
  return mapOk(await get(ctx, access, url, listed), ({ spaces, nextPageToken }) => ({
    resources: (spaces ?? []).map(({ name, displayName }) => ({
      id: name,
      name: displayName ?? name,
      type: 'space',
      details: {},
    })),
    nextCursor: nextPageToken || null,
  }))
}

/** The space for incidents, by its name; null when there is none. */
export async function findSpace(ctx: VendorCtx, access: Access): Promise<Outcome<Space | null>> {
  const found = new Map<string, Space>()
  let cursor: string | null = null
  for (let count = 0; count < MOST_PAGES; count++) {
    const page: Outcome<Page> = await spacePage(ctx, access, cursor)
    if (page.kind !== 'ok') return page
    for (const { id, name } of page.value.resources)
      if (!found.has(name)) found.set(name, { name: id, displayName: name })
    cursor = page.value.nextCursor
    if (cursor === null) break
  }
  return ok(SPACE_NAMES.map((name) => found.get(name)).find((it) => it !== undefined) ?? null)
}

export const createSpace = (ctx: VendorCtx, access: Access): Promise<Outcome<Space>> =>
  post(ctx, access, `${API}/spaces`, { spaceType: 'SPACE', displayName: SPACE_NAMES.at(-1) }, space)

/** Puts the app into a space, on behalf of the person who logged in. */
export async function addApp(ctx: VendorCtx, access: Access, name: string): Promise<Outcome<null>> {
  const member = { member: { name: 'users/app', type: 'BOT' } }
  const added = await post(ctx, access, `${API}/${name}/members`, member, z.object({}))
  return added === ALREADY ? ok(null) : mapOk(added, () => null)
}

/** The space as the app sees it. */
export const readSpace = (ctx: VendorCtx, bot: Access, name: string): Promise<Outcome<Space>> =>
  get(ctx, bot, `${API}/${name}`, space, { 403: GONE, 404: MISSING })
