/** Bitbucket's lists: pages that name the next one, which must stay on the same origin. */
import * as z from 'zod'
import { headersOf, type Access } from '../access'
import { sameOriginPath } from '../address'
import { ask } from '../ask'
import type { VendorCtx } from '../vendor-ctx'
import { mapOk, ok, type Outcome } from '../outcome'
import { withQuery } from '../read'
import { API } from './details'

const MOST_PAGES = 10
const item = z.looseObject({})
const page = z.object({ values: z.array(item), next: z.string().nullish() })

export type Item = z.infer<typeof item>
export interface Listed {
  readonly items: readonly Item[]
  /** Path and query of the next page. */
  readonly next: string | null
}

/** One page of a list; `path` begins with a slash and may be a cursor. */
export async function listPage(ctx: VendorCtx, access: Access, path: string): Promise<Outcome<Listed>> {
  const url = `${new URL(API).origin}${path}`
  if (!path.startsWith('/2.0/') || sameOriginPath(API, url) === null)
    return { kind: 'blocked', text: 'Invalid cursor' }
  const answer = await ask(
    ctx.fetch,
    url,
    { headers: { accept: 'application/json', ...headersOf(access) } },
    page,
    {
      401: { kind: 'expired' },
      404: { kind: 'no_resources', text: 'Not found at Bitbucket' },
    },
  )
  return mapOk(answer, ({ values, next }) => ({
    items: values,
    next: next == null ? null : sameOriginPath(url, next),
  }))
}

/** Every page of a list, up to ten. */
export async function listAll(
  ctx: VendorCtx,
  access: Access,
  path: string,
): Promise<Outcome<readonly Item[]>> {
  const all: Item[] = []
  let next: string | null = withQuery(path, { pagelen: 100 })
  for (let count = 0; next !== null && count < MOST_PAGES; count++) {
    const listed: Outcome<Listed> = await listPage(ctx, access, next)
    if (listed.kind !== 'ok') return listed
    all.push(...listed.value.items)
    next = listed.value.next
  }
  return ok(all)
}

export interface Workspace {
  readonly slug: string
  readonly name: string
  readonly uuid: string | null
}

/** The workspaces that the account is in. */
export async function listWorkspaces(ctx: VendorCtx, access: Access): Promise<Outcome<readonly Workspace[]>> {
  const listed = await listAll(ctx, access, pathOf('user', 'workspaces'))
  return mapOk(listed, (items) =>
    items.flatMap(({ workspace }) => {
      const found = workspaceOf.safeParse(workspace)
      if (!found.success) return []
      const { slug, name, uuid } = found.data
      return [{ slug, name: name ?? slug, uuid: uuid ?? null }]
    }),
  )
}

const workspaceOf = z.object({ slug: z.string(), name: z.string().nullish(), uuid: z.string().nullish() })

/** Vendors' names as one segment of a path. */
export const pathOf = (...segments: readonly string[]): string =>
  `/2.0/${segments.map(encodeURIComponent).join('/')}`

/** A member that is text; null for any other. */
export const textIn = (it: Item, name: string): string | null => {
  const value = it[name]
  return typeof value === 'string' ? value : null
}
