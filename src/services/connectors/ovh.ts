/** OVHcloud's projects as the organisation uses them. */
import * as z from 'zod'
import { ovh } from '../../connectors/ovh'
import { details, ENDPOINTS } from '../../connectors/ovh/details'
import { allProjects, instancesOf, type Instance, type Project } from '../../connectors/ovh/projects'
import { ok } from '../../connectors/outcome'
import { AppError, notFound } from '../../lib/errors'
import { optional, text } from '../../lib/fields'
import * as store from '../../store/connections'
import { requireRole, type Ctx } from '../context'
import { accountOf, askAccount } from './ask-account'
import type { Ports } from './ports'
import { refreshAccess } from './refresh'
import { selectResources } from './resources'

const names = ENDPOINTS.join(', ')
export const initiateInput = z.object({
  endpoint: text({ error: `Missing endpoint. Must be one of: ${names}`, max: 50 }).pipe(
    z.enum(ENDPOINTS, { error: `Invalid endpoint. Must be one of: ${names}` }),
  ),
  projectId: optional(text({ error: 'Invalid projectId', max: 64 })),
})

/** Seconds that an access, fetched anew if need be, lives. @throws AppError not_found, reconnect_required as 401, vendor refusals */
export async function refreshOvh(ctx: Ctx, ports: Ports): Promise<number> {
  requireRole(ctx, 'editor')
  const [row] = await store.liveConnections(ctx.db, ovh.id)
  if (row === undefined) throw notFound('No OVH credentials found')
  return Math.max(0, Math.floor(((await refreshAccess(ctx, ports, ovh)) - ctx.now) / 1000))
}

export interface ListedProject extends Project {
  readonly enabled: boolean
  readonly isRoot: boolean
}

/** Every project with what was chosen of it. @throws AppError not_connected, reconnect_required as 401, vendor refusals */
export async function listOvhProjects(ctx: Ctx, ports: Ports): Promise<readonly ListedProject[]> {
  const row = await accountOf(ctx, ovh, 'unauthorized')
  const chosen = new Map(
    (await store.selectionsOf(ctx.db, [row.id])).map((selection) => [selection.resourceId, selection]),
  )
  const found = await askAccount(ctx, ports, ovh, 'unauthorized', (vendor, access) =>
    allProjects(vendor, access, details.parse(row.publicJson).endpoint),
  )
  return found.map((project) => ({
    ...project,
    enabled: chosen.get(project.id)?.enabled ?? true,
    isRoot: chosen.get(project.id)?.isRoot ?? false,
  }))
}

const NONE = 'No projects provided'
const id = text({ error: NONE, max: 64 })
export const projectsInput = z.object({
  projects: z
    .array(
      z.union(
        [
          id.transform((projectId) => ({ projectId, enabled: true })),
          z.object({ projectId: id, enabled: z.boolean({ error: NONE }).default(true) }),
        ],
        { error: NONE },
      ),
      { error: NONE },
    )
    .min(1, NONE)
    .max(500, NONE)
    .refine((list) => new Set(list.map(({ projectId }) => projectId)).size === list.length, NONE),
})

/** Stores which projects are used; the root stays. @throws AppError forbidden, not_connected as 401 */
export async function chooseOvhProjects(
  ctx: Ctx,
  { projects }: z.output<typeof projectsInput>,
): Promise<void> {
  requireRole(ctx, 'editor')
  const root = await ovhRoot(ctx)
  const chosen = projects.map(({ projectId, enabled }) => ({
    id: projectId,
    enabled,
    is_root: projectId === root,
  }))
  const kept =
    root === null || chosen.some(({ id }) => id === root) ? [] : [{ id: root, enabled: true, is_root: true }]
  await selectResources(ctx, ovh, { selections: [...chosen, ...kept] })
}

/** @throws AppError not_connected as 401 */
export async function ovhRoot(ctx: Ctx): Promise<string | null> {
  const row = await accountOf(ctx, ovh, 'unauthorized')
  const chosen = await store.selectionsOf(ctx.db, [row.id])
  return chosen.find(({ isRoot }) => isRoot)?.resourceId ?? null
}

export const rootInput = z.object({ projectId: text({ error: 'projectId is required', max: 64 }) })

/** @throws AppError forbidden, not_connected as 401 */
export async function chooseOvhRoot(ctx: Ctx, { projectId }: z.output<typeof rootInput>): Promise<void> {
  requireRole(ctx, 'editor')
  const row = await accountOf(ctx, ovh, 'unauthorized')
  const others = (await store.selectionsOf(ctx.db, [row.id]))
    .filter(({ resourceId }) => resourceId !== projectId)
    .map(({ resourceId, enabled }) => ({ id: resourceId, enabled, is_root: false }))
  await selectResources(ctx, ovh, {
    selections: [...others.slice(0, 499), { id: projectId, enabled: true, is_root: true }],
  })
}

/** The virtual machines of every project that is used. @throws AppError not_connected, reconnect_required as 401 */
export async function listOvhInstances(ctx: Ctx, ports: Ports): Promise<readonly Instance[]> {
  const projects = (await listOvhProjects(ctx, ports)).filter((it) => it.enabled && it.hasPermission)
  return askAccount(ctx, ports, ovh, 'unauthorized', async (vendor, access, row) => {
    const { endpoint } = details.parse(row.publicJson)
    const all: Instance[] = []
    for (const project of projects) {
      const found = await instancesOf(vendor, access, endpoint, project.id)
      if (found.kind !== 'ok') return found
      all.push(...found.value)
    }
    return ok(all)
  })
}

/** Whether the login may read a project, and which. @throws AppError not_connected, reconnect_required as 401 */
export async function readableProject(ctx: Ctx, ports: Ports): Promise<ListedProject | null> {
  try {
    return (await listOvhProjects(ctx, ports)).find(({ hasPermission }) => hasPermission) ?? null
  } catch (error) {
    if (error instanceof AppError && error.code === 'insufficient_permission') return null
    throw error
  }
}
