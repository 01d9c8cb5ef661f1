/** A project's front page at GitLab, as a short text. */
import * as z from 'zod'
import { headersOf, type Access } from '../access'
import { ask } from '../ask'
import type { VendorCtx } from '../vendor-ctx'
import { frontPage } from '../front-page'
import { ok, type Outcome } from '../outcome'

const project = z.object({
  id: z.int(),
  path_with_namespace: z.string(),
  description: z.string().nullish(),
  topics: z.array(z.string()).nullish(),
  default_branch: z.string().nullish(),
  archived: z.boolean().nullish(),
  visibility: z.string().nullish(),
})
const languages = z.record(z.string(), z.number())

export type Project = z.infer<typeof project>

/** A path of groups and a name, none of which begins with a dot. */
export const isProject = (path: string): boolean =>
  path.length <= 250 && /^[A-Za-z0-9_][A-Za-z0-9_.+-]*(\/[A-Za-z0-9_][A-Za-z0-9_.+-]*)+$/.test(path)

const at = (baseUrl: string, path: string): string => `${baseUrl}/api/v4/projects/${encodeURIComponent(path)}`

export const readProject = (
  ctx: VendorCtx,
  access: Access,
  baseUrl: string,
  path: string,
): Promise<Outcome<Project>> =>
  ask(ctx.fetch, at(baseUrl, path), { headers: headersOf(access) }, project, {
    401: { kind: 'expired' },
    404: { kind: 'no_resources', text: 'Repository not found at GitLab' },
  })

export async function describe(
  ctx: VendorCtx,
  access: Access,
  baseUrl: string,
  path: string,
): Promise<Outcome<string>> {
  const headers = headersOf(access)
  const found = await readProject(ctx, access, baseUrl, path)
  if (found.kind !== 'ok') return found
  const { description, topics, default_branch, archived } = found.value
  const spoken = await ask(ctx.fetch, `${at(baseUrl, path)}/languages`, { headers }, languages)
  const ref = encodeURIComponent(default_branch ?? 'HEAD')
  const readme = await ctx.fetch(`${at(baseUrl, path)}/repository/files/README.md/raw?ref=${ref}`, {
    headers,
    maxBytes: 256 * 1024,
  })
  return ok(
    frontPage({
      name: path,
      description: description ?? null,
      languages: spoken.kind === 'ok' ? spoken.value : null,
      topics: topics ?? [],
      isArchived: archived === true,
      defaultBranch: default_branch ?? null,
      readme: readme.kind === 'ok' && readme.value.status === 200 ? readme.value.text : null,
    }),
  )
}
