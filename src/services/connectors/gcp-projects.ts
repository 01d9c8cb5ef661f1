/** Google's projects as the organisation uses them: what it sees, what it chose, and which one is the root. */
import * as z from 'zod'
import { gcp } from '../../connectors/gcp'
import { allProjects, billedOf, getProject, type Project } from '../../connectors/gcp/projects'
import { MOST_CHOSEN, setupMemory } from '../../connectors/gcp/setup'
import type { Access } from '../../connectors/access'
import type { VendorCtx } from '../../connectors/vendor-ctx'
import { mapOk, ok, type Outcome } from '../../connectors/outcome'
import { AppError } from '../../lib/errors'
import { latestJob } from '../../store/connector-job-results'
import type { ConnectionRow, SelectionRow } from '../../store/connection-rows'
import * as store from '../../store/connections'
import { requireRole, type Ctx } from '../context'
import { withAccess } from './call'
import { startJob } from './start-job'
import type { Ports } from './ports'
import { refusalError } from './refusal'
import { selectResources } from './resources'

/** Billing is asked about this many projects in one request. */
const MOST_BILLED = 200

/** The connection, or the 401 that the older paths answer. @throws AppError not_connected */
async function googleOf(ctx: Ctx): Promise<ConnectionRow> {
  const [row] = await store.liveConnections(ctx.db, gcp.id)
  if (row !== undefined) return row
  throw new AppError('not_connected', 'No GCP credentials found. Please authenticate with GCP.', {
    status: 401,
    body: { action: 'CONNECT_REQUIRED' },
  })
}

async function askGoogle<T>(
  ctx: Ctx,
  ports: Ports,
  row: ConnectionRow,
  work: (vendor: VendorCtx, access: Access) => Promise<Outcome<T>>,
): Promise<T> {
  const outcome = await withAccess(ctx.db, ports, gcp, row, work)
  switch (outcome.kind) {
    case 'ok':
      return outcome.value
    case 'expired':
    case 'not_connected':
      throw new AppError('reconnect_required', 'Token refresh failed', {
        status: 401,
        body: { action: 'RECONNECT_REQUIRED' },
      })
    case 'credential_refused':
    case 'insufficient_permission':
    case 'no_resources':
    case 'rate_limited':
    case 'unreachable':
    case 'vendor_error':
    case 'blocked':
      throw refusalError(gcp, outcome)
  }
}

interface ListedProject extends Project {
  readonly billingEnabled: boolean
  readonly enabled: boolean
  readonly isRoot: boolean
}

export interface ListedProjects {
  readonly projects: readonly ListedProject[]
  readonly root: string | null
}

/**
 * Every project with what was chosen of it; with `billing`, whether each is billed.
 * @throws AppError not_connected and reconnect_required as 401, vendor refusals
 */
export async function listGoogleProjects(ctx: Ctx, ports: Ports, billing: boolean): Promise<ListedProjects> {
  const row = await googleOf(ctx)
  const chosen = await selectionsOf(ctx, row)
  const { projects, billed } = await askGoogle(ctx, ports, row, async (vendor, access) => {
    const found = await allProjects(vendor, access)
    if (found.kind !== 'ok') return found
    const none: ReadonlySet<string> = new Set()
    if (!billing) return ok({ projects: found.value, billed: none })
    const ids = found.value.slice(0, MOST_BILLED).map(({ projectId }) => projectId)
    return mapOk(await billedOf(vendor, access, ids), (billed) => ({ projects: found.value, billed }))
  })
  const root = rootOf(chosen)
  return {
    root,
    projects: projects.map((project) => ({
      ...project,
      name: project.name || project.projectId,
      billingEnabled: billed.has(project.projectId),
      enabled: chosen.find(({ resourceId }) => resourceId === project.projectId)?.enabled ?? true,
      isRoot: project.projectId === root,
    })),
  }
}

const selectionsOf = async (ctx: Ctx, row: ConnectionRow): Promise<readonly SelectionRow[]> =>
  store.selectionsOf(ctx.db, [row.id])

const rootOf = (chosen: readonly SelectionRow[]): string | null =>
  chosen.find(({ isRoot }) => isRoot)?.resourceId ?? null

/** The root project of the live connection; null without either. */
export async function googleRoot(ctx: Ctx, row: ConnectionRow | null): Promise<string | null> {
  return row === null ? null : rootOf(await selectionsOf(ctx, row))
}

/** The same for the path that wants a connection. @throws AppError not_connected */
export const readRootProject = async (ctx: Ctx): Promise<string | null> =>
  googleRoot(ctx, await googleOf(ctx))

const REQUIRED = 'projects required'
export const chosenProjects = z.object({
  projects: z
    .array(
      z.object({
        projectId: z.string({ error: REQUIRED }).min(1, REQUIRED).max(200, REQUIRED),
        enabled: z.boolean({ error: REQUIRED }),
      }),
      { error: REQUIRED },
    )
    .min(1, REQUIRED)
    .max(500, REQUIRED)
    .refine((list) => new Set(list.map(({ projectId }) => projectId)).size === list.length, REQUIRED),
})

/** Stores which projects are used; the root stays. @throws AppError forbidden, not_connected */
export async function chooseProjects(ctx: Ctx, input: z.output<typeof chosenProjects>): Promise<void> {
  requireRole(ctx, 'editor')
  const root = rootOf(await selectionsOf(ctx, await googleOf(ctx)))
  const selections = input.projects.map(({ projectId, enabled }) => ({
    id: projectId,
    enabled,
    is_root: projectId === root,
  }))
  const kept =
    root === null || selections.some(({ id }) => id === root)
      ? []
      : [{ id: root, enabled: true, is_root: true }]
  await selectResources(ctx, gcp, { selections: [...selections, ...kept] })
}

export const rootInput = z.object({
  project_id: z
    .string({ error: 'Missing project_id' })
    .trim()
    .min(1, 'Missing project_id')
    .max(200, 'Missing project_id'),
})

/**
 * Makes a project the root, when it can be one, and starts the job that verifies access to it.
 * @throws AppError forbidden, validation_failed, not_connected, vendor refusals
 */
export async function chooseRoot(
  ctx: Ctx,
  ports: Ports,
  { project_id }: z.output<typeof rootInput>,
): Promise<{ readonly root: string; readonly taskId: string }> {
  requireRole(ctx, 'editor')
  const row = await googleOf(ctx)
  const reason = await askGoogle(ctx, ports, row, async (vendor, access): Promise<Outcome<string | null>> => {
    const found = await getProject(vendor, access, project_id)
    if (found.kind === 'no_resources' || found.kind === 'insufficient_permission')
      return ok('it does not exist or cannot be read')
    if (found.kind !== 'ok') return found
    if (found.value.lifecycleState !== 'ACTIVE') return ok('it is not active')
    return mapOk(await billedOf(vendor, access, [project_id]), (billed) =>
      billed.has(project_id) ? null : 'billing is not enabled',
    )
  })
  if (reason !== null) throw new AppError('validation_failed', `Project cannot be used as root: ${reason}`)
  const others = (await selectionsOf(ctx, row)).filter(({ resourceId }) => resourceId !== project_id)
  await selectResources(ctx, gcp, {
    selections: [
      ...others.map(({ resourceId, enabled }) => ({ id: resourceId, enabled, is_root: false })),
      { id: project_id, enabled: true, is_root: true },
    ],
  })
  const taskId = await startJob(ctx.db, ports, row, 'root_project', {
    userId: ctx.actor.userId,
    now: ctx.now,
    input: { project_id },
  })
  return { root: project_id, taskId }
}

const LIST = 'selected_project_ids must be a list'
const COUNT = 'Must select 1-5 projects'
const NON_EMPTY = 'All project IDs must be non-empty strings'
export const retryInput = z.object({
  selected_project_ids: z
    .array(z.unknown(), { error: LIST })
    .min(1, COUNT)
    .max(MOST_CHOSEN, COUNT)
    .transform((ids, context) => {
      const texts = ids.flatMap((id) => (typeof id === 'string' && id.trim() !== '' ? [id.trim()] : []))
      if (texts.length === ids.length) return [...new Set(texts)]
      context.addIssue({ code: 'custom', message: NON_EMPTY })
      return z.NEVER
    }),
})

/**
 * Sets up again with the projects that were chosen, out of those that the setup before found eligible.
 * @throws AppError forbidden, not_connected, validation_failed
 */
export async function retrySetup(
  ctx: Ctx,
  ports: Ports,
  { selected_project_ids }: z.output<typeof retryInput>,
): Promise<string> {
  requireRole(ctx, 'editor')
  const row = await googleOf(ctx)
  const [before] = await latestJob(ctx.db, row.id, 'setup')
  const memory = setupMemory.safeParse(before?.inputJson['memory'])
  const eligible = memory.success ? memory.data.billed : []
  const stranger = selected_project_ids.find((id) => !eligible.includes(id))
  if (stranger !== undefined)
    throw new AppError('validation_failed', 'One of the selected projects is not eligible')
  // What was chosen before gives way to what is chosen now.
  return startJob(ctx.db, ports, row, 'setup', {
    userId: ctx.actor.userId,
    now: ctx.now,
    input: { selectedProjectIds: selected_project_ids },
  })
}
