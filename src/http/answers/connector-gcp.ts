/** Bodies of Google Cloud's paths of the original product. */
import * as z from 'zod'
import { isoOrNull } from '../../lib/time'
import type { ListedProjects } from '../../services/connectors/gcp-projects'
import type { ProviderStatus } from '../../services/connectors/status'

const text = z.string().nullable()

export const statusAnswer = z.object({
  connected: z.boolean(),
  status: z.enum(['connected', 'error', 'not_connected']),
  email: text,
  authType: text,
  defaultProjectId: text,
  rootProject: text,
  expiresAt: z.iso.datetime().nullable(),
})

export function showStatus(it: ProviderStatus, root: string | null): z.infer<typeof statusAnswer> {
  const [row] = it.connections
  const detail = (name: string): string | null => {
    const value = row?.publicJson[name]
    return typeof value === 'string' ? value : null
  }
  return {
    connected: it.connected,
    status: it.status,
    email: detail('email'),
    authType: detail('authType'),
    defaultProjectId: detail('defaultProjectId'),
    rootProject: root,
    expiresAt: isoOrNull(row?.expiresAt ?? null),
  }
}

const project = z.object({
  projectId: z.string(),
  name: z.string(),
  projectNumber: z.string(),
  lifecycleState: z.string(),
  billingEnabled: z.boolean(),
  available: z.boolean(),
  isRootProject: z.boolean(),
})

export const projectsAnswer = z.object({
  projects: z.array(project),
  message: z.string().optional(),
  count: z.int().optional(),
  billing_enabled_count: z.int().optional(),
  root_project: text.optional(),
})

/** Billed projects first, then by name. */
export function showProjects({ projects, root }: ListedProjects): z.infer<typeof projectsAnswer> {
  if (projects.length === 0) return { message: 'No projects found for the authenticated user.', projects: [] }
  const shown = projects
    .map(({ projectId, name, projectNumber, lifecycleState, billingEnabled, isRoot }) => ({
      projectId,
      name,
      projectNumber,
      lifecycleState,
      billingEnabled,
      available: billingEnabled && lifecycleState === 'ACTIVE',
      isRootProject: isRoot,
    }))
    .toSorted((a, b) => Number(b.billingEnabled) - Number(a.billingEnabled) || a.name.localeCompare(b.name))
  return {
    projects: shown,
    count: shown.length,
    billing_enabled_count: shown.filter(({ billingEnabled }) => billingEnabled).length,
    root_project: root,
  }
}

export const accessAnswer = z.object({
  projects: z.array(
    z.object({
      projectId: z.string(),
      name: z.string(),
      enabled: z.boolean(),
      hasPermission: z.boolean(),
      isRootProject: z.boolean(),
    }),
  ),
  root_project: text,
})

/** Google lists only projects that the account may read: each of them has the permission. */
export const showAccess = ({ projects, root }: ListedProjects): z.infer<typeof accessAnswer> => ({
  projects: projects.map(({ projectId, name, enabled, lifecycleState, isRoot }) => ({
    projectId,
    name,
    enabled,
    hasPermission: lifecycleState === 'ACTIVE',
    isRootProject: isRoot,
  })),
  root_project: root,
})

export const serviceAccountAnswer = z.object({
  success: z.literal(true),
  email: z.string(),
  default_project_id: z.string(),
  accessible_projects: z.array(z.object({ project_id: z.string(), name: z.string() })),
})
