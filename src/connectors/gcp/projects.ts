/** Google's projects: which there are, which are billed, and what may be read of them. Nothing here writes. */
import * as z from 'zod'
import { headersOf, type Access } from '../access'
import { ask, type Judgement } from '../ask'
import type { Vendor } from '../operation'
import type { VendorCtx } from '../vendor-ctx'
import { mapOk, ok, type Outcome } from '../outcome'
import { withQuery } from '../read'
import type { Details } from './details'

const PROJECTS = 'https://cloudresourcemanager.googleapis.com/v1/projects'
const BILLING = 'https://cloudbilling.googleapis.com/v1/projects'
const AT_ONCE = 5
const MOST_PAGES = 5
/** A fresh access token that Google refuses belongs to a grant that ended. */
const JUDGEMENT: Judgement = { 401: { kind: 'expired' } }

const project = z.object({
  projectId: z.string(),
  name: z.string().default(''),
  projectNumber: z.string().default(''),
  lifecycleState: z.string().default('ACTIVE'),
})
export type Project = z.infer<typeof project>

const page = z.object({ projects: z.array(project).default([]), nextPageToken: z.string().optional() })
const billingInfo = z.object({ billingEnabled: z.boolean().default(false) })
const permissions = z.object({ permissions: z.array(z.string()).default([]) })

export const listProjects = (
  ctx: VendorCtx,
  access: Access,
  cursor: string | null,
): Promise<Outcome<z.infer<typeof page>>> =>
  ask(
    ctx.fetch,
    withQuery(PROJECTS, { pageSize: 100, pageToken: cursor ?? undefined }),
    { headers: headersOf(access) },
    page,
    JUDGEMENT,
  )

/** The projects that were chosen, else the key's own, else those that the account sees; not more than `most`. */
export async function projectsToRead(
  { ctx, access, details }: Vendor<Details>,
  most: number,
): Promise<Outcome<readonly string[]>> {
  const chosen = (await ctx.chosen?.()) ?? []
  if (chosen.length > 0) return ok(chosen.slice(0, most))
  if (details.defaultProjectId !== undefined) return ok([details.defaultProjectId])
  return mapOk(await listProjects(ctx, access, null), ({ projects }) =>
    projects
      .filter(({ lifecycleState }) => lifecycleState === 'ACTIVE')
      .map(({ projectId }) => projectId)
      .slice(0, most),
  )
}

/** Every project, at most five hundred. */
export async function allProjects(ctx: VendorCtx, access: Access): Promise<Outcome<readonly Project[]>> {
  const all: Project[] = []
  let cursor: string | null = null
  for (let count = 0; count < MOST_PAGES; count++) {
    const listed: Outcome<z.infer<typeof page>> = await listProjects(ctx, access, cursor)
    if (listed.kind !== 'ok') return listed
    all.push(...listed.value.projects)
    cursor = listed.value.nextPageToken ?? null
    if (cursor === null) break
  }
  return ok(all)
}

export const getProject = (ctx: VendorCtx, access: Access, id: string): Promise<Outcome<Project>> =>
  ask(ctx.fetch, `${PROJECTS}/${encodeURIComponent(id)}`, { headers: headersOf(access) }, project, {
    ...JUDGEMENT,
    404: { kind: 'no_resources' },
  })

/** Which of these projects have billing enabled, five at a time. One that may not be looked at counts as not billed. */
export async function billedOf(
  ctx: VendorCtx,
  access: Access,
  ids: readonly string[],
): Promise<Outcome<ReadonlySet<string>>> {
  const billed = new Set<string>()
  for (let from = 0; from < ids.length; from += AT_ONCE) {
    const some = ids.slice(from, from + AT_ONCE)
    const answers = await Promise.all(some.map((id) => isBilled(ctx, access, id)))
    for (const [index, answer] of answers.entries()) {
      if (answer.kind !== 'ok') return answer
      const id = some[index]
      if (answer.value && id !== undefined) billed.add(id)
    }
  }
  return ok(billed)
}

async function isBilled(ctx: VendorCtx, access: Access, id: string): Promise<Outcome<boolean>> {
  const url = `${BILLING}/${encodeURIComponent(id)}/billingInfo`
  const answer = await ask(ctx.fetch, url, { headers: headersOf(access) }, billingInfo, {
    ...JUDGEMENT,
    404: { kind: 'insufficient_permission' },
  })
  return answer.kind === 'insufficient_permission'
    ? ok(false)
    : mapOk(answer, ({ billingEnabled }) => billingEnabled)
}

/** Whether the account may read this project. */
export async function mayRead(ctx: VendorCtx, access: Access, id: string): Promise<Outcome<boolean>> {
  const wanted = 'resourcemanager.projects.get'
  const answer = await ask(
    ctx.fetch,
    `${PROJECTS}/${encodeURIComponent(id)}:testIamPermissions`,
    {
      method: 'POST',
      headers: { ...headersOf(access), 'content-type': 'application/json' },
      body: JSON.stringify({ permissions: [wanted] }),
    },
    permissions,
    { ...JUDGEMENT, 404: { kind: 'insufficient_permission' } },
  )
  return answer.kind === 'insufficient_permission'
    ? ok(false)
    : mapOk(answer, ({ permissions }) => permissions.includes(wanted))
}
