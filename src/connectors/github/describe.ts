/** A repository's front page at GitHub, as a short text. */
import * as z from 'zod'
import { headersOf, type Access } from '../access'
import { ask } from '../ask'
import type { VendorCtx } from '../vendor-ctx'
import { frontPage } from '../front-page'
import { ok, type Outcome } from '../outcome'
import { API } from './details'

const repository = z.object({
  full_name: z.string(),
  description: z.string().nullish(),
  topics: z.array(z.string()).nullish(),
  default_branch: z.string().nullish(),
  archived: z.boolean().nullish(),
})
const languages = z.record(z.string(), z.number())

/** Reads the repository, its languages and its README. A repository without a README is described without one. */
export async function describe(ctx: VendorCtx, access: Access, fullName: string): Promise<Outcome<string>> {
  const url = `${API}/repos/${fullName}`
  const headers = headersOf(access)
  const found = await ask(ctx.fetch, url, { headers }, repository, {
    401: { kind: 'expired' },
    404: { kind: 'no_resources', text: 'Repository not found at GitHub' },
  })
  if (found.kind !== 'ok') return found
  const { description, topics, archived, default_branch } = found.value
  const spoken = await ask(ctx.fetch, `${url}/languages`, { headers }, languages)
  const readme = await ctx.fetch(`${url}/readme`, {
    headers: { ...headers, accept: 'application/vnd.github.raw+json' },
    maxBytes: 256 * 1024,
  })
  return ok(
    frontPage({
      name: found.value.full_name,
      description: description ?? null,
      languages: spoken.kind === 'ok' ? spoken.value : null,
      topics: topics ?? [],
      isArchived: archived === true,
      defaultBranch: default_branch ?? null,
      readme: readme.kind === 'ok' && readme.value.status === 200 ? readme.value.text : null,
    }),
  )
}
