/** OVHcloud's public cloud projects and what runs in them. */
import * as z from 'zod'
import { headersOf, type Access } from '../access'
import { ask, type Judgement } from '../ask'
import type { VendorCtx } from '../vendor-ctx'
import { mapOk, ok, type Outcome } from '../outcome'
import { REGIONS, type EndpointName } from './details'

const AT_ONCE = 5
const MOST_PROJECTS = 50
const JUDGEMENT: Judgement = { 401: { kind: 'expired' } }

const ids = z.array(z.string())
const project = z.object({ description: z.string().nullish() })
const instances = z.array(
  z.object({
    id: z.string(),
    name: z.string(),
    status: z.string(),
    region: z.string(),
    ipAddresses: z.array(z.object({ ip: z.string() })).nullish(),
    image: z.object({ name: z.string().nullish() }).nullish(),
  }),
)

export interface Project {
  readonly id: string
  readonly name: string
  readonly hasPermission: boolean
}

export interface Instance {
  readonly id: string
  readonly name: string
  readonly status: string
  readonly region: string
  readonly ipAddresses: readonly string[]
  readonly imageName: string | null
  readonly projectId: string
}

const urlOf = (endpoint: EndpointName, ...segments: readonly string[]): string =>
  [`${REGIONS[endpoint].api}/cloud/project`, ...segments.map(encodeURIComponent)].join('/')

/** Ids of the projects that the login sees. */
export const projectIds = (
  ctx: VendorCtx,
  access: Access,
  endpoint: EndpointName,
): Promise<Outcome<readonly string[]>> =>
  ask(ctx.fetch, urlOf(endpoint), { headers: headersOf(access) }, ids, JUDGEMENT)

/** Their names, a few at a time. One that may not be read has its id for a name. */
export async function describeProjects(
  ctx: VendorCtx,
  access: Access,
  endpoint: EndpointName,
  wanted: readonly string[],
): Promise<Outcome<readonly Project[]>> {
  const all: Project[] = []
  for (let from = 0; from < wanted.length; from += AT_ONCE) {
    const asked = wanted.slice(from, from + AT_ONCE)
    const answers = await Promise.all(
      asked.map((id) =>
        ask(ctx.fetch, urlOf(endpoint, id), { headers: headersOf(access) }, project, JUDGEMENT),
      ),
    )
    for (const [index, answer] of answers.entries()) {
      const id = asked[index] ?? ''
      if (answer.kind === 'insufficient_permission') all.push({ id, name: id, hasPermission: false })
      else if (answer.kind !== 'ok') return answer
      else all.push({ id, name: answer.value.description ?? id, hasPermission: true })
    }
  }
  return ok(all)
}

/** Every project with its name, up to fifty. */
export async function allProjects(
  ctx: VendorCtx,
  access: Access,
  endpoint: EndpointName,
): Promise<Outcome<readonly Project[]>> {
  const found = await projectIds(ctx, access, endpoint)
  return found.kind === 'ok'
    ? describeProjects(ctx, access, endpoint, found.value.slice(0, MOST_PROJECTS))
    : found
}

/** The virtual machines of a project; none where they may not be read. */
export async function instancesOf(
  ctx: VendorCtx,
  access: Access,
  endpoint: EndpointName,
  projectId: string,
): Promise<Outcome<readonly Instance[]>> {
  const url = urlOf(endpoint, projectId, 'instance')
  const answer = await ask(ctx.fetch, url, { headers: headersOf(access) }, instances, JUDGEMENT)
  if (answer.kind === 'insufficient_permission') return ok([])
  return mapOk(answer, (found) =>
    found.map(({ ipAddresses, image, ...it }) => ({
      ...it,
      ipAddresses: (ipAddresses ?? []).map(({ ip }) => ip),
      imageName: image?.name ?? null,
      projectId,
    })),
  )
}
